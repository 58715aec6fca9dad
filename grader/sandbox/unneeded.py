"""In a sandbox's place where nothing is to run: what is handed in are answers in files, and so is the key."""

from grader.errors import SandboxError
from grader.sandbox.request import Launch, PreparedRun, RunRequest, RunResult

__all__ = ["UnneededSandbox"]


class UnneededSandbox:
    """Runs nothing, so nothing gets out of it; asked to all the same, it refuses."""

    name = "none needed"
    is_sandbox = True
    cautions: tuple[str, ...] = ()

    def prepare(self, launch: Launch) -> PreparedRun:
        """Refuse.

        Raises:
            SandboxError: always.
        """
        raise SandboxError(
            "something was to run where nothing should",
            details=("No sandbox was started, for everything that was handed in seemed to be answers in files.",),
        )

    def run(self, request: RunRequest) -> RunResult:
        """Refuse. Raises as `prepare`."""
        with self.prepare(request.launch) as prepared:
            return prepared.run(request.job)
