"""Practice: judged at once, explained, counted."""

from dataclasses import replace

import pytest

from grader.cli.quiz_practice import PracticeSession
from grader.cli.status import ExitStatus
from grader.quiz import label_options, shuffle_options
from grader.spec.model import Question
from tests.quiz.sitting import Sitting, load_asks, make_judge

ASKS = load_asks()
QUESTIONS = {question.id: question for question in ASKS.questions}


def letter(question: Question, option: str) -> str:
    """The letter of an option as ada sees it."""
    options = shuffle_options(question, slug="asks", student="ada")
    return label_options(len(options))[options.index(option)]


def practise(
    *lines: str, questions: tuple[Question, ...] = ASKS.questions, width: int = 80, plain: bool = True
) -> tuple[Sitting, ExitStatus]:
    """A sitting in which these lines are typed."""
    sitting = Sitting(ASKS, *lines, width=width, plain=plain)
    return sitting, PracticeSession(sitting.talk, make_judge(ASKS)).take(questions)


def test_a_right_answer() -> None:
    """Is called right, with the time that it took and the way to it."""
    blue = letter(QUESTIONS["colour"], "Blue")
    sitting, status = practise(blue, questions=ASKS.questions[:1])

    assert status is ExitStatus.DONE
    assert "+ Right (1 s of 1 min)." in sitting.text
    assert "Blue light is scattered most." in sitting.text
    assert "1 of 1 right" in sitting.text


def test_a_wrong_answer() -> None:
    """Is shown by its text, then the right one and why."""
    sitting, _ = practise(letter(QUESTIONS["colour"], "Red"), questions=ASKS.questions[:1])

    assert '"Red" isn\'t the right answer' in sitting.text
    assert "Right: Blue. Blue light is scattered most." in sitting.text
    assert "wrong: colour" in sitting.text
    assert "grade quiz asks --question colour" in sitting.text


def test_the_key_is_not_shown_before_the_answer() -> None:
    """Neither by a hint, nor by skipping, nor by what can't be understood."""
    sitting, _ = practise("?", "hint", "zebra", "", questions=ASKS.questions[:1])

    assert "Hint: Look up." in sitting.text
    assert "Right is a letter from a to d." in sitting.text
    assert "Right: Blue" not in sitting.text
    assert "skipped: colour" in sitting.text


def test_every_kind() -> None:
    """A choice, several, a number, a shape and pairs, all right."""
    primes, pairs = QUESTIONS["primes"], QUESTIONS["pairs"]
    sitting, _ = practise(
        letter(QUESTIONS["colour"], "Blue"),
        letter(primes, "7") + letter(primes, "2"),
        "5,050",
        "3 x 4",
        letter(pairs, "meows"),
        letter(pairs, "barks"),
    )

    assert "5 of 5 right" in sitting.text
    assert "print(sum(range(101)))" in sitting.text
    assert "A table has 3 rows of 4." in sitting.text


def test_back_and_quit() -> None:
    """One goes back and can answer again; the sum comes at the end."""
    colour = QUESTIONS["colour"]
    sitting, status = practise(letter(colour, "Red"), "back", letter(colour, "Blue"), "quit")

    assert status is ExitStatus.DONE
    assert sitting.text.count("1 of 5 · colour".replace("·", "-")) == 2
    assert "1 of 1 right" in sitting.text


@pytest.mark.parametrize("line", ["^C", None])
def test_an_end_in_the_middle_loses_nothing(line: str | None) -> None:
    """At Ctrl-C, and where no more is typed: what was answered is summed up."""
    typed = [letter(QUESTIONS["colour"], "Blue"), *([line] if line else [])]
    sitting, status = practise(*typed)

    assert status is (ExitStatus.INTERRUPTED if line else ExitStatus.DONE)
    assert "1 of 1 right" in sitting.text


def test_cards() -> None:
    """A card is turned over; what wasn't known comes again; what counts is the first time."""
    cards = replace(QUESTIONS["pairs"], content={**QUESTIONS["pairs"].content, "cards": True})
    sitting, _ = practise("", "n", "", "", "", "y", questions=(cards,))

    assert sitting.screen.count("meows") == 2
    assert sitting.screen.count("barks") == 1
    assert "1 of 2 cards known at once" in sitting.text


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("plain", [True, False])
def test_it_fits_the_terminal(width: int, plain: bool) -> None:
    """No line is wider, nothing is cut off, and a plain one is ASCII without a colour."""
    sitting, _ = practise(letter(QUESTIONS["colour"], "Red"), "x", "", "", width=width, plain=plain)

    assert max(map(len, sitting.screen.splitlines())) <= width
    assert "print(sum(range(101)))" in sitting.screen
    assert "\x1b" not in sitting.screen
    assert sitting.screen.isascii() or not plain
