"""What a sandbox offers beyond `Sandbox` where its runs can be forked from a warm guest."""

from typing import Protocol, runtime_checkable

from grader.limits import EvidenceLimits, Limits
from grader.sandbox.cgroup import RunGroup
from grader.sandbox.request import Launch, Sandbox
from grader.sandbox.zygote import Zygote

__all__ = ["CanFork"]


@runtime_checkable
class CanFork(Sandbox, Protocol):
    """A sandbox in which a zygote can live."""

    @property
    def forks(self) -> bool:
        """Whether a zygote can be reached here (not with a remote daemon); whether it can fork, it says itself."""
        ...

    @property
    def evidence_limits(self) -> EvidenceLimits | None:
        """How much evidence is taken of a run."""
        ...

    @property
    def ready_seconds(self) -> float:
        """How long a guest may take to be ready."""
        ...

    def start_zygote(self, launch: Launch) -> Zygote:
        """Start a zygote; returns at once, while it imports its framework.

        Raises:
            SandboxError: it can't be started.
        """
        ...

    def make_group(self, limits: Limits) -> RunGroup | None:
        """A control group for one run; None where none can be made.

        Raises:
            SandboxError: it can't be made this time.
        """
        ...
