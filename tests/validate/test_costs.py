"""What a run took of its limits."""

from grader.evidence.model import Exit, QuestionEvidence
from grader.limits import Limits
from grader.sandbox.request import RunResult
from grader.spec.model import Assignment, Question
from grader.validate.costs import list_costs, tell_cost
from tests.validate.courses import Course


def make_assignment(course: Course) -> tuple[Assignment, Question]:
    """The course's assignment, and its first question."""
    assignment = course.load()
    return assignment, assignment.questions[0]


def test_shares(course: Course) -> None:
    """Wall, loading, processor time, memory, and the predict run, each of its own limit."""
    assignment, question = make_assignment(course)
    run = RunResult(exit=Exit.FINISHED, frames=(), cpu_seconds=8.0, peak_memory_bytes=128 * 1024 * 1024)
    predict = RunResult(exit=Exit.FINISHED, frames=(), wall_seconds=5.0)
    evidence = QuestionEvidence(id="double", exit=Exit.FINISHED, seconds=10.0, load_seconds=2.0)
    costs = list(list_costs(assignment, question, evidence, {"student": run, "predict-double-x": predict}))

    assert {cost.what: round(cost.share, 3) for cost in costs} == {
        "memory": 0.25,
        "wall": 0.5,
        "loading": 0.1,
        "processor": 0.1,  # of two processors for 40 seconds
        "predicting": 0.25,
    }


def test_the_number_is_told(course: Course) -> None:
    """What was taken, of what, and which key to raise."""
    assignment, question = make_assignment(course)
    run = RunResult(exit=Exit.FINISHED, frames=(), peak_memory_bytes=400 * 1024 * 1024)
    finding = tell_cost(next(iter(list_costs(assignment, question, None, {"student": run}))))

    assert "78%" in finding.what
    assert "400 MiB of 512 MiB" in finding.what
    assert "memory_bytes" in finding.remedy


def test_what_isnt_counted_is_left_out(course: Course) -> None:
    """A sandbox that counts neither memory nor processor time gives no share of them."""
    assignment, question = make_assignment(course)
    evidence = QuestionEvidence(id="double", exit=Exit.FINISHED, seconds=1.0)
    costs = list(list_costs(assignment, question, evidence, {"student": RunResult(exit=Exit.FINISHED, frames=())}))

    assert {cost.what for cost in costs} == {"wall", "loading"}
    assert assignment.limits != Limits()
