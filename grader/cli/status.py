"""The exit statuses of the command. `docs/exit-status.md` has the same table; a test holds the two together."""

from enum import IntEnum

from grader.errors import GraderError, ProvisionError, SandboxError

__all__ = ["ExitStatus", "status_of"]


class ExitStatus(IntEnum):
    """How a command ended."""

    DONE = 0  # graded, whatever the score; or done what was asked
    BELOW = 1  # graded, with fewer points than --fail-under asks; or a receipt or a promise that doesn't hold
    USAGE = 2  # wrong arguments, no such file, an unsound assignment
    OURS = 3  # could not be graded because of us: a sandbox, weights, an environment, a fault of the grader
    INTERRUPTED = 130  # Ctrl-C, or asked to end


def status_of(error: GraderError) -> ExitStatus:
    """The status for an error that a person is told about."""
    return ExitStatus.OURS if isinstance(error, ProvisionError | SandboxError) else ExitStatus.USAGE
