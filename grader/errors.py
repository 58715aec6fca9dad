"""What can go wrong, and whose fault it is.

    GraderError
    ├─ UsageError       the caller's    wrong arguments, no such file or assignment     exit status 2
    ├─ SpecError        the author's    the assignment is unsound; nobody is run        exit status 2
    ├─ SubmissionError  the student's   refused at the door; becomes a score of 0
    ├─ EvidenceError    the student's   no readable results; becomes a score
    ├─ ProvisionError   ours            weights or an environment are not there         exit status 3
    └─ SandboxError     ours            the run could not be made; no score, never a 0  exit status 3

Decided where it happens, from what the runtime says, never guessed from text that a student can print.
"""

from dataclasses import dataclass

__all__ = [
    "EvidenceError",
    "Fault",
    "GraderError",
    "ProvisionError",
    "SandboxError",
    "SpecError",
    "SubmissionError",
    "UsageError",
]


class GraderError(Exception):
    """Anything that the grader tells a person about.

    `message` is one line: what happened, the value, what would be right. `details` are further lines, `command` is
    what to run next, if one command mends it.
    """

    def __init__(self, message: str, *, details: tuple[str, ...] = (), command: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.command = command


class UsageError(GraderError):
    """The command was called with something that it can't use."""


@dataclass(frozen=True)
class Fault:
    """One fault of a file that a person wrote: where it stands, what is wrong, what would be right."""

    path: str
    message: str
    suggestion: str | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" + (f" ({self.suggestion})" if self.suggestion else "")


class SpecError(GraderError):
    """An assignment is unsound. Carries every fault found, not only the first; `details` are lines below them."""

    def __init__(
        self,
        message: str,
        *,
        faults: tuple[Fault, ...] = (),
        details: tuple[str, ...] = (),
        command: str | None = None,
    ) -> None:
        super().__init__(message, details=(*(str(fault) for fault in faults), *details), command=command)
        self.faults = faults


class SubmissionError(GraderError):
    """What was handed in is refused. `code` names the rule, for the report and for tests."""

    def __init__(self, message: str, *, code: str, details: tuple[str, ...] = ()) -> None:
        super().__init__(message, details=details)
        self.code = code


class EvidenceError(GraderError):
    """Bytes that came out of a sandbox can't be read. `code` names the rule that they break."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class ProvisionError(GraderError):
    """Something that we must provide isn't there: weights, an environment, reference evidence."""


class SandboxError(GraderError):
    """A sandbox failed by itself. No score follows from it."""
