"""A loader: loads the student's code afresh and runs one question. Everything in this process belongs to the student.

Theory of operation
-------------------
The loader is a fork of init, or a process of its own where there is no fork (`started_loader`). In this order: every
generator is seeded; the given arrays are opened; the author's probe is loaded, with our imports; the submission's
folder joins `sys.path`; the student's code is loaded; GO tells init so; threads and generators are set again, whatever
loading did to them; the probe's function runs; END, and the process ends without any exit handler of the student's.
An exception becomes a PROBLEM, and then there is no END: the question hasn't finished.
"""

import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn, TextIO

from .devices import set_up_devices
from .folders import Folders
from .job import GuestJob, LoaderTask, QuestionJob
from .problem import ProblemContext, describe_problem
from .processes import adopt_orphans, die_with_parent, set_dumpable, volunteer_for_oom
from .program import list_definitions, load_program
from .protocol import Kind, pack_frame
from .seeds import reseed, set_threads
from .sources import Sources
from .stream import write_whole
from .student import MissingFunctionError, Student

__all__ = ["Emit", "run_loader", "run_question"]

Emit = Callable[[Kind, bytes], None]

PROBE_FILES = {"predict": "predict.py", "quick": "quick.py"}
RECURSION_LIMIT = 1_000


def run_loader(task: LoaderTask, inner_fd: int) -> NoReturn:
    """Go on as the loader of one question, in a fork of init."""
    leave_init()
    adopt_orphans()
    finished = run_question(
        task.job, task.question, task.folders, make_emit(inner_fd), definitions_only=task.definitions_only
    )
    os._exit(0 if finished else 1)


def leave_init() -> None:
    """What holds for a process in which a student's code runs: a session of its own, and nothing of init's ways."""
    os.setsid()
    die_with_parent()
    set_dumpable(True)
    volunteer_for_oom()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def make_emit(fd: int) -> Emit:
    """A function that writes one frame."""

    def emit(kind: Kind, payload: bytes) -> None:
        write_whole(fd, pack_frame(kind, bytes(payload)))

    return emit


def run_question(job: GuestJob, question: QuestionJob, folders: Folders, emit: Emit, *, definitions_only: bool) -> bool:
    """Run one question to its end; whether it got there. What kept it from there leaves as PROBLEM."""
    context = ProblemContext(sources=Sources(root=folders.work, files=job.files))

    def steps() -> None:
        enter(folders)
        reseed(job.seed)
        set_threads(job.threads)
        set_up_devices(job.header)
        ROLES[job.role](job, question, emit, context, definitions_only)

    finished = tell_problems(steps, emit, context)
    if finished:
        emit(Kind.END, b"")
    return finished


def tell_problems(steps: Callable[[], None], emit: Emit, context: ProblemContext) -> bool:
    """Run some steps; whether they ended in order. An exception leaves as PROBLEM."""
    try:
        steps()
    except BaseException as error:
        flush_output()
        emit(Kind.PROBLEM, describe_problem(error, context))
        return False
    flush_output()
    return True


def enter(folders: Folders) -> None:
    """The question's own working folder, temporary folder, and standard streams."""
    os.chdir(folders.work)
    temporary = str(folders.temporary)
    os.environ.update(TMPDIR=temporary, TEMP=temporary, TMP=temporary)
    tempfile.tempdir = None
    sys.dont_write_bytecode = True
    sys.setrecursionlimit(max(RECURSION_LIMIT, sys.getrecursionlimit()))
    sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stdout, sys.stderr = open_output(1), open_output(2)
    vars(sys).update(__stdin__=sys.stdin, __stdout__=sys.stdout, __stderr__=sys.stderr)


def open_output(fd: int) -> TextIO:
    """A text stream that loses at most one line when its process dies."""
    return open(fd, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)


def flush_output() -> None:
    """Push out what was printed, whatever a student made of the streams."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(BaseException):
            if stream is not None:
                stream.flush()


def run_graded(
    job: GuestJob, question: QuestionJob, emit: Emit, context: ProblemContext, definitions_only: bool
) -> None:
    """The author's probe function beside the student's code; or the answers that the student's code made."""
    if question.program is not None:
        record_answers(job, question, emit, context, definitions_only)
        return
    function = find_function(load_probe(job, context), question)
    given, recorder = make_given_and_recorder(job, question, emit)
    student = load_student(job.program, context, definitions_only=definitions_only)
    announce(emit, context)
    set_threads(job.threads)
    reseed(job.seed)
    function(student, given, recorder)
    recorder.finish()


