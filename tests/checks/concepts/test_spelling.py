"""Misspelt words: which one was meant, and how surely."""

import pytest

from grader.checks.concepts.spelling import correct_words
from grader.checks.concepts.words import list_words, stem_word

VOCABULARY = {word: stem_word(word) for word in ("learned", "features", "epochs", "layer", "generalisation", "image")}


def corrected(text: str) -> list[tuple[str, int]]:
    """The stem that a word was taken for, and how near it is."""
    return [(word.stem, word.near) for word in correct_words(list_words(text), VOCABULARY)]


@pytest.mark.parametrize(
    ("text", "meant", "near"),
    [
        ("featuers", "features", 1),
        ("feautres", "features", 1),
        ("epcohs", "epochs", 1),
        ("lerned", "learned", 1),
        ("generlaisatoin", "generalisation", 1),
        ("imagges", "image", 1),
        ("fatuerse", "features", 2),
    ],
)
def test_a_misspelt_word(text: str, meant: str, near: int) -> None:
    """One wrong letter is sure, and two are in a long word; else they are a perhaps."""
    assert corrected(text) == [(stem_word(meant), near)]


@pytest.mark.parametrize(
    "text", ["later", "leaned", "imagine", "lay", "xlearned", "layers", "epoch", "qwerty", "l" * 60]
)
def test_no_misspelling(text: str) -> None:
    """Another word of the language, a short one, one that begins otherwise, and another form of the same."""
    assert corrected(text) == [(stem_word(text) if len(text) < 40 else text, 0)]
