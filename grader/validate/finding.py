"""What a validation says: findings by stage, each with where, what, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

__all__ = ["Finding", "Severity", "Stage", "StageResult", "Validation"]


class Severity(Enum):
    """How much a finding matters."""

    ERROR = "error"  # nobody should be graded with it
    WARNING = "warning"  # somebody should look
    NOTE = "note"  # worth knowing


class Stage(Enum):
    """What is looked at, in this order."""

    SPECIFICATION = "specification"
    HANDOUT = "handout"
    MATERIAL = "weights and data"
    REFERENCE = "reference"
    CHANCE = "chance"
    SECRECY = "hidden values"
    RULES = "cheap rules"
    COSTS = "time and memory"
    TRIALS = "mutants, variants"
    MUTATION = "generated mutants"
    COVERAGE = "checks"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was found. `code` names its kind, for programs; the rest is for a person."""

    severity: Severity
    code: str
    where: str
    what: str
    remedy: str
    details: tuple[str, ...] = ()
    ours: bool = False  # nothing is wrong with the assignment: something isn't on this machine


@dataclass(frozen=True, kw_only=True)
class StageResult:
    """What came of one stage: in a few words what was looked at, the findings, and plain JSON values."""

    stage: Stage
    summary: str
    findings: tuple[Finding, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def count(self, severity: Severity) -> int:
        """How many findings are so severe."""
        return sum(finding.severity is severity for finding in self.findings)


@dataclass(frozen=True, kw_only=True)
class Validation:
    """One assignment, looked at whole."""

    slug: str
    title: str
    digest: str | None
    stages: tuple[StageResult, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them: what is worst first, then in the order of the stages."""
        found = [finding for stage in self.stages for finding in stage.findings]
        return tuple(sorted(found, key=lambda finding: list(Severity).index(finding.severity)))

    @property
    def sound(self) -> bool:
        """Whether nothing speaks against grading with it."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)

    @property
    def unsound(self) -> bool:
        """Whether something speaks against it that isn't only of this machine."""
        return any(finding.severity is Severity.ERROR and not finding.ours for finding in self.findings)

    @property
    def hindered(self) -> bool:
        """Whether it couldn't be looked at whole, for a reason of this machine's."""
        return any(finding.ours for finding in self.findings)
