"""Reports made by hand, from the values that the pipeline would bring."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

from grader.checks.result import CheckNote, CheckResult, Verdict
from grader.evidence.model import Evidence, Exit, Problem, QuestionEvidence, SourceFrame
from grader.report import (
    Audience,
    EnvironmentInfo,
    FaultInfo,
    FileInfo,
    Report,
    StudentInfo,
    SubmissionInfo,
    TimingInfo,
    Whose,
    build_report,
)
from grader.score import Score, score_question, score_submission
from grader.spec.model import Assignment, CheckSpec, Question, Standing, Visibility

DIGEST = "sha256:" + "ab" * 32
ZONE = timezone(timedelta(hours=1))
STARTED = datetime(2026, 11, 21, 9, 13, 49, 120311, ZONE)


def check(use: str, of: str = "x", **fields: Any) -> CheckSpec:
    """A check of the standing that its use has."""
    standing = Standing.FACT if use in ("close", "cases", "proportional", "learned") else Standing.CLAIM
    return CheckSpec(**{"id": use, "use": use, "of": of, "standing": standing, **fields})


def question(id: str, title: str, points: str, *checks: CheckSpec, **fields: Any) -> Question:
    """A question."""
    return Question(id=id, title=title, points=Decimal(points), checks=checks, **fields)


HW1 = Assignment(
    slug="hw1",
    title="Transfer learning with ResNet-18",
    folder=Path("assignments/hw1"),
    reference=None,
    digest=DIGEST,
    framework="torch",
    files=("hw1.py",),
    draws=8,
    questions=(
        question("load", "Load a pre-trained backbone", "2", check("same_shape"), check("pretrained"), check("close")),
        question(
            "head",
            "Replace the final layer",
            "3",
            check("close", points=Decimal(1)),
            check("close", id="any_classes", points=Decimal(1), hint="num_classes isn't always 10."),
            check("parameters", points=Decimal(1), needs=("close",)),
            hint="Freeze first, then replace: a new layer is trainable by default.",
        ),
        question("count", "Count trainable parameters", "2", check("cases")),
        question(
            "optimizer",
            "Two learning rates",
            "2",
            check("proportional", hint="Compare model.fc with model.layer4."),
        ),
        question(
            "fine_tune",
            "Fine-tune until it converges",
            "4",
            check("moved"),
            check("fresh_gradients", points=Decimal(1), needs=("learned",)),
            check("learned", points=Decimal(3)),
            check("curve"),
        ),
        question("diagnose", "Diagnose a training history", "2", check("cases")),
    ),
)

PASSED = CheckResult(verdict=Verdict.PASSED)
LEARNED = CheckResult(
    verdict=Verdict.PASSED,
    facts={"accuracy": 0.84, "needed": 0.5, "start_accuracy": 0.1, "loss": 0.6, "start_loss": 2.5, "images": 200},
)
MOVED = CheckResult(
    verdict=Verdict.PASSED,
    notes=(CheckNote("buffers_moved", {"names": ["bn1.running_mean"], "count": 40, "batch_norm": True}),),
)
Results = Mapping[str, Mapping[str, CheckResult]]


def failed(code: str, expected: Any = None, actual: Any = None, **facts: Any) -> CheckResult:
    """A failed check."""
    return CheckResult(verdict=Verdict.FAILED, code=code, expected=expected, actual=actual, facts=facts)


def all_passed(assignment: Assignment = HW1) -> dict[str, dict[str, CheckResult]]:
    """Every check passed, with the facts that the real ones bring."""
    special = {"learned": LEARNED, "moved": MOVED}
    return {q.id: {c.id: special.get(c.id, PASSED) for c in q.checks} for q in assignment.questions}


def finished(id: str, **fields: Any) -> QuestionEvidence:
    """A question that ran to its end."""
    return QuestionEvidence(**{"id": id, "exit": Exit.FINISHED, "seconds": 1.25, **fields})


def stopped(id: str, problem: Problem, exit: Exit = Exit.FINISHED) -> QuestionEvidence:
    """A question that didn't: `exit` as the run says."""
    return QuestionEvidence(id=id, exit=exit, problem=problem, seconds=0.5)


def not_finished(assignment: Assignment, *ids: str) -> dict[str, dict[str, CheckResult]]:
    """All checks of these questions, failed because their question didn't finish."""
    result = failed("not_finished", exit="crashed", problem="exception")
    return {q.id: dict.fromkeys([c.id for c in q.checks], result) for q in assignment.questions if q.id in ids}


def evidence_of(assignment: Assignment, *questions: QuestionEvidence) -> Evidence:
    """Evidence in which the questions not named just finished."""
    named = {left.id: left for left in questions}
    return Evidence(
        questions={q.id: named.get(q.id, finished(q.id)) for q in assignment.questions},
        exit=Exit.FINISHED,
        python="3.12.8",
        packages={"torch": "2.13.0", "torchvision": "0.28.0"},
    )


def score_of(assignment: Assignment, evidence: Evidence | None, results: Results) -> Score:
    """The score that follows."""
    left = {} if evidence is None else evidence.questions
    scores = (score_question(q, left.get(q.id), results.get(q.id, {})) for q in assignment.questions)
    return score_submission(assignment, tuple(scores))


