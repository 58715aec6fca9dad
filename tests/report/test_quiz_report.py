"""A quiz in a report: answers in words, and the right one only for those whom the author's rule shows it."""

import json
from decimal import Decimal
from typing import Any

import pytest

from grader.answers import NOTHING_RAN, settle_answers
from grader.checks.result import Kept
from grader.ingest import read_sheet
from grader.marking import mark_evidence
from grader.report import Audience, Report, build_report
from grader.report.info import SubmissionInfo, TimingInfo
from grader.report.terminal import draw_report
from tests.quiz.sitting import COURSE, load_asks
from tests.report.samples import STARTED, environment

KEY = (COURSE / "reference/asks/variants/written/answers.toml").read_bytes()
WRONG = b'colour = 3\nprimes = ["4"]\ntotal = 2026-01-01\ngrid = [4, 3]\npairs = { cat = "moos", dog = "barks" }\n'


def report(answers: bytes, *, audience: Audience = Audience.STUDENT, after_deadline: bool = False) -> Report:
    """The report of an `answers.toml`, of which nothing ran."""
    assignment = load_asks()
    evidence, key = (
        settle_answers(assignment, read_sheet(content), NOTHING_RAN, programs=False) for content in (answers, KEY)
    )
    marks = mark_evidence(assignment, evidence, key, kept=Kept(), authors={})
    return build_report(
        assignment,
        marks.score,
        submission=SubmissionInfo(source="answers.toml", submitted_at=None, programs=("answers.toml",)),
        environment=environment(),
        timing=TimingInfo(started_at=STARTED, graded_at=STARTED, wall_seconds=0.0),
        results=marks.results,
        evidence=evidence,
        audience=audience,
        after_deadline=after_deadline,
    )


def checks(made: Report) -> dict[str, Any]:
    """The check of each question."""
    return {question.id: question.checks[0] for question in made.questions if question.checks}


def test_right_answers() -> None:
    """Earn everything; what is for after the deadline is named and withheld."""
    made = report(KEY)

    assert made.score.points == 4
    assert made.score.withheld_points == 2
    assert report(KEY, after_deadline=True).score.points == 6


def test_answers_in_words() -> None:
    """An option by its text, never by its number alone; what can't be read by its line."""
    made = checks(report(WRONG))

    assert made["colour"].message == '"Red" isn\'t the right answer'
    assert made["primes"].message == "0 of 2 right"
    assert made["total"].message == '"date" couldn\'t be read as an answer (line 3); expected a number, such as 42'
    assert made["grid"].message == "[4, 3] isn't the right answer"


def test_the_key_stays_hidden_before_the_deadline() -> None:
    """But for the question whose author shows it at once."""
    made = report(WRONG)
    written = json.dumps(made.model_dump(mode="json"))

    assert checks(made)["colour"].expected is None
    assert checks(made)["total"].expected == 5050
    assert "50 pairs of 101" in str(checks(made)["total"].help)
    for secret in ("Blue", "scattered", '"7"', "[3, 4]", "meows"):
        assert secret not in written


def test_the_key_is_shown_after_the_deadline() -> None:
    """With the way to it, where the author doesn't keep it for ever."""
    made = checks(report(WRONG, after_deadline=True))

    assert (made["colour"].expected, made["colour"].help) == ("Blue", "Right: Blue. Blue light is scattered most.")
    assert made["grid"].expected == [3, 4]
    assert made["pairs"].expected == {"cat": "meows", "dog": "barks"}
    assert made["primes"].expected is None
    assert "7" not in str(made["primes"].help)


def test_an_instructor_sees_the_key() -> None:
    """Always."""
    made = checks(report(WRONG, audience=Audience.INSTRUCTOR))

    assert made["primes"].expected == ["2", "7"]
    assert made["pairs"].message == "1 of 2 right"


def test_right_pairs_earn_their_part() -> None:
    """Where the author says so."""
    made = report(WRONG, audience=Audience.INSTRUCTOR)

    assert next(question.points for question in made.questions if question.id == "pairs") == Decimal(1)


@pytest.mark.parametrize(
    ("answers", "shown"),
    [
        (b"", "not answered"),
        (b'colour = "Violet"\n', "none of the options (line 1)"),
        (b"colour = blue\n", 'write colour = "blue"'),
    ],
)
@pytest.mark.parametrize("plain", [True, False])
def test_the_screen(answers: bytes, shown: str, plain: bool) -> None:
    """What is wrong with the file, and with an answer, is said there."""
    assert shown in " ".join(draw_report(report(answers), width=100, plain=plain).split())
