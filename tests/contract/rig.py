"""What the contract suite runs behaviours on: each sandbox as a variant, real student code, what came out."""

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from docker import APIClient

from grader.guest.protocol import Frame, Kind, pack_frame
from grader.limits import MIB, EvidenceLimits, Limits
from grader.sandbox import (
    BubblewrapSandbox,
    DockerSandbox,
    FakeSandbox,
    Interpreter,
    Job,
    Launch,
    ProcessSandbox,
    RunRequest,
    RunResult,
    Sandbox,
    WarmSandbox,
)
from grader.sandbox.cgroup import Control, find_control
from grader.sandbox.running import GUEST_FOLDER
from tests.sandbox.docker.small_image import make_image

__all__ = ["SMALL", "VARIANTS", "Outcome", "Question", "Rig", "Variant", "sort_frames"]

TINY_GUEST = Path(__file__).parents[1] / "sandbox" / "tiny_guest"
SMALL = Limits(
    wall_seconds=20.0, load_seconds=20.0, memory_bytes=512 * MIB, disk_bytes=64 * MIB, evidence_bytes=4 * MIB
)


Make = Callable[[Path, EvidenceLimits], Sandbox]


@dataclass(frozen=True)
class Variant:
    """A sandbox under one condition. `make` gets the guest's folder and the evidence limits."""

    name: str
    make: Make
    is_real: bool = True
    in_bubblewrap: bool = False
    in_docker: bool = False
    runtime: str | None = None  # of Docker, where it isn't the usual one
    packaged: bool = False  # whether it brings a system's files of its own
    counted: bool = False  # whether a control group counts the run

    @property
    def keeps_in(self) -> bool:
        """Whether what runs in it sees nothing of this machine but what it is given."""
        return self.in_bubblewrap or self.in_docker


def _keep_warm(make: Make) -> Make:
    """A warm form of a sandbox, the same for all that are made alike: what one test did, the next must not notice."""
    kept: dict[str, WarmSandbox] = {}

    def find(guest: Path, limits: EvidenceLimits) -> Sandbox:
        name = f"{guest} {limits}"
        if name not in kept:
            kept[name] = WarmSandbox(make(guest, limits))
        return kept[name]

    return find


def _package(guest: Path) -> str:
    """A small image with a guest, made where it isn't there yet."""
    with closing(APIClient()) as api:
        return make_image(api, guest)


def _list_variants() -> dict[str, Variant]:
    variants = [
        Variant(
            "bubblewrap, warm, no control group",
            _keep_warm(
                lambda guest, limits: BubblewrapSandbox(guest=guest, evidence_limits=limits, use_control_groups=False)
            ),
            in_bubblewrap=True,
        ),
        Variant(
            "bubblewrap, no control group",
            lambda guest, limits: BubblewrapSandbox(guest=guest, evidence_limits=limits, use_control_groups=False),
            in_bubblewrap=True,
        ),
        Variant(
            "docker, no control group",
            lambda guest, limits: DockerSandbox(guest=guest, evidence_limits=limits, use_control_groups=False),
            in_docker=True,
        ),
        Variant(
            "docker, attach stream",
            lambda guest, limits: DockerSandbox(guest=guest, evidence_limits=limits, attach=True),
            in_docker=True,
        ),
        Variant(
            "docker, remote",
            lambda guest, limits: DockerSandbox(
                image=_package(guest), guest=guest, evidence_limits=limits, remote=True
            ),
            in_docker=True,
            packaged=True,
        ),
        Variant(
            "docker, runsc",
            lambda guest, limits: DockerSandbox(guest=guest, evidence_limits=limits, runtime="runsc"),
            in_docker=True,
            runtime="runsc",
        ),
        Variant(
            "process, no fork",
            lambda guest, limits: ProcessSandbox(
                guest=guest, evidence_limits=limits, fork=False, use_control_groups=False
            ),
        ),
        Variant("fake", lambda guest, limits: FakeSandbox(_Player(guest).play, evidence_limits=limits), is_real=False),
    ]
    if isinstance(find_control(), Control):
        variants[:0] = [
            Variant(
                "bubblewrap",
                lambda guest, limits: BubblewrapSandbox(guest=guest, evidence_limits=limits),
                in_bubblewrap=True,
                counted=True,
            ),
            Variant(
                "bubblewrap, warm",
                _keep_warm(lambda guest, limits: BubblewrapSandbox(guest=guest, evidence_limits=limits)),
                in_bubblewrap=True,
                counted=True,
            ),
            Variant("process", lambda guest, limits: ProcessSandbox(guest=guest, evidence_limits=limits), counted=True),
            Variant(
                "docker",
                lambda guest, limits: DockerSandbox(guest=guest, evidence_limits=limits),
                in_docker=True,
                counted=True,
            ),
            Variant(
                "docker, warm",
                _keep_warm(lambda guest, limits: DockerSandbox(guest=guest, evidence_limits=limits)),
                in_docker=True,
                counted=True,
            ),
        ]
    return {variant.name: variant for variant in variants}


