from dataclasses import replace
from decimal import Decimal

import pytest

from grader.checks.result import CheckResult, Verdict
from grader.report import Audience, ReportStatus, write_report
from grader.report.model import CheckVerdict, QuestionState
from grader.spec.model import Assignment, Visibility
from tests.report.samples import (
    HIDDEN,
    HW1,
    NAME_ERROR,
    OUR_FAULT,
    PASSED,
    all_passed,
    check,
    environment,
    failed,
    flawed_report,
    good_report,
    not_finished,
    question,
    report_of,
    stopped,
    unfinished_report,
)


def gated(*, hidden_points: str | None, visibility: Visibility = Visibility.HIDDEN) -> Assignment:
    """A question with a shown check worth a point and a hidden one: worth points, or a gate."""
    points = None if hidden_points is None else Decimal(hidden_points)
    checks = (check("close", points=Decimal(1)), check("cases", id="unseen", points=points, visibility=visibility))
    total = str(1 + (points or 0))
    return replace(HW1, questions=(question("only", "Only", total, *checks),))


def results(**verdicts: bool) -> dict[str, dict[str, CheckResult]]:
    """Results of the one question."""
    return {"only": {name: PASSED if passed else failed("cases_differ") for name, passed in verdicts.items()}}


def test_nothing_hidden_reaches_a_student() -> None:
    """No name, title, hint, message or value of a hidden question or check is in the student's JSON."""
    results = all_passed(HIDDEN)
    results["secret_question"]["proportional"] = failed("ratio_differs", 31.4159, 1.0, part="fc", against="SECRETPART")
    results["diagnose"]["secret_check"] = failed("out_of_range", "SECRETEXPECTED", "SECRETACTUAL", position=1)
    results["count"]["cases"] = failed("cases_differ", None, "LATERACTUAL", right=1, of=24, needed=24)
    text = write_report(report_of(results, assignment=HIDDEN))

    assert "secret" not in text.lower()
    assert "31.4159" not in text
    assert "LATERACTUAL" not in text
    assert "later" not in text.lower()


def test_an_instructor_sees_everything() -> None:
    """The instructor's report has the hidden question and check, and the whole score."""
    report = report_of(all_passed(HIDDEN), assignment=HIDDEN, audience=Audience.INSTRUCTOR)

    assert [part.id for part in report.questions][3] == "secret_question"
    assert report.score.points == report.score.max_points == 15
    assert report.score.withheld_points == 0


def test_totals_say_what_is_withheld() -> None:
    """Points count what is shown; the rest of the assignment's points is named, so that no part passes for all."""
    report = report_of(all_passed(HIDDEN), assignment=HIDDEN)

    assert (report.score.points, report.score.max_points, report.score.withheld_points) == tuple(
        map(Decimal, (9, 9, 6))
    )


def test_after_the_deadline_it_is_shown() -> None:
    """What waits for the deadline appears with it; what is hidden doesn't."""
    report = report_of(all_passed(HIDDEN), assignment=HIDDEN, after_deadline=True)

    assert [part.id for part in report.questions] == ["load", "head", "count", "fine_tune", "diagnose"]
    assert report.questions[2].status is QuestionState.PASSED
    assert report.score.points == 11


@pytest.mark.parametrize("unseen", [True, False])
def test_a_hidden_gate_never_shows_in_the_points(unseen: bool) -> None:
    """Whether a hidden check passed can't be read off: the report is the same."""
    assignment = gated(hidden_points=None)
    seen = [
        report_of(results(close=True, unseen=verdict), assignment=assignment).model_dump() for verdict in (True, unseen)
    ]

    assert seen[0] == seen[1]
    assert seen[0]["questions"][0]["points"] is None
    assert seen[0]["questions"][0]["status"] is QuestionState.WITHHELD


@pytest.mark.parametrize("unseen", [True, False])
def test_hidden_points_are_left_out(unseen: bool) -> None:
    """A hidden check's own points are in neither sum, and a shown check's are."""
    report = report_of(results(close=True, unseen=unseen), assignment=gated(hidden_points="2"))

    assert (report.questions[0].points, report.questions[0].max_points) == (Decimal(1), Decimal(1))
    assert report.score.withheld_points == 2


def test_a_failed_shown_check_decides_alone() -> None:
    """Nothing is withheld where the shown checks already took every point."""
    report = report_of(results(close=False, unseen=True), assignment=gated(hidden_points=None))

    assert report.questions[0].points == 0
    assert report.questions[0].status is QuestionState.FAILED


