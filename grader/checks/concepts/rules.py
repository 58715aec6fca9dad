"""An author's rules made ready for comparing: every expression as stems, and the words that a misspelling may mean."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from grader.checks.concepts.words import Word, list_words
from grader.spec.phrasings import Gap, Option, Part, Phrasing
from grader.spec.text_rules import TextRules

__all__ = ["Expression", "Expressions", "Place", "Rules", "Window", "make_rules"]


@dataclass(frozen=True)
class Expression:
    """Words one after the other: their stems, or with `exact` their forms; a number of at most `at_most`; or, where
    `but` isn't None, any word of some meaning whose stem isn't among those.
    """

    words: tuple[str, ...] = ()
    exact: bool = False
    at_most: int | None = None
    but: frozenset[str] | None = None


class Expressions:
    """The expressions that fill a place, by the word that each begins with: from the longest to the shortest."""

    def __init__(self, expressions: Iterable[Expression]) -> None:
        self._by_stem: dict[str, list[Expression]] = {}
        self._by_form: dict[str, list[Expression]] = {}
        self._others: list[Expression] = []
        for one in sorted(set(expressions), key=lambda one: (-len(one.words), one.words)):
            if not one.words:
                self._others.append(one)
            else:
                (self._by_form if one.exact else self._by_stem).setdefault(one.words[0], []).append(one)
        self._begins = frozenset(self._by_stem) | frozenset(self._by_form)

    def may_stand_among(self, forms_and_stems: frozenset[str]) -> bool:
        """Whether one of them can begin with one of these words: quickly no, as a rule."""
        return bool(self._others) or not self._begins.isdisjoint(forms_and_stems)

    def begin_with(self, word: Word) -> list[Expression]:
        """Those that may begin with a word, the longest first."""
        forms, stems = self._by_form.get(word.text, []), self._by_stem.get(word.stem, [])
        both = sorted((*forms, *stems), key=lambda one: -len(one.words)) if forms and stems else forms or stems
        return both + self._others if self._others else both


@dataclass(frozen=True)
class Place:
    """One place of a window."""

    expressions: Expressions
    gap: Gap = Gap.SOME
    absent: bool = False


@dataclass(frozen=True)
class Window:
    """Places in order: one phrasing."""

    places: tuple[Place, ...]


@dataclass(frozen=True)
class Rules:
    """The rules of one question. `concepts` and `misconceptions` are in the author's order.

    `vocabulary` maps the forms that an author wrote to their stems: what a misspelt word may have been meant to be.
    """

    concepts: tuple[tuple[tuple[Window, ...], tuple[Window, ...]], ...]
    misconceptions: tuple[tuple[Window, ...], ...]
    topic: Place
    baseline: Place
    prompt: tuple[str, ...]
    vocabulary: dict[str, str]


@lru_cache(maxsize=64)
def make_rules(rules: TextRules) -> Rules:
    """The rules made ready, once."""
    made = Made()
    concepts = tuple((made.windows(one.phrasings), made.windows(one.opposites)) for one in rules.concepts)
    misconceptions = tuple(made.windows(one.phrasings) for one in rules.misconceptions)
    return Rules(
        concepts=concepts,
        misconceptions=misconceptions,
        topic=made.place(tuple(Option(tuple(item.split())) for item in rules.topic)),
        baseline=made.place(tuple(Option(tuple(item.split())) for item in rules.baseline)),
        prompt=tuple(word.stem for word in list_words(rules.prompt)),
        vocabulary=made.vocabulary,
    )


class Made:
    """What is made of an author's rules; places that may be filled alike share one list of expressions."""

    def __init__(self) -> None:
        self.vocabulary: dict[str, str] = {}
        self._expressions: dict[tuple[Option, ...], Expressions] = {}

    def windows(self, phrasings: tuple[Phrasing, ...]) -> tuple[Window, ...]:
        """Each phrasing as a window."""
        return tuple(Window(tuple(self.place(part.options, part) for part in one.parts)) for one in phrasings)

    def place(self, options: tuple[Option, ...], part: Part | None = None) -> Place:
        """One place."""
        if options not in self._expressions:
            self._expressions[options] = Expressions(self.make_expressions(options))
        known = self._expressions[options]
        return Place(known) if part is None else Place(known, gap=part.gap, absent=part.absent)

    def make_expressions(self, options: tuple[Option, ...]) -> Iterator[Expression]:
        """The expressions of a place, as an answer's words are read."""
        for option in options:
            words = list_words(" ".join(option.words))
            if option.but is not None:
                yield Expression(but=frozenset(word.stem for word in list_words(" ".join(option.but))))
            elif option.at_most is not None:
                yield Expression(at_most=option.at_most)
            else:
                self.vocabulary.update({word.text: word.stem for word in words})
                yield Expression(tuple(word.text if option.exact else word.stem for word in words), option.exact)
