"""Where a window of stems stands in a sentence: its places in order, with a few other words between them.

The nearest word that fills a place is taken, and every beginning is tried: time in proportion to the sentence's length
and the window's, whatever the text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.checks.concepts.english import FILLERS, FUNCTION_WORDS
from grader.checks.concepts.rules import Expression, Expressions, Place, Window
from grader.checks.concepts.sentences import Sentence
from grader.checks.concepts.words import Word
from grader.spec.phrasings import Gap

__all__ = ["NEAR_SURE", "Match", "Searched", "find_expressions"]

WORDS_BETWEEN = {Gap.NONE: 0, Gap.SOME: 3, Gap.WIDE: 10}
"""Fillers such as "the" aren't counted, the border of a clause counts as one."""
MOST_STEPS = 25
"""Fillers and all."""
NEAR_SURE = 1
LEAST_LETTERS = 3


Filled = dict[int, tuple[int, int]]


@dataclass(frozen=True)
class Match:
    """From the first word to the last, and which of them fill places. `near`: how doubtful the spelling is."""

    first: int
    last: int
    used: frozenset[int]
    near: int


class Searched:
    """A sentence in which windows are looked for; where each place is filled is found out once."""

    def __init__(self, sentence: Sentence, masked: frozenset[int]) -> None:
        self.sentence = sentence
        self._masked = masked
        self._known = frozenset(known for word in sentence.words for known in (word.text, word.stem))
        self._filled: dict[int, Filled] = {}

    def find(self, window: Window) -> Iterator[Match]:
        """Every match of a window, by its beginning."""
        filled: list[Filled] = []
        for place in window.places:
            filled.append(self.fill(place))
            if not filled[-1] and not place.absent:
                return
        for first in filled[0]:
            match = self.follow(window, filled, first)
            if match is not None:
                yield match

    def follow(self, window: Window, filled: list[Filled], first: int) -> Match | None:
        """The match that begins here, if there is one."""
        last, near = filled[0][first]
        used = list(range(first, last + 1))
        for place, starts in zip(window.places[1:], filled[1:], strict=True):
            if place.absent:
                if self.comes_next(last, starts):
                    return None
                continue
            start = self.reach(last, starts, place.gap)
            if start is None:
                return None
            last, spelt = starts[start]
            near = max(near, spelt)
            used += range(start, last + 1)
        return Match(first, last, frozenset(used), near)

    def comes_next(self, last: int, starts: Filled) -> bool:
        """Whether the next word that counts begins one of these."""
        words = self.sentence.words
        for number in range(last + 1, min(last + 1 + MOST_STEPS, len(words))):
            if number in starts:
                return True
            if words[number].text not in FILLERS:
                return False
        return False

    def reach(self, last: int, starts: Filled, gap: Gap) -> int | None:
        """The next beginning of a place within reach."""
        words, clauses = self.sentence.words, self.sentence.clauses
        borders = self.sentence.firm if gap is Gap.WIDE else self.sentence.hard
        between = 0
        for number in range(last + 1, min(last + 1 + MOST_STEPS, len(words))):
            if borders[number] != borders[last]:
                return None
            if number in starts:
                return number
            between += words[number].text not in FILLERS
            if between + (clauses[number] - clauses[last]) > WORDS_BETWEEN[gap]:
                return None
        return None

    def fill(self, place: Place) -> Filled:
        """Where a place can be filled: of each stretch the first word, the last, and how doubtful its spelling is."""
        known = id(place.expressions)  # shared by places that may be filled alike; the rules outlive the sentence
        if known not in self._filled:
            if not place.expressions.may_stand_among(self._known):
                self._filled[known] = {}
                return {}
            found = find_expressions(self.sentence.words, place.expressions, self._masked)
            self._filled[known] = dict(found)
        return self._filled[known]


def find_expressions(
    words: Sequence[Word], expressions: Expressions, masked: frozenset[int] = frozenset()
) -> Iterator[tuple[int, tuple[int, int]]]:
    """Each beginning of an expression, with its end and how doubtful its spelling is; of several the longest."""
    for first, word in enumerate(words):
        for expression in expressions.begin_with(word):
            last = first + max(len(expression.words), 1) - 1
            if last < len(words) and fits(words[first : last + 1], expression) and not is_masked(masked, first, last):
                yield first, (last, near_of(words[first : last + 1], expression))
                break


def fits(words: Sequence[Word], expression: Expression) -> bool:
    """Whether these words are the expression."""
    if expression.but is not None:
        return is_meaningful(words[0]) and words[0].stem not in expression.but
    if expression.at_most is not None:
        number = words[0].number
        return number is not None and 1 < number <= expression.at_most
    if expression.exact:
        return all(word.text == wanted for word, wanted in zip(words, expression.words, strict=True))
    return all(word.stem == wanted for word, wanted in zip(words, expression.words, strict=True))


def near_of(words: Sequence[Word], expression: Expression) -> int:
    """How doubtful it is that these words are the expression; where any word will do, its spelling says nothing."""
    return max((word.near for word in words), default=0) if expression.but is None else 0


def is_meaningful(word: Word) -> bool:
    """Whether a word means something by itself."""
    return len(word.text) >= LEAST_LETTERS and word.number is None and word.text not in FUNCTION_WORDS


def is_masked(masked: frozenset[int], first: int, last: int) -> bool:
    """Whether a stretch holds a word that doesn't count."""
    return bool(masked) and any(number in masked for number in range(first, last + 1))