@dataclass
class Question:
    """What came out of one question."""

    texts: dict[str, str] = field(default_factory=dict)
    problem: dict[str, Any] | None = None
    output: str = ""
    ended: dict[str, Any] = field(default_factory=dict)

    @property
    def exit(self) -> str:
        """ENDED's word, or "missing"."""
        return str(self.ended.get("exit", "missing"))


@dataclass
class Outcome:
    """A run's result, and its questions by id."""

    result: RunResult
    questions: dict[str, Question]

    def __getitem__(self, question: str) -> Question:
        return self.questions[question]


class Rig:
    """Runs student code and a probe in one variant."""

    def __init__(self, variant: Variant, folder: Path) -> None:
        self.variant = variant
        self.folder = folder

    def sandbox(self, *, guest: Path = GUEST_FOLDER, evidence_limits: EvidenceLimits | None = None) -> Sandbox:
        """The variant's sandbox."""
        return self.variant.make(guest, evidence_limits or EvidenceLimits())

    def run(
        self,
        student: str,
        probe: str | None = None,
        *,
        questions: Mapping[str, float] | None = None,
        limits: Limits = SMALL,
        files: Mapping[str, bytes] | None = None,
        given: bytes = b"",
        **header: Any,
    ) -> Outcome:
        """One run of the real guest. Without a probe, each question calls the student's function of its name."""
        times = dict(questions or {"first": 20.0, "second": 20.0})
        source = probe if probe is not None else _make_probe(times)
        job = self.make_job(student, source, times, limits, files=files, given=given, **header)
        result = self.sandbox().run(RunRequest(launch=self.launch(limits), job=job))
        return Outcome(result, sort_frames(result.frames, list(times)))

    def run_tiny(self, program: str, *, evidence_limits: EvidenceLimits | None = None, **header: Any) -> RunResult:
        """One run of the tiny guest, which runs a program beside the evidence stream."""
        question = {"id": "only", "function": "only", "wall_seconds": header.pop("wall_seconds", 20.0)}
        job = Job(header={"program": {"source": program}, "questions": [question], "load_seconds": 0.0, **header})
        sandbox = self.sandbox(guest=TINY_GUEST, evidence_limits=evidence_limits)
        return sandbox.run(RunRequest(launch=self.launch(SMALL), job=job))

    def launch(self, limits: Limits = SMALL) -> Launch:
        """A launch with this interpreter."""
        return Launch(interpreter=Interpreter(framework="none", executable=Path(sys.executable)), limits=limits)

    def make_job(
        self,
        student: str,
        probe: str,
        questions: Mapping[str, float],
        limits: Limits = SMALL,
        *,
        files: Mapping[str, bytes] | None = None,
        given: bytes = b"",
        **changes: Any,
    ) -> Job:
        """A job for the real guest."""
        header: dict[str, Any] = {
            "role": "grade",
            "framework": "none",
            "program": {"path": "hw1.py", "kind": "script", "source": student},
            "probe": probe,
            "load": "each",
            "load_seconds": limits.load_seconds,
            "questions": [{"id": id, "function": id, "wall_seconds": seconds} for id, seconds in questions.items()],
            "draw": "00" * 16,
            "seed": 7,
            "values": {},
            "variant": {},
            "weights": {},
            "threads": 1,
            "parallel": 2,
            "evidence_bytes": limits.evidence_bytes,
            "output_bytes": limits.output_bytes,
            "fork": True,
        }
        own = {"hw1.py": student.encode()}
        return Job(header=header | changes, files={**own, **(files or {})}, given=given)


