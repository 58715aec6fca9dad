"""How the answers to a question in words are read, as values: its concepts and misconceptions, each with phrasings."""

from dataclasses import dataclass

from grader.spec.phrasings import Phrasing

__all__ = ["Concept", "Misconception", "TextRules"]


@dataclass(frozen=True, kw_only=True)
class Concept:
    """One thought, and the ways to say it and its opposite. `compared`: said of the baseline, it is the opposite;
    `deniable`: a negation turns it round.
    """

    id: str
    title: str
    hint: str | None = None
    compared: bool = True
    deniable: bool = True
    phrasings: tuple[Phrasing, ...] = ()
    opposites: tuple[Phrasing, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Misconception:
    """A mistake that students make, and the ways to say it."""

    id: str
    hint: str | None = None
    phrasings: tuple[Phrasing, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)  # compared and hashed as a thing: it is large, and asked for often
class TextRules:
    """How one question's answers are read. `words` is [least, most], None: any number."""

    question: str
    prompt: str = ""
    words: tuple[int, int] | None = None
    topic: tuple[str, ...] = ()
    baseline: tuple[str, ...] = ()
    concepts: tuple[Concept, ...] = ()
    misconceptions: tuple[Misconception, ...] = ()
