"""Workers for the tests of engines: one that does what its item says, one that grades."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.batch.engines import Content, Place, Worker
from grader.batch.engines.bundles import name_folder
from grader.collect import Workshop, collect_evidence
from grader.draws import Draw, load_data
from grader.errors import SandboxError, SubmissionError, UsageError
from grader.ingest.submission import Submission
from grader.sandbox import ProcessSandbox, find_interpreter
from grader.sandbox.request import RunResult
from grader.sandbox.stopping import StoppableSandbox
from grader.spec import load_assignment
from grader.weights import Vault

__all__ = ["COURSE", "Done", "Graded", "OpenDoer", "OpenGrader", "Task", "ToGrade"]

COURSE = Path(__file__).parents[2] / "end_to_end" / "course"


@dataclass(frozen=True, kw_only=True)
class Task:
    """What to do: "double", "sleep" (as a process of its own), "refuse", "break", "die", "where" or "read"."""

    number: int
    what: str = "double"
    seconds: float = 0.0
    payload: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Done:
    """What came of it."""

    number: int
    text: str = ""
    payload: bytes = b""


@dataclass(frozen=True, kw_only=True)
class OpenDoer:
    """`log` is a folder in which each opening and each process leaves a file."""

    log: Path
    contents: tuple[Content, ...] = ()
    opens: bool = True
    item_type: type[Task] = Task
    result_type: type[Done] = Done

    def open(self, place: Place) -> "Doer":
        """Open it, or say that it can't be."""
        if not self.opens:
            raise UsageError("it can't be opened", details=("for a test",), command="try again")
        (self.log / f"opened-{os.getpid()}-{time.monotonic_ns()}").touch()
        return Doer(self, place)


class Doer:
    """Does what its item says."""

    def __init__(self, opened: OpenDoer, place: Place) -> None:
        self._opened = opened
        self._place = place
        self._lock = threading.Lock()
        self._closed = False
        self._processes: list[subprocess.Popen[bytes]] = []

    def __call__(self, item: Task) -> Done:
        """Do it."""
        if item.what == "refuse":
            raise SubmissionError("refused", code="for_a_test", details=("a", "b"))
        if item.what == "break":
            raise ZeroDivisionError("a fault")
        if item.what == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if item.what == "sleep":
            self._sleep()
        time.sleep(item.seconds)
        return Done(number=2 * item.number, text=self._tell(item), payload=item.payload)

    def _tell(self, item: Task) -> str:
        if item.what == "where":
            return f"{self._place.node} {os.getpid()} {self._place.gpus}"
        if item.what == "read":
            return " ".join(read_content(self._place.find(content)) for content in self._opened.contents)
        return ""

    def _sleep(self) -> None:
        with self._lock:
            if self._closed:
                raise SandboxError("interrupted")
            process = subprocess.Popen(["sleep", "600"])
            self._processes.append(process)
            (self._opened.log / f"process-{process.pid}").touch()
        process.wait()
        if self._closed:
            raise SandboxError("interrupted")

    def close(self) -> None:
        """End the processes, and start none any more."""
        with self._lock:
            self._closed = True
        for process in self._processes:
            process.kill()


def read_content(path: Path) -> str:
    """A file's text, or those of a folder's files."""
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    return "+".join(file.read_text("utf-8") for file in files)


@dataclass(frozen=True, kw_only=True)
class ToGrade:
    """A submission to run."""

    submission: Submission
    draw: Draw


@dataclass(frozen=True, kw_only=True)
class Graded:
    """The runs as they came out."""

    results: Mapping[str, RunResult]


@dataclass(frozen=True, kw_only=True)
class OpenGrader:
    """Collects evidence for the course of the end-to-end tests, as a batch does."""

    public: Content
    private: Content
    home: Path = field(repr=False)
    item_type: type[ToGrade] = ToGrade
    result_type: type[Graded] = Graded

    @classmethod
    def make(cls, home: Path) -> "OpenGrader":
        """For the course as it lies here."""
        return cls(
            public=name_folder(COURSE / "assignments/mini"), private=name_folder(COURSE / "reference/mini"), home=home
        )

    @property
    def contents(self) -> tuple[Content, ...]:
        """The public folder and the private one."""
        return self.public, self.private

    def open(self, place: Place) -> Worker[ToGrade, Graded]:
        """A sandbox around what lies here."""
        assignment = load_assignment(place.find(self.public), reference=place.find(self.private), slug="mini")
        home = place.home or self.home
        sandbox = StoppableSandbox(ProcessSandbox())
        workshop = Workshop(
            sandbox=sandbox, find_interpreter=find_interpreter, vault=Vault(home), home=home, secret=b"unused"
        )

        class Grader:
            def __call__(self, item: ToGrade) -> Graded:
                data = load_data(assignment, replace(item.draw))  # a draw's generator is used up by use
                collected = collect_evidence(assignment, item.submission, draw=item.draw, data=data, workshop=workshop)
                return Graded(results=collected.results)

            def close(self) -> None:
                sandbox.stop()

        return Grader()
