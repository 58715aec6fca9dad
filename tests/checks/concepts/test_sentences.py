"""Where sentences and clauses end."""

import pytest

from grader.checks.concepts.sentences import Sentence, split_sentences
from grader.checks.concepts.words import clean_answer, list_words


def split(text: str) -> list[Sentence]:
    """The sentences of an answer."""
    text = clean_answer(text)
    return split_sentences(text, list_words(text))


def clauses(text: str) -> list[str]:
    """The clauses of an answer of one sentence."""
    (sentence,) = split(text)
    found: dict[int, list[str]] = {}
    for word, clause in zip(sentence.words, sentence.clauses, strict=True):
        found.setdefault(clause, []).append(word.text)
    return [" ".join(words) for words in found.values()]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It learns. It is fast! Really?", 3),
        ("It learns e.g. from images, i.e. from data.", 1),
        ("It has 2.5 million weights; they are good", 2),
        ("one\ntwo", 1),
        ("one\n\ntwo", 2),
        ("- one\n- two\n- three", 3),
        ("...", 0),
    ],
)
def test_sentences(text: str, count: int) -> None:
    """By points that aren't an abbreviation's or a number's, by empty lines and items."""
    assert len(split(text)) == count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it needs no images, labels and epochs", ["it needs no images labels and epochs"]),
        ("it needs no images, and it learns sooner", ["it needs no images", "and it learns sooner"]),
        ("it isn't random but useful", ["it is not random", "but useful"]),
        ("not so many images", ["not so many images"]),
        ("it is not slow so it learns", ["it is not slow", "so it learns"]),
        ("when there is not enough, a new net fails", ["when there is not enough", "a new net fails"]),
    ],
)
def test_clauses(text: str, expected: list[str]) -> None:
    """A comma or "and" begins one where a subject or a verb follows; "so many" begins none."""
    assert clauses(text) == expected


def test_questions_and_headings() -> None:
    """A question is known as one; words without a subject or a verb are no whole sentence."""
    question, heading, whole = split("Does it learn? Fewer epochs. It learns soon.")

    assert (question.is_question, heading.is_question, whole.is_question) == (True, False, False)
    assert (question.is_whole, heading.is_whole, whole.is_whole) == (True, False, True)
