"""What a check answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any

from grader.evidence.model import Array
from grader.spec.text_rules import TextRules

__all__ = ["CheckNote", "CheckResult", "Kept", "Verdict", "fail", "failed", "mismatch", "passed", "succeed"]


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
    scored proportionally; None: all or nothing. `solution` is a quiz's right answer: only for those whom the author's
    rule shows it.
    """

    verdict: Verdict
    code: str = "ok"
    expected: Any = None
    actual: Any = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    share: Decimal | None = None
    notes: tuple[CheckNote, ...] = ()
    solution: Any = None


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What stays outside: `values` from `data.py` (arrays and JSON values), by name; `checkpoints`: for each of the
    assignment's weights the multiset of tensor digests as a mapping digest -> how many; `concepts`: how the answers to
    questions in words are read, by question.
    """

    values: Mapping[str, Array | Any] = field(default_factory=dict)
    checkpoints: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    concepts: Mapping[str, TextRules] = field(default_factory=dict)


Notes = Iterable[CheckNote]


def succeed(
    *, expected: Any = None, actual: Any = None, share: Decimal | None = None, notes: Notes = (), **facts: Any
) -> CheckResult:
    """A check passes; `facts` are worth showing all the same."""
    return CheckResult(
        verdict=Verdict.PASSED, expected=expected, actual=actual, facts=facts, share=share, notes=tuple(notes)
    )


def fail(
    code: str,
    *,
    expected: Any = None,
    actual: Any = None,
    share: Decimal | None = None,
    notes: Notes = (),
    **facts: Any,
) -> CheckResult:
    """A check fails, for the reason `code`, about `facts`."""
    return CheckResult(
        verdict=Verdict.FAILED,
        code=code,
        expected=expected,
        actual=actual,
        facts=facts,
        share=share,
        notes=tuple(notes),
    )


def mismatch(code: str, *, expected: Any, actual: Any, **facts: Any) -> CheckResult:
    """A check fails for what it found in place of what it expected: both stand among the facts too."""
    facts = {"expected": expected, "actual": actual, **facts}
    return CheckResult(verdict=Verdict.FAILED, code=code, expected=expected, actual=actual, facts=facts)


def passed(message: str = "", *, expected: Any = None, actual: Any = None, share: Decimal | None = None) -> CheckResult:
    """What an author's own check returns when all is well, with a message to show if there is one."""
    code = "author" if message else "ok"
    facts = {"message": message} if message else {}
    return CheckResult(verdict=Verdict.PASSED, code=code, expected=expected, actual=actual, facts=facts, share=share)


def failed(message: str, *, expected: Any = None, actual: Any = None, share: Decimal | None = None) -> CheckResult:
    """What an author's own check returns when something is wrong: what a student reads."""
    return fail("author", expected=expected, actual=actual, share=share, message=message)
