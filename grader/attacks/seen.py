"""Grade one folder as a submission and keep everything that came of it: report, screens, evidence, files, memory.

Whatever goes wrong is caught here and told: an attack that the grader doesn't survive is a result, not the end of the
trial. A grading that goes on for far too long is ended by ending its sandboxes.
"""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.collect import Workshop, join_evidence
from grader.errors import GraderError, SubmissionError
from grader.evidence.model import Evidence
from grader.ingest import read_submission
from grader.pipeline import Graded, grade_submission, refuse_submission
from grader.report.info import StudentInfo
from grader.report.json_report import write_report
from grader.report.model import Report, Whose
from grader.report.terminal import draw_report
from grader.runs import read_results
from grader.sandbox.keeper import READY_SECONDS, longest_seconds
from grader.sandbox.request import RunResult
from grader.sandbox.stopping import stop_at_exit
from grader.spec.model import Assignment

__all__ = ["Seen", "bound_seconds", "grade_folder"]

WIDTH = 100
RUNS = 6  # guests started one after the other for one submission, tries again counted


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What came of grading a folder. `error` is set where the grader itself failed; `report` is None then."""

    error: str | None = None
    report: Report | None = None
    screens: tuple[str, ...] = ()  # in colour, and plain
    json: str = ""
    evidence: Evidence | None = None
    results: Mapping[str, RunResult] = field(default_factory=dict)
    run_folder: Path | None = None
    seconds: float = 0.0
    peak_growth_bytes: int | None = None

    @property
    def was_refused(self) -> bool:
        """Whether it was refused at the door, so that nothing of it ran anywhere."""
        fault = self.report.fault if self.report is not None else None
        return self.error is None and not self.results and fault is not None and fault.whose is Whose.STUDENT

    def list_outputs(self) -> Iterator[tuple[str, bytes]]:
        """Everything that came out, by what it is: the report, the screens, the files of the run."""
        yield "the report", self.json.encode()
        for screen in self.screens:
            yield "the screen", screen.encode()
        if self.run_folder is not None:
            for path in sorted(self.run_folder.rglob("*")):
                if path.is_file():
                    yield f"the run's file {path.name}", path.read_bytes()
        for name, result in self.results.items():
            yield f"what the guest of {name} wrote", result.guest_stderr.encode()


def bound_seconds(assignment: Assignment) -> float:
    """How long all questions of a run may take by their own limits: each is loaded at most twice and run once."""
    limits = assignment.limits
    walls = [question.wall_seconds or limits.wall_seconds for question in assignment.questions]
    each = [2 * limits.load_seconds + wall for wall in walls]
    return sum(each) / limits.cpus + max(each)


def grade_folder(assignment: Assignment, path: Path, *, workshop: Workshop, student: StudentInfo) -> Seen:
    """Grade what is at a path. Never raises but at an interrupt."""
    started = time.monotonic()
    with measure_peak() as peak, stop_at_exit(workshop.sandbox) as sandbox:
        header = {"questions": [{} for _ in assignment.questions], "parallel": 1}
        deadline = RUNS * (READY_SECONDS + longest_seconds(header, assignment.limits))
        watchdog = threading.Timer(deadline, sandbox.stop)
        watchdog.daemon = True
        watchdog.start()
        try:
            seen = grade_path(assignment, path, workshop=replace(workshop, sandbox=sandbox), student=student)
        except GraderError as error:
            seen = Seen(error=error.message)
        except Exception as error:  # the point of the trial: whatever hostile bytes bring about is a result
            seen = Seen(error=f"a fault of the grader: {type(error).__name__}: {error}")
        finally:
            watchdog.cancel()
    seconds = time.monotonic() - started
    if seconds >= deadline:
        seen = replace(seen, error=f"it wasn't over after {deadline:.0f} s, and was ended")
    return replace(seen, seconds=seconds, peak_growth_bytes=peak.get("bytes"))


def grade_path(assignment: Assignment, path: Path, *, workshop: Workshop, student: StudentInfo) -> Seen:
    """Read, run, mark, report; then read back what was stored."""
    try:
        submission = read_submission(path, files=assignment.files, handout=assignment.handout)
    except SubmissionError as error:
        report = refuse_submission(assignment, error, source=path.name, workshop=workshop, student=student)
        return show_graded(assignment, Graded(report=report, run_folder=None))
    return show_graded(assignment, grade_submission(assignment, submission, workshop=workshop, student=student))


def show_graded(assignment: Assignment, graded: Graded) -> Seen:
    """The report in each of its forms, and the evidence as it was stored."""
    results: dict[str, RunResult] = {}
    evidence = None
    if graded.run_folder is not None:
        results, questions = read_results(graded.run_folder)
        evidence = join_evidence(assignment, results, questions) if results else None
    return Seen(
        report=graded.report,
        screens=tuple(draw_report(graded.report, width=WIDTH, plain=plain) for plain in (False, True)),
        json=write_report(graded.report),
        evidence=evidence,
        results=results,
        run_folder=graded.run_folder,
    )


@contextlib.contextmanager
def measure_peak() -> Iterator[dict[str, int]]:
    """By how much this process's memory grew at most meanwhile; nothing where the system can't tell."""
    measured: dict[str, int] = {}
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = read_kilobytes("VmRSS")
    yield measured
    peak = read_kilobytes("VmHWM")
    if before is not None and peak is not None:
        measured["bytes"] = max(0, peak - before) * 1024


def read_kilobytes(name: str) -> int | None:
    """A line of /proc/self/status."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
    return None