def _make_probe(questions: Mapping[str, float]) -> str:
    """Questions that record what the student's function of their name returns."""
    each = "def {0}(student, given, record):\n    record.text('value', str(student.{0}()))\n"
    return "\n".join(each.format(question) for question in questions)


def sort_frames(frames: tuple[Frame, ...], ids: list[str]) -> dict[str, Question]:
    questions = {id: Question() for id in ids}
    for frame in frames:
        if frame.question >= len(ids):
            continue
        question = questions[ids[frame.question]]
        if frame.kind is Kind.RECORD:
            record = json.loads(frame.payload)
            question.texts[record["name"]] = record.get("value", "")
        elif frame.kind is Kind.PROBLEM:
            question.problem = json.loads(frame.payload)
        elif frame.kind is Kind.OUTPUT:
            question.output = frame.payload.decode()
        elif frame.kind is Kind.ENDED:
            question.ended = json.loads(frame.payload)
    return questions


class _Player:
    """The fake's handler: plays a guest in this very process, for student code that is harmless."""

    def __init__(self, guest: Path) -> None:
        self.guest = guest

    def play(self, request: RunRequest) -> bytes:
        if not (self.guest / "__main__.py").exists() or self.guest not in (GUEST_FOLDER, TINY_GUEST):
            return b""
        sent = bytearray(pack_frame(Kind.READY, b"{}"))

        def send(kind: int, payload: bytes = b"", question: int = 0xFFFF) -> None:
            sent.extend(pack_frame(Kind(kind), payload, question))

        job = request.job
        if self.guest == TINY_GUEST:
            evidence = type("Evidence", (), {"write": lambda self, content: sent.extend(content)})()
            names = {"send": send, "evidence": evidence, "job": job.header, "files": job.files, "given": job.given}
            exec(job.header["program"]["source"], names)
        else:
            for number, question in enumerate(job.header["questions"]):
                _play_question(request, question["id"], partial(send, question=number))
        send(Kind.DONE)
        return bytes(sent)


def _play_question(request: RunRequest, id: str, send: Callable[..., None]) -> None:
    header = request.job.header
    student: dict[str, Any] = {"FILES": request.job.files}
    probe: dict[str, Any] = {"GIVEN": request.job.given}
    exit, sent_bytes = "finished", 0

    class Record:
        def text(self, name: str, value: str) -> None:
            nonlocal sent_bytes
            payload = json.dumps({"kind": "text", "name": name, "value": value}).encode()
            sent_bytes += len(payload)
            if sent_bytes > header["evidence_bytes"]:
                raise OverflowError("evidence_limit")
            send(Kind.RECORD, payload)

    try:
        exec(header["program"]["source"], student)
        exec(header["probe"], probe)
        probe[id](type("Student", (), {k: staticmethod(v) for k, v in student.items() if callable(v)}), None, Record())
    except OverflowError as error:
        exit = str(error)
    except Exception as error:
        exit = "crashed"
        send(Kind.PROBLEM, json.dumps({"code": "exception", "type": type(error).__name__}).encode())
    send(Kind.ENDED, json.dumps({"exit": exit}).encode())


VARIANTS = _list_variants()