def record_answers(
    job: GuestJob, question: QuestionJob, emit: Emit, context: ProblemContext, definitions_only: bool
) -> None:
    """The values of a program's variables, each as an answer of its own. A name that isn't there leaves none."""
    _given, recorder = make_given_and_recorder(job, question, emit)
    student = load_student(question.program, context, definitions_only=definitions_only)
    announce(emit, context)
    for name in question.variables:
        with contextlib.suppress(MissingFunctionError):
            recorder.answers(name, getattr(student, name))
    recorder.finish()


def ask(function: Callable[..., Any], job: GuestJob, question: QuestionJob, student: Student, emit: Emit) -> None:
    """Ask a question of code that was loaded before."""
    given, recorder = make_given_and_recorder(job, question, emit)
    set_threads(job.threads)
    reseed(job.seed)
    function(student, given, recorder)
    recorder.finish()


def make_given_and_recorder(job: GuestJob, question: QuestionJob, emit: Emit) -> tuple[Any, Any]:
    """What the probe's function gets beside the student."""
    from .given import make_given  # imported before the fork already (`import_for_job`)
    from .record import make_recorder

    given = make_given(dict(job.header), open_arrays(job.given), question.id, files=job.files)
    return given, make_recorder(str(job.header["framework"]), emit, make_limits(job))


def load_student(program: Mapping[str, Any] | None, context: ProblemContext, *, definitions_only: bool) -> Student:
    """Run the student's program, if there is one."""
    module = None
    if program is not None:
        context.definitions = list_definitions(program)
        module = load_program(program, context.sources, definitions_only=definitions_only)
    context.student = Student(module)
    return context.student


def announce(emit: Emit, context: ProblemContext, greeting: bytes = b"") -> None:
    """Tell init that loading is over and the question begins."""
    flush_output()
    context.where = "question"
    emit(Kind.GO, greeting)


def run_predicted(
    job: GuestJob, question: QuestionJob, emit: Emit, context: ProblemContext, definitions_only: bool
) -> None:
    """The author's predict function on the tensors that left. No student code."""
    from .given import make_given
    from .predict import run_predict

    function = find_function(load_probe(job, context), question)
    given = make_given(dict(job.header), open_arrays(job.given), question.id, files=job.files)
    announce(emit, context)
    reseed(job.seed)
    run_predict(function, given, question.id, dict(job.header), emit)


def run_quickly(
    job: GuestJob, question: QuestionJob, emit: Emit, context: ProblemContext, definitions_only: bool
) -> None:
    """The author's training, many times over. No student code."""
    from .given import make_given
    from .quick import run_quick

    function = find_function(load_probe(job, context), question)
    given = make_given(dict(job.header), open_arrays(job.given), question.id, files=job.files)
    announce(emit, context)
    set_threads(job.threads)
    reseed(job.seed)
    run_quick(function, given, question.id, dict(job.header), emit)


def run_provisioned(
    job: GuestJob, question: QuestionJob, emit: Emit, context: ProblemContext, definitions_only: bool
) -> None:
    """Digest a checkpoint, or make a stand-in. No student code, no probe."""
    from .provision import run_provision

    announce(emit, context)
    run_provision(dict(job.header), emit)


ROLES = {"grade": run_graded, "predict": run_predicted, "quick": run_quickly, "provision": run_provisioned}


def open_arrays(given: bytes) -> dict[str, Any]:
    """The given arrays by name."""
    from safetensors.numpy import load  # here: the zygote's start doesn't wait for it where nothing is given

    return dict(load(given)) if given else {}


def make_limits(job: GuestJob) -> dict[str, int]:
    """What the recorder should keep to; init enforces it."""
    return {"evidence_bytes": job.evidence_bytes, "json_bytes": 256 << 10}


def load_probe(job: GuestJob, context: ProblemContext) -> ModuleType:
    """Run the author's file. Its `SIGNATURES = {"function": "function(arguments)"}`, if any, tells of a missing one."""
    filename = PROBE_FILES.get(job.role, "probe.py")
    source = str(job.header["probe"])
    context.sources.add_probe(filename, source)
    module = ModuleType(Path(filename).stem)
    module.__file__ = filename
    sys.modules.setdefault(module.__name__, module)
    exec(compile(source, filename, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - the author's code
    context.signatures = getattr(module, "SIGNATURES", {})
    return module


def find_function(module: ModuleType, question: QuestionJob) -> Callable[..., Any]:
    """The author's function of this question.

    Raises:
        AttributeError: there is none; a fault of the assignment.
    """
    function: Callable[..., Any] = getattr(module, question.function)
    return function
