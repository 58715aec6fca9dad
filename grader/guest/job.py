"""One job as the guest holds it: the header, the submission's files, the given arrays as bytes nobody has opened."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .folders import Folders
from .protocol import Frame, FrameError, Kind, pack_frame, read_frame

__all__ = ["GuestJob", "LoaderTask", "QuestionJob", "read_job", "write_job"]

MOST_BYTES = 1 << 30  # of one frame of the job stream, which the host writes: a net, not a limit


@dataclass(frozen=True)
class QuestionJob:
    """One question of the job. `number` is its index, under which its frames leave.

    `variables` are names whose values are the answers, of a program of the question's own; it asks no function then.
    """

    number: int
    id: str
    function: str
    wall_seconds: float
    program: Mapping[str, Any] | None = None
    variables: tuple[str, ...] = ()


@dataclass(frozen=True)
class GuestJob:
    """What a run is to do. `given` stays bytes here: only a loader opens it."""

    header: Mapping[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict)
    given: bytes = b""

    @property
    def role(self) -> str:
        """ "grade", "predict", "quick" or "provision"."""
        return str(self.header.get("role", "grade"))

    @property
    def program(self) -> Mapping[str, Any] | None:
        """The student's program, None where no student code runs."""
        program: Mapping[str, Any] | None = self.header.get("program")
        return program

    @property
    def questions(self) -> tuple[QuestionJob, ...]:
        """The questions, in the order of their numbers."""
        return tuple(
            QuestionJob(
                number,
                item["id"],
                item["function"],
                float(item["wall_seconds"]),
                program=item.get("program"),
                variables=tuple(item.get("variables", ())),
            )
            for number, item in enumerate(self.header["questions"])
        )

    @property
    def programs(self) -> tuple[Mapping[str, Any], ...]:
        """Every program that some question loads."""
        own = [item["program"] for item in self.header.get("questions", ()) if item.get("program") is not None]
        return (*([] if self.program is None else [self.program]), *own)

    def may_be_cut(self, question: QuestionJob) -> bool:
        """Whether its program is tried with definitions only where it doesn't load: answers are no definitions."""
        return self.program is not None and question.program is None

    @property
    def load_seconds(self) -> float:
        """The deadline for loading the student's code."""
        return float(self.header.get("load_seconds", 60.0))

    @property
    def parallel(self) -> int:
        """How many questions run at a time."""
        return max(1, int(self.header.get("parallel", 1)))

    @property
    def evidence_bytes(self) -> int:
        """The most bytes of records and arrays of one question."""
        return int(self.header.get("evidence_bytes", 64 << 20))

    @property
    def output_bytes(self) -> int:
        """The most bytes of printed output of one question that are kept."""
        return int(self.header.get("output_bytes", 64 << 10))

    @property
    def seed(self) -> int:
        """The public seed of every generator."""
        return int(self.header.get("seed", 0))

    @property
    def threads(self) -> int:
        """How many threads a question computes on."""
        return max(1, int(self.header.get("threads", 1)))


@dataclass(frozen=True)
class LoaderTask:
    """What a loader is to do."""

    job: GuestJob
    question: QuestionJob
    folders: Folders
    definitions_only: bool


def read_job(read_exactly: Callable[[int], bytes]) -> GuestJob | None:
    """The next job of the stream, or None at its orderly end.

    Raises:
        FrameError: the stream holds something else.
    """
    first = read_frame(read_exactly, most_bytes=MOST_BYTES)
    if first is None:
        return None
    if first.kind is not Kind.JOB:
        raise FrameError(f"a job begins with JOB, not with {first.kind.name}")
    files: dict[str, bytes] = {}
    given = b""
    for frame in read_until_go(read_exactly):
        if frame.kind is Kind.FILE:
            path, _, content = frame.payload.partition(b"\0")
            files[path.decode()] = content
        else:
            given = frame.payload
    return GuestJob(header=json.loads(first.payload), files=files, given=given)


def read_until_go(read_exactly: Callable[[int], bytes]) -> Iterator[Frame]:
    """The FILE and GIVEN frames up to GO."""
    while True:
        frame = read_frame(read_exactly, most_bytes=MOST_BYTES)
        if frame is None:
            raise FrameError("the job stream ends before GO")
        if frame.kind is Kind.GO:
            return
        if frame.kind not in (Kind.FILE, Kind.GIVEN):
            raise FrameError(f"a job holds FILE and GIVEN, not {frame.kind.name}")
        yield frame


def write_job(job: GuestJob) -> Iterator[bytes]:
    """The frames of a job, for a loader that is started as a process of its own."""
    yield pack_frame(Kind.JOB, json.dumps(dict(job.header)).encode())
    for path, content in job.files.items():
        yield pack_frame(Kind.FILE, path.encode() + b"\0" + content)
    if job.given:
        yield pack_frame(Kind.GIVEN, job.given)
    yield pack_frame(Kind.GO, b"")
