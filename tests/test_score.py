"""Points from check results: exact, all or nothing, gates, extra questions, and what is nobody's zero."""

from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from grader.checks.result import CheckResult, Verdict
from grader.evidence.model import Exit, Problem, QuestionEvidence
from grader.score import QuestionStatus, score_question, score_submission
from grader.spec.model import Assignment, CheckSpec, Question, Standing

PASSED = CheckResult(verdict=Verdict.PASSED)
FAILED = CheckResult(verdict=Verdict.FAILED, code="values_differ")
FINISHED = QuestionEvidence(id="q", exit=Exit.FINISHED)


def check(name: str, points: str | None = None) -> CheckSpec:
    worth = None if points is None else Decimal(points)
    return CheckSpec(id=name, use="close", of="x", standing=Standing.FACT, points=worth)


def question(*checks: CheckSpec, points: str = "3", extra: bool = False) -> Question:
    return Question(id="q", title="Q", points=Decimal(points), checks=checks, extra=extra)


def test_all_or_nothing_without_points_on_checks() -> None:
    """A question whose checks carry no points is worth all of its points or none."""
    asked = question(check("a"), check("b"))

    assert score_question(asked, FINISHED, {"a": PASSED, "b": PASSED}).points == 3
    failed = score_question(asked, FINISHED, {"a": PASSED, "b": FAILED})
    assert (failed.points, failed.status) == (Decimal(0), QuestionStatus.FAILED)


def test_checks_points_add_up_and_a_gate_takes_them_all() -> None:
    """Checks with points earn their own; one without points among them is a gate."""
    asked = question(check("a", "1"), check("b", "2"), check("gate"))

    partial = score_question(asked, FINISHED, {"a": PASSED, "b": FAILED, "gate": PASSED})
    assert (partial.points, partial.status) == (Decimal(1), QuestionStatus.PARTIAL)
    shut = score_question(asked, FINISHED, {"a": PASSED, "b": PASSED, "gate": FAILED})
    assert (shut.points, shut.status) == (Decimal(0), QuestionStatus.FAILED)
    assert set(shut.checks.values()) == {Decimal(0)}


def test_a_share_earns_its_part_exactly() -> None:
    """A proportional check earns its share of the points, to the hundredth, and the question is then partial."""
    asked = question(check("a", "3"))
    two_thirds = CheckResult(verdict=Verdict.FAILED, share=Decimal(2) / 3)

    scored = score_question(asked, FINISHED, {"a": two_thirds})
    assert (scored.points, scored.status) == (Decimal("2.00"), QuestionStatus.PARTIAL)


def test_a_missing_function_is_not_attempted() -> None:
    """What was never written is told apart from what is wrong."""
    missing = QuestionEvidence(id="q", exit=Exit.CRASHED, problem=Problem(code="missing_function"))

    assert score_question(question(check("a")), missing, {"a": FAILED}).status is QuestionStatus.NOT_ATTEMPTED


def test_our_fault_and_a_check_in_error_are_never_a_zero() -> None:
    """Without evidence through our fault, and where a check raised, no points follow; so the sum has none."""
    asked = question(check("a"))
    ours = score_question(asked, None, {})
    error = score_question(asked, FINISHED, {"a": CheckResult(verdict=Verdict.ERROR, code="check_error")})
    assignment = Assignment(slug="x", title="X", folder=Path(), reference=None, digest="sha256:0", questions=(asked,))

    assert (ours.points, ours.status) == (None, QuestionStatus.NOT_GRADED)
    assert (error.points, error.status) == (None, QuestionStatus.NEEDS_REVIEW)
    assert score_submission(assignment, (error,)).points is None
    assert not score_submission(assignment, (error,)).complete


@given(st.lists(st.decimals(min_value="0.01", max_value="10", places=2), min_size=1, max_size=20))
def test_sums_are_exact(points: list[Decimal]) -> None:
    """However the points are cut, all of them earned make exactly their sum: no 4.000000001."""
    checks = [check(f"c{number}", str(worth)) for number, worth in enumerate(points)]
    asked = question(*checks, points=str(sum(points)))

    scored = score_question(asked, FINISHED, {c.id: PASSED for c in checks})
    assert scored.points == sum(points)
    assert scored.status is QuestionStatus.PASSED


def test_extra_questions_add_points_but_not_to_the_maximum() -> None:
    """Extra points count in the sum and not in what can be earned."""
    normal = question(check("a"))
    extra = Question(id="e", title="E", points=Decimal(1), checks=(check("a"),), extra=True)
    assignment = Assignment(
        slug="x", title="X", folder=Path(), reference=None, digest="sha256:0", questions=(normal, extra)
    )

    scored = [score_question(q, FINISHED, {"a": PASSED}) for q in (normal, extra)]
    total = score_submission(assignment, tuple(scored))
    assert (total.points, total.max_points, total.extra_points) == (Decimal(4), Decimal(3), Decimal(1))


def test_advice_costs_nothing() -> None:
    """A failed piece of advice takes no points and leaves the question passed."""
    advice = CheckSpec(id="style", use="source", of=None, standing=Standing.ADVICE)
    asked = question(check("a"), advice)

    scored = score_question(asked, FINISHED, {"a": PASSED, "style": FAILED})
    assert (scored.points, scored.status) == (Decimal(3), QuestionStatus.PASSED)
