"""Collect the evidence of one submission: its run, then the predict runs on what it left.

The guests of the predict runs are started at the same time as the submission's, so that importing a framework costs
its time once; their job, which holds the hidden inputs, is sent only when the submission's run has been destroyed.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.answers import NOTHING_RAN, settle_answers
from grader.draws import Data, Draw
from grader.errors import SandboxError
from grader.evidence import read_evidence
from grader.evidence.model import Evidence, Exit
from grader.guest.protocol import Frame, Kind
from grader.ingest.submission import Submission
from grader.jobs import Prediction, list_predictions, plan_job, plan_launch, plan_prediction
from grader.sandbox.request import Interpreter, Job, PreparedRun, RunResult, Sandbox
from grader.spec.model import Assignment
from grader.weights.vault import Vault

__all__ = ["Collected", "Progress", "Watch", "Workshop", "collect_evidence", "join_evidence", "run_again", "settle"]


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What grading needs of the world. `home` holds caches and runs; `secret` names the draws."""

    sandbox: Sandbox
    find_interpreter: Callable[[str], Interpreter]
    vault: Vault
    home: Path
    secret: bytes = field(repr=False)


@dataclass(frozen=True)
class Progress:
    """What is being done: "reference", "starting", "running", "predicting" or "checking"; the question that ended."""

    stage: str
    question: str | None = None
    done: int = 0
    total: int = 0


Watch = Callable[[Progress], None]
# Init ended without its last frame, and no limit says why: the machine's doing as a rule, so the run is made once more.
# Not more often, and what the second one leaves counts: without a sandbox a student's program can do that too.
BROKEN_OFF = (Exit.CRASHED, Exit.SIGNALLED)
AT_A_LIMIT = (Exit.WALL_LIMIT, Exit.LOAD_LIMIT, Exit.MEMORY_LIMIT, Exit.CPU_LIMIT, Exit.PROCESS_LIMIT)


@dataclass(frozen=True, kw_only=True)
class Collected:
    """A submission's runs, by name ("student", "predict-fine_tune-epochs"), and the evidence that they left.

    `questions` are the run's, in the order of its job; the evidence is of the assignment's, a quiz's among them.
    """

    results: Mapping[str, RunResult]
    evidence: Evidence
    questions: tuple[str, ...] = ()


def collect_evidence(
    assignment: Assignment,
    submission: Submission,
    *,
    draw: Draw,
    data: Data,
    workshop: Workshop,
    report: Watch = lambda progress: None,
) -> Collected:
    """Run a submission in a fresh sandbox, and what it left in another; a sandbox that fails is tried once more.

    What has no code, a quiz answered in an `answers.toml`, runs nowhere.

    Raises:
        SandboxError: it failed twice: no score follows.
        ProvisionError: weights or an environment are missing.
    """
    job = plan_job(assignment, submission, draw=draw, data=data, vault=workshop.vault)
    questions = [question["id"] for question in job.header["questions"]]
    if not questions:
        return Collected(results={}, evidence=settle(assignment, submission, NOTHING_RAN))
    launch = plan_launch(assignment, interpreter=workshop.find_interpreter(assignment.framework), vault=workshop.vault)
    predictions = [prediction for prediction in list_predictions(assignment) if prediction.question in questions]
    report(Progress("starting", total=len(questions)))
    with ExitStack() as stack:

        def start() -> PreparedRun:
            return stack.enter_context(workshop.sandbox.prepare(launch))

        guests = [start() for _ in range(1 + len(predictions))]
        watch = count_ended(report, questions)
        results = {"student": run_again(guests[0], job, start, on_frame=watch)}
        guests[0].close()
        if results["student"].exit in BROKEN_OFF:
            results["student"] = run_again(start(), job, start, on_frame=watch)
        evidence = read_evidence_of(results["student"], questions)
        for guest, prediction in zip(guests[1:], predictions, strict=True):
            planned = plan_prediction(
                assignment,
                prediction,
                evidence=evidence.questions[prediction.question],
                draw=draw,
                data=data,
                vault=workshop.vault,
            )
            if planned is not None:
                report(Progress("predicting", prediction.question))
                results[name_prediction(prediction)] = run_again(
                    guest, planned, start, accept=refuse_broken_prediction, accept_again=accept_limited_prediction
                )
    settled = settle(assignment, submission, add_predictions(assignment, evidence, results))
    return Collected(results=results, evidence=settled, questions=tuple(questions))


