"""From an answer to its words: cleaned, folded, stemmed, with the place of each, so that what is found can be shown.

An answer is hostile text: nothing here costs more than time in proportion to its length.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from snowballstemmer.english_stemmer import EnglishStemmer

from grader.checks.concepts.english import JOINED_PREFIXES, NUMBERS, WRITTEN_TOGETHER

__all__ = ["Word", "clean_answer", "list_words", "stem_word"]

LONGEST_WORD = 40
"""What is longer is no word of any language, and isn't stemmed."""
MOST_DIGITS = 12
APOSTROPHES = dict.fromkeys(map(ord, "’ʼ＇`´‘"), "'")
DASHES = re.compile("[\u2010\u2011\u00ad-]")
LETTERS = r"(?:[^\W_][\u0300-\u036f]*)+"  # each with its accents, where they are characters of their own
WORD = re.compile(rf"\d[\d.,]*\d(?![^\W\d_])|{LETTERS}(?:'{LETTERS})*|%")
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
PIECES = {"s": ("is",), "re": ("are",), "ve": ("have",), "ll": ("will",), "d": (), "m": ("am",)}
BEARING_IS = frozenset(("it", "that", "there", "what", "he", "she", "this", "here", "who"))
# Letters that look like Latin ones: within a word of Latin letters they are meant as those.
LOOKALIKES = str.maketrans("аеорсухіјѕһԁԛԝαοερνικτυχ", "aeopcyxijshdqwaoepviktux")


@dataclass(frozen=True, slots=True)
class Word:
    """One word: folded, its stem, and from where to where of the cleaned answer it stands.

    A contraction is two words in one place. `near`: it isn't the word that was meant but is spelt nearly so, 1 surely,
    2 perhaps.
    """

    text: str
    stem: str
    start: int
    end: int
    number: float | None = None
    near: int = 0


def clean_answer(text: str) -> str:
    """The answer as it is read and shown: compatible characters made one, what is invisible left out."""
    text = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode("utf-8")).translate(APOSTROPHES)
    return "".join(character for character in map(clean_character, text) if character)


def clean_character(character: str) -> str:
    """A character, a space for a control, nothing for what isn't seen: bidi controls, zero-width ones, tags."""
    if character == "\n" or character.isprintable():
        return character
    return "" if unicodedata.category(character) in ("Cf", "Cn", "Co", "Cs") else " "


def list_words(text: str) -> list[Word]:
    """The words of a cleaned answer, in order."""
    return list(join_prefixes(text, [word for found in WORD.finditer(text) for word in read_word(found)]))


def read_word(found: re.Match[str]) -> Iterator[Word]:
    """The word or words in one place."""
    start, end = found.span()
    for text in expand(fold(found[0])):
        yield Word(text, stem_word(text), start, end, read_number(text))


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """Small letters without accents, in one alphabet."""
    text = text.casefold()
    if text == "%":
        return "percent"
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
        if any("a" <= character <= "z" for character in text):
            text = text.translate(LOOKALIKES)
    return text


def expand(text: str) -> tuple[str, ...]:
    """A contraction's words."""
    bare = text.replace("'", "")
    if bare in WRITTEN_TOGETHER and (len(bare) > 4 or "'" in text or bare in ("cant", "dont", "isnt", "wont")):
        return WRITTEN_TOGETHER[bare]
    if "'" not in text:
        return (text,)
    base, _, piece = text.partition("'")
    if piece == "s" and base not in BEARING_IS:
        return (base,)
    return (base, *PIECES.get(piece, (piece,)))


@lru_cache(maxsize=20_000)
def stem_word(text: str) -> str:
    """A word's stem. A stemmer of its own each time: it keeps its word in itself, and threads mark side by side."""
    return EnglishStemmer().stemWord(text) if len(text) <= LONGEST_WORD else text


def read_number(text: str) -> float | None:
    """A number in digits or, up to a hundred, in letters."""
    digits = text.replace(",", "").rstrip(".")
    if (
        digits[:1].isdigit()
        and digits.isascii()
        and digits.replace(".", "", 1).isdigit()
        and len(digits) <= MOST_DIGITS
    ):
        return float(digits)
    return NUMBERS.get(text)


def join_prefixes(text: str, words: list[Word]) -> Iterator[Word]:
    """ "pre-trained" and "pre trained" are "pretrained", "re-use" is "reuse"."""
    waiting: Word | None = None
    for word in words:
        if waiting is not None:
            between = text[waiting.end : word.start]
            hyphened = DASHES.fullmatch(between) is not None
            if hyphened or (waiting.text == "pre" and between == " "):
                joined = waiting.text + word.text
                word = Word(joined, stem_word(joined), waiting.start, word.end)
            else:
                yield waiting
            waiting = None
        if word.text in JOINED_PREFIXES:
            waiting = word
        else:
            yield word
    if waiting is not None:
        yield waiting
