"""The ground on which attacks are tried: courses with canaries in them, a grader's home, a sandbox, and what honest
submissions earn there.

Every course is copied to a folder of its own and its placeholders become secrets. Its honest submission is graded once
in a fresh sandbox: the points are the baseline, and the evidence is what every later clean submission must leave too.
"""

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.attacks.canaries import Canaries, fill_folder, lay_canaries, make_own_folder
from grader.attacks.corpus import Corpus
from grader.attacks.seen import Seen, grade_folder
from grader.collect import Workshop
from grader.errors import GraderError, ProvisionError, SandboxError
from grader.report.info import StudentInfo
from grader.sandbox.cgroup import Control, find_control
from grader.sandbox.gpu.leased import LeasedSandbox
from grader.sandbox.gpu.nvml import Nvml, NvmlMissingError
from grader.sandbox.request import Interpreter, Sandbox
from grader.spec import load_assignment
from grader.spec.model import Assignment
from grader.weights.vault import Vault

__all__ = ["Course", "Ground", "open_ground"]


@dataclass
class Course:
    """A course of this trial. `baselines` has what each clean submission left in a fresh sandbox, by its folder."""

    assignment: Assignment
    honest: Path
    baselines: dict[Path, Seen] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(kw_only=True)
class Ground:
    """Where attacks are tried. `fresh` is the sandbox that keeps nothing between runs."""

    corpus: Corpus
    canaries: Canaries
    workshop: Workshop
    fresh: Workshop
    folder: Path
    warm: bool = False
    host_kernel: bool = True
    courses: dict[str, Course] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def find_missing(self, need: str) -> bool:
        """Whether something that an attack needs isn't here."""
        found = {
            "warm": lambda: self.warm,
            "host_kernel": lambda: self.host_kernel,
            "control_groups": lambda: isinstance(find_control(), Control),
            "gpu": has_gpu,
        }
        return not found[need]()

    def open_course(self, name: str) -> Course:
        """A course, made ready the first time.

        Raises:
            ProvisionError: its framework isn't installed.
            SpecError: it is unsound.
        """
        with self.lock:
            if name not in self.courses:
                course = self.copy_course(name)
                self.workshop.find_interpreter(course.assignment.framework)
                self.courses[name] = course
            return self.courses[name]

    def copy_course(self, name: str) -> Course:
        """A course's files with secrets in them."""
        place = self.folder / "courses" / name
        shutil.copytree(self.corpus.courses / name, place)
        fill_folder(place, self.canaries.placeholders())
        assignment = load_assignment(place / "assignment", reference=place / "reference", slug=name)
        return Course(assignment=assignment, honest=place / "honest")

    def know_clean(self, course: Course, folder: Path) -> Seen:
        """What a clean submission leaves in a fresh sandbox; made once.

        Raises:
            GraderError: it doesn't earn everything there, so nothing can be compared with it.
        """
        with course.lock:
            if folder not in course.baselines:
                seen = self.grade_clean(course, folder, workshop=self.fresh)
                refuse_unclean(course, folder, seen)
                course.baselines[folder] = seen
            return course.baselines[folder]

    def grade_clean(self, course: Course, folder: Path, *, workshop: Workshop | None = None) -> Seen:
        """Grade a clean submission of another student."""
        student = StudentInfo(id=self.canaries.secrets["roster"])
        return grade_folder(course.assignment, folder, workshop=workshop or self.workshop, student=student)

    def copy_clean(self, folder: Path, name: str) -> Path:
        """A clean submission of an attack's own, copied once, with another student's secret in it."""
        place = self.folder / "next" / name
        if not place.exists():
            shutil.copytree(folder, place, symlinks=True)
            fill_folder(place, {"CANARY_STUDENT": self.canaries.secrets["student"]})
        return place


def refuse_unclean(course: Course, folder: Path, seen: Seen) -> None:
    """A clean submission that doesn't earn everything is no measure.

    Raises:
        SandboxError: the sandbox failed.
        GraderError: something is missing.
    """
    if seen.error is not None:
        raise GraderError(f"the clean submission {str(folder)!r} wasn't graded: {seen.error}")
    assert seen.report is not None
    if seen.report.fault is not None:
        raise SandboxError(seen.report.fault.message, details=seen.report.fault.details)
    score = seen.report.score
    if score.points != score.max_points:
        details = tuple(
            f"{question.id}: {question.status.value}: {question.problem.message if question.problem else ''}"
            for question in seen.report.questions
        )
        raise GraderError(
            f"the clean submission of {course.assignment.slug!r} earns {score.points} of {score.max_points}",
            details=details,
        )


@contextmanager
def open_ground(
    corpus: Corpus,
    *,
    sandbox: Sandbox,
    find_interpreter: Callable[[str], Interpreter],
    fresh: Sandbox | None = None,
    warm: bool = False,
    host_kernel: bool = True,
) -> Iterator[Ground]:
    """Lay out canaries and a grader's home; all of it is gone afterwards.

    Args:
        corpus: the attacks, and the courses that they are handed in for.
        sandbox: where everything runs.
        find_interpreter: the environment of a framework.
        fresh: the same sandbox, keeping nothing between runs; left out where that one doesn't.
        warm: whether it keeps guests warm.
        host_kernel: whether its runs call this machine's kernel.

    Raises:
        ProvisionError: no folder for it can be made.
    """
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(make_own_folder(Path(tempfile.gettempdir())))
            folder.chmod(0o700)
            home = folder / "home"
            home.mkdir(mode=0o700)
            canaries = stack.enter_context(lay_canaries(home))
        except OSError as error:
            raise ProvisionError(f"no place for traps and runs can be made: {error}") from error
        workshop = Workshop(
            sandbox=LeasedSandbox(sandbox),
            find_interpreter=find_interpreter,
            vault=Vault(home),
            home=home,
            secret=canaries.secrets["secret"].encode(),
        )
        yield Ground(
            corpus=corpus,
            canaries=canaries,
            workshop=workshop,
            fresh=replace(workshop, sandbox=LeasedSandbox(fresh or sandbox)),
            folder=folder,
            warm=warm,
            host_kernel=host_kernel,
        )


def has_gpu() -> bool:
    """Whether this machine has a graphics processor that a run can be given."""
    try:
        return bool(Nvml().list_devices())
    except NvmlMissingError:
        return False
