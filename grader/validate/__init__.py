"""Is an assignment sound, before any student sees it? `grade validate` is this part's command; docs/validation.md tells
what is looked at, and what each finding asks for.
"""

from grader.validate.finding import Finding, Severity, Stage, StageResult, Validation
from grader.validate.steps import Options, Place, Watcher, validate_assignment

__all__ = [
    "Finding",
    "Options",
    "Place",
    "Severity",
    "Stage",
    "StageResult",
    "Validation",
    "Watcher",
    "validate_assignment",
]
