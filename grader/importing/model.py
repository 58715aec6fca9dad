"""What an imported notebook comes to, whoever's format it was in."""

from dataclasses import dataclass
from decimal import Decimal

__all__ = ["Cell", "Imported", "ImportedQuestion", "ImportedTest"]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell of a notebook. `is_test`: it is there for the student to try, and not run when the work is graded."""

    kind: str  # "code" or "markdown"
    source: str
    is_test: bool = False


@dataclass(frozen=True, kw_only=True)
class ImportedTest:
    """One test: lines that run among the student's names. `every`, `printed` as of `record.test`; `points` None: it
    has none of its own."""

    source: str
    points: Decimal | None = None
    hidden: bool = False
    every: bool = False
    printed: bool = False
    success: str = ""
    failure: str = ""


@dataclass(frozen=True, kw_only=True)
class ImportedQuestion:
    """One graded part. Without tests a person marks it."""

    id: str
    title: str
    points: Decimal
    tests: tuple[ImportedTest, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Imported:
    """An assignment as it was found. `notes` are what a person should know, a sentence each; `files` lie beside it."""

    origin: str
    questions: tuple[ImportedQuestion, ...]
    handout: tuple[Cell, ...]
    solution: tuple[Cell, ...]
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
