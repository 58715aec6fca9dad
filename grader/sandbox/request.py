"""What a sandbox is asked and what it answers. It knows runs, limits and bytes; nothing of courses or points."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, runtime_checkable

from grader.evidence.model import Exit
from grader.guest.protocol import Frame
from grader.limits import Limits

__all__ = [
    "Interpreter",
    "Job",
    "KeepsGuests",
    "Launch",
    "LeasedGpu",
    "Mount",
    "PreparedRun",
    "RunRequest",
    "RunResult",
    "Sandbox",
    "image_of",
]


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """A Python environment in which the guest runs: one framework each."""

    framework: str  # "none", "torch" or "tensorflow"
    executable: Path  # of a virtual environment or a plain installation


@dataclass(frozen=True, kw_only=True)
class Mount:
    """A file of the host that a run may read, under a path of its own inside."""

    source: Path
    target: str


@dataclass(frozen=True, kw_only=True)
class LeasedGpu:
    """A graphics processor, or a slice of one, that a run has for its time."""

    uuid: str  # "GPU-…" or "MIG-…", as CUDA takes it
    name: str
    memory_bytes: int
    nodes: tuple[Path, ...]  # its own device files on this machine, besides those that all of them share
    driver: str = ""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """What must be known before any byte of a student is there: a function of the assignment alone."""

    interpreter: Interpreter
    mounts: tuple[Mount, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)  # added to the sandbox's own short list
    limits: Limits = field(default_factory=Limits)
    device: str = "cpu"  # or "cuda"
    gpus: tuple[LeasedGpu, ...] = ()  # put in by `gpu.leased`, for a launch whose limits ask for some


@dataclass(frozen=True, kw_only=True)
class Job:
    """What one run is to do. `header` is the JOB object of `guest.protocol`; `given` is safetensors, or empty."""

    header: Mapping[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict)
    given: bytes = b""


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """One run."""

    launch: Launch
    job: Job


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """How a run ended, written outside, by the keeper, from what the runtime says; and the frames that came out.

    `frames` are whole frames of the evidence stream, READY first; `frames_fault` says why collecting stopped early.
    `ready` is whether READY came: without it the fault is ours. `closed` is whether DONE came.
    """

    exit: Exit
    frames: tuple[Frame, ...]
    frames_fault: str | None = None
    ready: bool = True
    closed: bool = True
    exit_code: int | None = None
    signal: int | None = None
    wall_seconds: float = 0.0
    cpu_seconds: float | None = None
    peak_memory_bytes: int | None = None
    out_of_memory_kills: int = 0
    process_limit_hits: int = 0  # how often a process or thread was refused; many programs go on without it
    gpus: tuple[str, ...] = ()  # the graphics processors that it had, with their driver's version
    gpu_peak_bytes: int | None = None  # on the one where it had most, as far as the watch saw
    guest_stderr: str = ""  # of the guest before and outside student code; at most 64 KiB


class PreparedRun(Protocol):
    """A guest that has started and imported its framework, and waits for its job. Used once, then closed."""

    def run(self, job: Job, *, on_frame: Callable[[Frame], None] | None = None) -> RunResult:
        """Run one job to its end; `on_frame` sees each frame as it arrives (for progress only).

        Raises:
            SandboxError: the sandbox failed by itself; no score follows.
        """
        ...

    def close(self) -> None:
        """End the guest and everything it started. Harmless when called again."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


@runtime_checkable
class KeepsGuests(Protocol):
    """A sandbox that keeps guests between runs, or stands around one that does."""

    def close(self) -> None:
        """End them. Harmless when called again."""
        ...


class Sandbox(Protocol):
    """One way to run untrusted code."""

    @property
    def name(self) -> str:
        """ "bubblewrap", "process", "fake"."""
        ...

    @property
    def is_sandbox(self) -> bool:
        """Whether it keeps hostile code in. False for `process`."""
        ...

    @property
    def cautions(self) -> tuple[str, ...]:
        """What a person should know about it on this machine: a sentence each; none where all is as it should be."""
        ...

    def prepare(self, launch: Launch) -> PreparedRun:
        """Start a guest; returns at once, while the guest imports its framework.

        Raises:
            SandboxError: it can't be started.
        """
        ...

    def run(self, request: RunRequest) -> RunResult:
        """Prepare, run one job, close.

        Raises:
            SandboxError: the sandbox failed by itself; no score follows.
        """
        ...


def image_of(sandbox: Sandbox, framework: str) -> str | None:
    """The id of the image in which a sandbox makes a framework's runs; None where they are made in no image.

    Raises:
        SandboxError: there is an image, and it isn't one for this grader.
    """
    find: Callable[[str], str | None] | None = getattr(sandbox, "image_for", None)
    return find(framework) if find is not None else None
