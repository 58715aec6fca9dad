"""What an examination of a machine finds: one line a prerequisite."""

from dataclasses import dataclass
from enum import Enum

__all__ = ["Finding", "Standing"]


class Standing(Enum):
    """How a prerequisite stands."""

    PASS = "pass"  # noqa: S105  (as it should be)
    CAUTION = "caution"  # grading works, less safely or not for everything
    FAIL = "fail"  # grading doesn't work


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of an examination. `command` mends it, where one command does."""

    name: str
    standing: Standing
    text: str
    command: str | None = None
