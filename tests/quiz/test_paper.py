"""Writing an `answers.toml`: a blank one, and one answer more in one that somebody wrote."""

import tomllib
from typing import Any

import pytest

from grader.ingest import read_sheet
from grader.quiz import blank_sheet, put_answer
from tests.quiz.sitting import load_asks

BLANK = blank_sheet(load_asks())


def test_a_blank_sheet_answers_nothing() -> None:
    """Everything in it is a comment."""
    assert tomllib.loads(BLANK) == {}
    assert all(not line or line.startswith("#") for line in BLANK.splitlines())


def test_a_blank_sheet_shows_every_question() -> None:
    """Its prompt, its options by number, the form of its answer."""
    assert "# 1. colour\n# Which colour has a clear sky at noon?\n#    1  Green\n#    2  Blue\n" in BLANK
    assert '# colour = ""  # the option\'s text, or its number\n' in BLANK
    assert "# total = 0  # a number of apples\n" in BLANK
    assert '# pairs = { "cat" = "", "dog" = "" }\n' in BLANK
    assert "total.py, beside this file" in BLANK


def test_every_line_of_a_blank_sheet_can_be_filled_in() -> None:
    """With its # taken away, each is TOML: what it shows is a form, not a riddle."""
    names = [question.id for question in load_asks().questions]
    lines = [line.removeprefix("# ") for line in BLANK.splitlines() if line.split(" = ")[0].removeprefix("# ") in names]

    assert list(tomllib.loads("\n".join(lines))) == names


ANSWERS: dict[str, Any] = {
    "colour": 'it\'s "blue" \\ ü',
    "primes": ["2", "7"],
    "total": 5050,
    "grid": [3, 4],
    "pairs": {"cat": "meows", "a dog": "barks"},
}


def test_answers_take_the_place_of_their_comments() -> None:
    """The rest of the sheet stays as it is."""
    text = BLANK
    for name, answer in ANSWERS.items():
        text = put_answer(text, name, answer)

    assert read_sheet(text.encode()).values == ANSWERS
    assert len(text.splitlines()) == len(BLANK.splitlines())
    assert "# Which colour has a clear sky at noon?" in text


@pytest.mark.parametrize(
    "before",
    [
        "",
        "colour = 'red'  # I think\n",
        "other = 1\n\n[pairs]\ncat = 'moos'\n",
        "[pairs]\ncat = 'moos'\n\n[else]\nx = 1\n",
        "[else]\nx = 1\n\n[pairs]\ncat = 'moos'\n",
        "[else]\nx = 1\n\n[[list]]\ny = 2\n# colour = 3\n",
        'note = """\n# colour = ""\n"""\n',
        "colour = 'red'\r\nother = 2\r\n",
    ],
)
def test_what_somebody_wrote_stays(before: str) -> None:
    """Wherever tables and comments are: every other value is as it was, and each answer can be given twice."""
    text = before
    for name, answer in [*ANSWERS.items(), *ANSWERS.items()]:
        text = put_answer(text, name, answer)
    kept = {name: value for name, value in tomllib.loads(before).items() if name not in ANSWERS}

    assert tomllib.loads(text) == {**kept, **ANSWERS}
    assert "I think" in text or "I think" not in before
