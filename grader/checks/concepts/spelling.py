"""Words that are nearly one of the rules' words: typing errors, by the number of letters that differ.

One letter too many, too few, another or two swapped is surely that word; two letters are only perhaps. A word of the
language is never a misspelling, nor is a short one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from grader.checks.concepts.common_words import COMMON_WORDS
from grader.checks.concepts.english import FUNCTION_WORDS, VERBS
from grader.checks.concepts.words import LONGEST_WORD, Word, stem_word

__all__ = ["correct_words"]

LEAST_LETTERS = 5
LEAST_FOR_TWO = 6
SURE_WITH_TWO = 9
"""Letters of a word in which two wrong ones still leave no doubt."""


def correct_words(words: Iterable[Word], vocabulary: Mapping[str, str]) -> list[Word]:
    """The words, those that are misspelt with the stem of the word that was meant."""
    stems = frozenset(vocabulary.values())
    candidates = {form: stem for form, stem in vocabulary.items() if len(form) >= LEAST_LETTERS - 1}
    candidates.update({stem: stem for stem in stems if len(stem) >= LEAST_LETTERS - 1})
    known: dict[str, Word] = {}
    corrected = []
    for word in words:
        if word.text not in known:
            known[word.text] = correct_word(word, stems, candidates)
        best = known[word.text]
        corrected.append(replace(word, text=best.text, stem=best.stem, near=best.near))
    return corrected


def correct_word(word: Word, stems: frozenset[str], candidates: Mapping[str, str]) -> Word:
    """One word, as it was probably meant."""
    if word.stem in stems or not LEAST_LETTERS <= len(word.text) <= LONGEST_WORD or not word.text.isalpha():
        return word
    if is_known(word):
        return word
    written = nearest(word.text, candidates)
    stemmed = nearest(word.stem, candidates) if len(word.stem) >= LEAST_LETTERS - 1 else {}
    best = min([*written.values(), *stemmed.values()], default=3)
    forms = [form for found in (written, stemmed) for form, distance in found.items() if distance == best]
    stems_meant = {candidates[form] for form in forms}
    if not forms or (best == 2 and len(word.text) < LEAST_FOR_TWO):
        return word
    sure = len(stems_meant) == 1 and (best == 1 or len(word.text) >= SURE_WITH_TWO)
    return replace(word, text=forms[0], stem=candidates[forms[0]], near=1 if sure else 2)


def nearest(text: str, candidates: Mapping[str, str]) -> dict[str, int]:
    """The rules' words within two letters that begin alike, each with how far it is, the nearest first."""
    found = process.extract(text, list(candidates), scorer=OSA.distance, score_cutoff=2, limit=8)
    return {form: int(distance) for form, distance, _ in found if form[0] == text[0]}


def is_known(word: Word) -> bool:
    """Whether it is a word of the language itself."""
    return word.text in COMMON_WORDS or word.text in FUNCTION_WORDS or word.text in VERBS or word.stem in known_stems()


@lru_cache(maxsize=1)
def known_stems() -> frozenset[str]:
    """The stems of frequent words."""
    return frozenset(stem_word(word) for word in COMMON_WORDS | VERBS)
