"""An assignment as a value: what `assignment.toml` says, read and checked. Files are paths here, not contents."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Any

from grader.limits import Limits
from grader.spec.digest import digest_bytes, digest_file
from grader.spec.fields import count_combinations, fill_file, find_combination
from grader.spec.text_rules import TextRules

__all__ = ["Assignment", "CheckSpec", "Question", "Reveal", "Standing", "Visibility"]


class Standing(Enum):
    """How much a check's verdict is worth."""

    FACT = "fact"  # nobody passes without computing the right values
    CLAIM = "claim"  # something inside said so: may take points away, never gives them alone
    ADVICE = "advice"  # no points at all


class Visibility(Enum):
    """When a student sees a question's or a check's result."""

    SHOWN = "shown"
    AFTER_DEADLINE = "after_deadline"
    HIDDEN = "hidden"


class Reveal(Enum):
    """When a student sees a quiz's right answer, and why it is right."""

    SHOWN = "shown"
    AFTER_DEADLINE = "after_deadline"
    NEVER = "never"


@dataclass(frozen=True, kw_only=True)
class CheckSpec:
    """One line of a question's `checks`. `parameters` are the check's own, `of` not among them."""

    id: str
    use: str
    of: str | None
    standing: Standing
    points: Decimal | None = None
    hint: str | None = None
    needs: tuple[str, ...] = ()
    visibility: Visibility = Visibility.SHOWN
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Question:
    """One graded part. `content` holds the fields of its kind (prompt, options, terms, code, unit, …).

    `explanation` is the way to the right answer, from the private folder; None where there is none here.
    """

    id: str
    title: str
    points: Decimal
    extra: bool = False
    kind: str = "probe"
    needs: tuple[str, ...] = ()
    wall_seconds: float | None = None
    hint: str | None = None
    visibility: Visibility = Visibility.SHOWN
    checks: tuple[CheckSpec, ...] = ()  # of a quiz's question: one, made from the question
    content: Mapping[str, Any] = field(default_factory=dict)
    level: str | None = None
    minutes: int | None = None
    solution: Reveal = Reveal.AFTER_DEADLINE
    explanation: str | None = None

    @property
    def is_answered(self) -> bool:
        """Whether it is answered in the file of answers: no function of a program is asked."""
        return self.kind != "probe"


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """One assignment. `folder` is public; `reference` is the private folder, None where there is none (a student's)."""

    slug: str
    title: str
    folder: Path
    reference: Path | None
    digest: str  # "sha256:…" of assignment.toml, probe.py and data/
    framework: str = "none"
    files: tuple[str, ...] = ()
    load: str = "each"
    weights: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    draws: int = 1
    attempts: int | None = None
    claims_count: bool = False
    level: str | None = None
    minutes: int | None = None
    limits: Limits = field(default_factory=Limits)
    variants: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    data_digests: Mapping[str, str] = field(default_factory=dict)  # of the files in `data`: name -> "sha256:…"
    concepts: Mapping[str, TextRules] = field(default_factory=dict, repr=False)  # by question; private, see `reference`

    @cached_property
    def handout(self) -> frozenset[str]:
        """The digests of the handout's files, of those too that a variant makes of them: what a student hands in
        unchanged isn't the student's work.
        """
        folder = self.folder / "handout"
        files = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
        numbers = range(count_combinations(self.variants)) if self.variants else ()
        variants = [find_combination(self.variants, number) for number in numbers]
        contents = [(path, path.read_bytes()) for path in files if variants]
        filled = {
            digest_bytes(fill_file(path.name, content, variant))
            for path, content in contents
            if b"{variant." in content
            for variant in variants
        }
        return frozenset(digest_file(path) for path in files) | filled

    @property
    def points(self) -> Decimal:
        """The most that can be earned, extra questions not counted."""
        return sum((question.points for question in self.questions if not question.extra), Decimal(0))