def submission(source: str = "hw1/hw1.py", **fields: Any) -> SubmissionInfo:
    """What was handed in."""
    program = source.rsplit("/", 1)[-1]
    return SubmissionInfo(
        **{
            "source": source,
            "submitted_at": STARTED - timedelta(hours=1),
            "digest": DIGEST,
            "files": (FileInfo(path=program, bytes=2913, sha256=DIGEST),),
            "programs": (program,),
            **fields,
        }
    )


def environment(**fields: Any) -> EnvironmentInfo:
    """In what it ran."""
    known = {"torchvision/resnet18/IMAGENET1K_V1": "real"}
    return EnvironmentInfo(
        **{
            "grader": "0.1.0",
            "sandbox": "bubblewrap",
            "is_sandbox": True,
            "seed": 731,
            "weights": known,
            **fields,
        }
    )


def report_of(
    results: Results,
    *questions: QuestionEvidence,
    assignment: Assignment = HW1,
    source: str = "hw1/hw1.py",
    audience: Audience = Audience.STUDENT,
    seconds: float = 8.9,
    **fields: Any,
) -> Report:
    """The report on some results."""
    evidence = evidence_of(assignment, *questions)
    return build_report(
        assignment,
        score_of(assignment, evidence, results),
        results=results,
        evidence=evidence,
        submission=fields.pop("submission", submission(source)),
        student=StudentInfo(id="s1042"),
        environment=fields.pop("environment", environment()),
        timing=TimingInfo(started_at=STARTED, graded_at=STARTED + timedelta(seconds=seconds), wall_seconds=seconds),
        audience=audience,
        draw=3,
        **fields,
    )


def good_report(**fields: Any) -> Report:
    """Everything right, in a notebook."""
    return report_of(all_passed(), source="hw1/hw1.ipynb", **fields)


NAME_ERROR = Problem(
    code="exception",
    type="NameError",
    message="name 'image' is not defined",
    help="Did you mean: 'images'?",
    frames=(
        SourceFrame(
            file="hw1.py",
            line=48,
            function="fine_tune",
            code=(
                (47, "    for images, labels in loader:"),
                (48, "        loss = loss_fn(model(image), labels)"),
            ),
            caret=(30, 35),
        ),
    ),
)
MISSING = Problem(code="missing_function", function="diagnose", signature="diagnose(history)")
MISSPELT = Problem(
    code="missing_function",
    function="build_classifier",
    signature="build_classifier",
    near=(("build_clasifier", 22),),
)
SYNTAX = Problem(
    code="syntax",
    where="load",
    type="SyntaxError",
    message="expected ':'",
    frames=(
        SourceFrame(
            file="hw1.ipynb",
            line=3,
            cell=7,
            cells=12,
            cell_begins="# Question 4",
            code=((3, "def make_optimizer(model, base_lr, head_lr)"),),
            caret=(43, 44),
        ),
    ),
)


def flawed_report(**fields: Any) -> Report:
    """Three kinds of faults."""
    results = all_passed() | not_finished(HW1, "fine_tune", "diagnose")
    results["head"]["parameters"] = failed(
        "parameters_differ", 5130, 11181642, count="trainable", everything=True, nothing=False
    )
    results["optimizer"]["proportional"] = failed("ratio_differs", 31.4, 1.0, part="fc", against="layer4")
    return report_of(results, stopped("fine_tune", NAME_ERROR), stopped("diagnose", MISSING), seconds=6.2, **fields)


def syntax_report() -> Report:
    """A file that no question could be run from."""
    ids = [q.id for q in HW1.questions]
    return report_of(not_finished(HW1, *ids), *(stopped(id, SYNTAX) for id in ids), source="hw1/hw1.ipynb", seconds=0.4)


def misspelt_report() -> Report:
    """A function whose name has a typo."""
    return report_of(all_passed() | not_finished(HW1, "head"), stopped("head", MISSPELT))


def unfinished_report(fault: FaultInfo, **fields: Any) -> Report:
    """Nothing ran."""
    return build_report(
        HW1,
        score_of(HW1, None, {}),
        submission=submission(**fields),
        environment=environment(),
        timing=TimingInfo(started_at=STARTED, graded_at=STARTED, wall_seconds=0.2),
        fault=fault,
    )


OUR_FAULT = FaultInfo(
    whose=Whose.OURS,
    code="sandbox",
    message="the sandbox didn't start, twice",
    details=("bwrap: setting up uid map: Permission denied",),
    command="grade doctor",
)

HIDDEN = replace(
    HW1,
    questions=(
        *HW1.questions[:2],
        replace(HW1.questions[2], visibility=Visibility.AFTER_DEADLINE),
        replace(HW1.questions[3], visibility=Visibility.HIDDEN, id="secret_question", title="A secret title"),
        *HW1.questions[4:5],
        question(
            "diagnose",
            "Diagnose",
            "2",
            check("cases"),
            check("curve", id="secret_check", hint="secret hint", visibility=Visibility.HIDDEN),
        ),
    ),
)
