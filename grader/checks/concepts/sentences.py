"""Sentences and clauses of an answer, by punctuation and connecting words.

A comma, "and" or "or" begins a clause only where a subject or a verb follows soon: "needs no images, labels and epochs"
is one clause, "needs no images, and it learns sooner" is two.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from grader.checks.concepts.english import (
    ABBREVIATIONS,
    CONNECTORS,
    FIRM_CONNECTORS,
    NO_CONNECTION,
    OPENING,
    SUBJECTS,
    VERBS,
)
from grader.checks.concepts.words import Word

__all__ = ["Sentence", "split_sentences"]

ENDS = re.compile(r"[!?;•]|\.[\"')\]]*(?:\s|$)|\n\s*(?:\n|[-*–]\s)")
SOFT = re.compile(r"[,:()\[\]–—/\"]|\s-\s")
SOFT_BREAK, HARD, FIRM = 1, 2, 3
SOON = 5
SOFT_WORDS = frozenset(("and", "or", "as", "then", "that's"))
LEAST_WORDS = 3
"""Of a sentence, with its verb: fewer are a heading or an exclamation."""


@dataclass(frozen=True)
class Sentence:
    """Words in order. `clauses` numbers the clause of each, `hard` those that a connecting word begins, `firm` those
    that begin with one that says why or what else.
    """

    words: tuple[Word, ...]
    clauses: tuple[int, ...]
    hard: tuple[int, ...]
    firm: tuple[int, ...]
    is_question: bool

    @property
    def is_whole(self) -> bool:
        """Whether it has a subject or a verb, rather than being a heading or a list of expressions."""
        own = {word.text for word in self.words}
        return len(self.words) >= LEAST_WORDS and not own.isdisjoint(VERBS | SUBJECTS)


def split_sentences(text: str, words: Sequence[Word]) -> list[Sentence]:
    """The sentences of a cleaned answer."""
    found: list[Sentence] = []
    current: list[Word] = []
    betweens: list[str] = []
    for number, word in enumerate(words):
        between = text[words[number - 1].end : word.start] if number else ""
        if current and ends_sentence(between, current[-1], text[word.start : word.start + 1]):
            found.append(make_sentence(current, betweens, "?" in between))
            current, betweens = [], []
        current.append(word)
        betweens.append(between)
    if current:
        found.append(make_sentence(current, betweens, "?" in text[words[-1].end : words[-1].end + 5]))
    return found


def ends_sentence(between: str, last: Word, first: str) -> bool:
    """Whether what stands between two words ends a sentence: not the point of an abbreviation."""
    if ENDS.search(between) is None:
        return False
    return not (between.strip(" )") == "." and last.text in ABBREVIATIONS and not first.isupper()) and between != "."


def make_sentence(words: Sequence[Word], betweens: Sequence[str], is_question: bool) -> Sentence:
    """A sentence with its clauses numbered."""
    breaks = list(find_breaks(words, betweens))
    clauses, hard, firm = (tuple(accumulate(kind >= least for kind in breaks)) for least in (SOFT_BREAK, HARD, FIRM))
    return Sentence(tuple(words), clauses, hard, firm, is_question)


def find_breaks(words: Sequence[Word], betweens: Sequence[str]) -> Iterator[int]:
    """Before each word, what kind of clause begins there, or 0."""
    opened = words[0].text in OPENING  # "When there are few, …": its comma ends the clause
    for number, (word, between) in enumerate(zip(words, betweens, strict=True)):
        following = words[number + 1].text if number + 1 < len(words) else ""
        if number == 0:
            yield 0
        elif word.text in CONNECTORS and following not in NO_CONNECTION.get(word.text, ()):
            yield FIRM if word.text in FIRM_CONNECTORS else HARD
        elif opened and "," in between:
            opened = False
            yield SOFT_BREAK
        elif (SOFT.search(between) or word.text in SOFT_WORDS) and has_verb_soon(words, number):
            yield SOFT_BREAK
        else:
            yield 0


def has_verb_soon(words: Sequence[Word], number: int) -> bool:
    """Whether a subject or a verb is among the next few words."""
    return any(word.text in SUBJECTS or word.text in VERBS for word in words[number : number + SOON + 1])