def settle(assignment: Assignment, submission: Submission, evidence: Evidence) -> Evidence:
    """The evidence with the submission's answers."""
    return settle_answers(assignment, submission.sheet, evidence, programs=bool(submission.programs))


def run_again(
    guest: PreparedRun,
    job: Job,
    start: Callable[[], PreparedRun],
    *,
    on_frame: Callable[[Frame], None] | None = None,
    accept: Callable[[RunResult], RunResult] = lambda result: result,
    accept_again: Callable[[RunResult], RunResult] = lambda result: result,
) -> RunResult:
    """Run a job; where the sandbox failed by itself or the result isn't accepted, once more in a fresh one.

    `accept` returns the result, or raises SandboxError; `accept_again` the same for the second run.
    """
    try:
        return accept(guest.run(job, on_frame=on_frame))
    except SandboxError:
        guest.close()
        return accept_again(start().run(job, on_frame=on_frame))


def refuse_broken_prediction(result: RunResult) -> RunResult:
    """A predict run runs no student code, so one that ends early is our fault, unless it says what it can't use.

    Raises:
        SandboxError: it ended without its last frame, or was ended.
    """
    evidence = read_evidence_of(result, ["prediction"])
    question = evidence.questions["prediction"]
    told = question.problem is not None and question.problem.code in ("exception", "probe")
    if question.finished or (told and evidence.complete):
        return result
    raise SandboxError(
        f"the run that predicts from the trained weights ended as {question.exit.value!r}",
        details=tuple(result.guest_stderr.splitlines()[-5:]),
    )


def accept_limited_prediction(result: RunResult) -> RunResult:
    """The second try: a limit that is met twice costs that question a person's look, not the submission its report.

    Raises:
        SandboxError: it ended without its last frame, or was ended, and at no limit.
    """
    exit = read_evidence_of(result, ["prediction"]).questions["prediction"].exit
    return result if exit in AT_A_LIMIT else refuse_broken_prediction(result)


def count_ended(report: Watch, questions: Sequence[str]) -> Callable[[Frame], None]:
    """A watcher of frames that reports each question that ended."""
    done: set[int] = set()  # numbers, for a run that is tried again tells some of them twice

    def watch(frame: Frame) -> None:
        if frame.kind is Kind.ENDED and frame.question < len(questions):
            done.add(frame.question)
            report(Progress("running", questions[frame.question], len(done), len(questions)))

    return watch


def name_prediction(prediction: Prediction) -> str:
    """The name under which a predict run is stored."""
    return f"predict-{prediction.question}-{prediction.record}"


def read_evidence_of(result: RunResult, questions: Sequence[str]) -> Evidence:
    """The evidence of one run."""
    return read_evidence(result.frames, questions=questions, exit=result.exit, fault=result.frames_fault)


def join_evidence(assignment: Assignment, results: Mapping[str, RunResult], questions: Sequence[str]) -> Evidence:
    """The evidence of a submission's runs, without answers that needed none (`settle_answers`)."""
    return add_predictions(assignment, read_evidence_of(results["student"], questions), results)


def add_predictions(assignment: Assignment, evidence: Evidence, results: Mapping[str, RunResult]) -> Evidence:
    """The evidence with the arrays of the predict runs beside the questions they belong to."""
    joined = dict(evidence.questions)
    for prediction in list_predictions(assignment):
        result = results.get(name_prediction(prediction))
        if result is None:
            continue
        predicted = read_evidence_of(result, [prediction.question]).questions[prediction.question]
        arrays = {f"{prediction.record}.{name}": array for name, array in predicted.arrays.items()}
        before = joined[prediction.question]
        limited = {prediction.record: predicted.exit} if predicted.exit in AT_A_LIMIT else {}
        joined[prediction.question] = replace(
            before, predictions={**before.predictions, **arrays}, unpredicted={**before.unpredicted, **limited}
        )
    return replace(evidence, questions=joined)
