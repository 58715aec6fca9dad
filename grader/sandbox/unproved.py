"""A sandbox that isn't what it claims to be, used all the same because a person said so. Every report of it says so."""

from grader.sandbox.request import Launch, PreparedRun, RunRequest, RunResult, Sandbox, image_of

__all__ = ["UnprovedSandbox"]


class UnprovedSandbox:
    """Another sandbox, with what doesn't hold in it among its cautions; it doesn't pass for one that keeps code in."""

    is_sandbox = False

    def __init__(self, inner: Sandbox, faults: tuple[str, ...]) -> None:
        self._inner = inner
        self._faults = faults

    @property
    def name(self) -> str:
        """The inner sandbox's."""
        return self._inner.name

    @property
    def cautions(self) -> tuple[str, ...]:
        """See `Sandbox.cautions`."""
        unproved = tuple(f"{self.name} isn't what it claims to be here: {fault}" for fault in self._faults)
        return (*unproved, *self._inner.cautions)

    def image_for(self, framework: str) -> str | None:
        """See `image_of`."""
        return image_of(self._inner, framework)

    def prepare(self, launch: Launch) -> PreparedRun:
        """See `Sandbox.prepare`."""
        return self._inner.prepare(launch)

    def run(self, request: RunRequest) -> RunResult:
        """See `Sandbox.run`."""
        return self._inner.run(request)