def test_a_check_for_later_is_named_and_withheld() -> None:
    """A check for after the deadline has its name and no answer."""
    assignment = gated(hidden_points="2", visibility=Visibility.AFTER_DEADLINE)
    later = report_of(results(close=True, unseen=False), assignment=assignment).questions[0].checks[1]

    assert (later.id, later.verdict, later.code) == ("unseen", CheckVerdict.WITHHELD, "withheld")
    assert (later.points, later.expected, later.actual, later.hint) == (None, None, None, None)


def test_our_fault_has_no_points() -> None:
    """Not graded: null, never zero, in the sum and in each question."""
    report = unfinished_report(OUR_FAULT)

    assert report.status is ReportStatus.NOT_GRADED
    assert not report.complete
    assert report.score.points is None
    assert report.score.final_points is None
    assert {part.points for part in report.questions} == {None}


def test_a_check_in_error_needs_a_person() -> None:
    """A check that couldn't decide leaves the submission without points until somebody looks."""
    results = all_passed()
    results["count"]["cases"] = CheckResult(verdict=Verdict.ERROR, code="check_error", facts={"check": "cases"})
    report = report_of(results)

    assert report.status is ReportStatus.NEEDS_REVIEW
    assert report.score.points is None
    assert report.questions[2].status is QuestionState.NEEDS_REVIEW


def test_first_is_what_wins_most() -> None:
    """The question with the most points to win comes first; the earlier of two that win as much."""
    report = flawed_report()

    assert report.first is not None
    assert (report.first.question, report.first.points) == ("fine_tune", Decimal(4))
    assert good_report().first is None


def test_first_counts_the_questions_that_wait() -> None:
    """A question that others need is worth their points too."""
    questions = (
        question("root", "Root", "1", check("close")),
        question("big", "Big", "2", check("close")),
        question("leaf", "Leaf", "3", check("close"), needs=("root",)),
    )
    skipped = CheckResult(verdict=Verdict.SKIPPED, code="needs_question", facts={"needs": ["root"]})
    results = {
        "root": {"close": failed("values_differ")},
        "big": {"close": failed("values_differ")},
        "leaf": {"close": skipped},
    }
    report = report_of(results, assignment=replace(HW1, questions=questions))

    assert report.first is not None
    assert (report.first.question, report.first.points) == ("root", Decimal(4))
    assert report.questions[2].status is QuestionState.SKIPPED


def test_a_hidden_question_that_another_needs_is_not_named() -> None:
    """A student whose question waits for a hidden one isn't told which; the instructor is."""
    questions = (
        replace(question("secretroot", "Root", "1", check("close")), visibility=Visibility.HIDDEN),
        question("leaf", "Leaf", "3", check("close"), needs=("secretroot",)),
    )
    skipped = CheckResult(verdict=Verdict.SKIPPED, code="needs_question", facts={"needs": ["secretroot"]})
    results = {"secretroot": {"close": failed("values_differ")}, "leaf": {"close": skipped}}
    hidden_root = replace(HW1, questions=questions)
    students = report_of(results, assignment=hidden_root)
    instructors = report_of(results, assignment=hidden_root, audience=Audience.INSTRUCTOR)

    assert "secretroot" not in students.model_dump_json()
    assert "another question" in students.questions[0].checks[0].message
    assert "secretroot" in instructors.questions[1].checks[0].message


def test_standins_are_named() -> None:
    """Evidence made with stand-in weights says so in the environment and in a note."""
    weights = {"torchvision/resnet18/IMAGENET1K_V1": "standin"}
    report = good_report(environment=environment(weights=weights))

    assert report.environment.weights == weights
    assert report.notes[0].code == "standin_weights"


def test_a_problem_is_bounded() -> None:
    """A traceback of 50 MB becomes a report of a few kilobytes."""
    frames = NAME_ERROR.frames * 5000
    problem = replace(NAME_ERROR, message="x" * 50_000_000, type="E" * 10_000, frames=frames)
    report = report_of(all_passed() | not_finished(HW1, "count"), stopped("count", problem))

    assert len(write_report(report)) < 60_000


def test_values_that_json_lacks_are_named() -> None:
    """NaN, lone surrogates and deep values from a student's program still make strict JSON."""
    deep: object = 1
    for _ in range(100):
        deep = [deep]
    results = all_passed()
    results["count"]["cases"] = failed(
        "answer_differs", float("nan"), {"a": float("inf"), "\ud800": deep}, reason="value"
    )
    report = report_of(results)

    assert report.questions[2].checks[0].expected == "nan"
    assert "\\ud800" not in write_report(report)


def test_the_score_of_an_instructor_is_the_score() -> None:
    """Whatever the audience, nothing is made of points beyond the marks."""
    report = flawed_report(audience=Audience.INSTRUCTOR)

    assert report.score.points == sum((part.points or 0) for part in report.questions) == 6
