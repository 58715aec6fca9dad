"""From text to words: what is the same word, and what isn't one."""

import pytest

from grader.checks.concepts.words import clean_answer, list_words, stem_word


def texts(text: str) -> list[str]:
    """The words of an answer."""
    return [word.text for word in list_words(clean_answer(text))]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It doesn't, it can't; I don't.", ["it", "does", "not", "it", "can", "not", "i", "do", "not"]),
        ("dont isnt doesnt wont", ["do", "not", "is", "not", "does", "not", "will", "not"]),
        ("it’s the model’s", ["it", "is", "the", "model"]),
        ("pre-trained, pre trained and pretrained", ["pretrained", "pretrained", "and", "pretrained"]),
        ("re-use fine-tune", ["reuse", "fine", "tune"]),
        ("5,130 weights, 98.5% right", ["5,130", "weights", "98.5", "percent", "right"]),
        ("naïve Café", ["naive", "cafe"]),
        ("ｆｕｌｌ ﬁlter", ["full", "filter"]),
        ("ResNet50's", ["resnet50"]),
        ("", []),
        ("?! …", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    """Contractions, hyphens, numbers, accents and letters of other widths."""
    assert texts(text) == words


def test_a_word_in_look_alikes_is_that_word() -> None:
    """Cyrillic letters within a Latin word are taken for the Latin ones; a Russian word stays Russian."""
    assert texts("lеаrnеd") == ["learned"]
    assert texts("данные") == ["данные"]


def test_what_is_invisible_is_left_out() -> None:
    """Zero-width characters, soft hyphens and bidi controls are no part of a word, and other controls divide words."""
    assert texts("fea\u200btures\u202e le\u00adss\x00data\u2066") == ["features", "less", "data"]


def test_where_a_word_stands() -> None:
    """Each word knows its place, both words of a contraction the same."""
    text = "It doesn't know."
    words = list_words(text)

    assert [text[word.start : word.end] for word in words] == ["It", "doesn't", "doesn't", "know"]


def test_numbers() -> None:
    """Digits with commas and points, and number words up to a hundred."""
    numbers = [word.number for word in list_words("500 1,200 2.5 ten hundred many 99999999999999999999")]

    assert numbers == [500, 1200, 2.5, 10, 100, None, None]


def test_stems() -> None:
    """Forms of a word have one stem; what is too long to be a word isn't stemmed."""
    assert len({stem_word(word) for word in ("learn", "learns", "learned", "learning")}) == 1
    assert stem_word("ing" * 1000) == "ing" * 1000
