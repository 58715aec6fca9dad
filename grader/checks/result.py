"""What a check answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any

from grader.evidence.model import Array

__all__ = ["CheckNote", "CheckResult", "Kept", "Verdict"]


class Verdict(Enum):
    """One check's outcome."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"  # a check or question that it needs did not pass
    ERROR = "error"  # the check itself, or the reference's evidence, is at fault: a person looks


@dataclass(frozen=True)
class CheckNote:
    """Something worth saying that costs nothing. Worded by `report.wording` from code and facts."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """A verdict and the facts behind it; the words come from `report.wording`, by `code`.

    `expected` and `actual` are JSON values short enough to show. `share` is the part earned, for a check that is
    scored proportionally; None: all or nothing.
    """

    verdict: Verdict
    code: str = "ok"
    expected: Any = None
    actual: Any = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    share: Decimal | None = None
    notes: tuple[CheckNote, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What stays outside: `values` from `data.py` (arrays and JSON values), by name; `checkpoints`: for each of the
    assignment's weights the multiset of tensor digests as a mapping digest -> how many."""

    values: Mapping[str, Array | Any] = field(default_factory=dict)
    checkpoints: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
