"""The check of an explanation, from a record to points and a report."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from grader.batch.draw_book import DrawBook
from grader.batch.keys import Keys
from grader.checks.explanations import explanation
from grader.checks.result import CheckResult, Kept
from grader.collect import Workshop
from grader.draws import Data, Pick, name_draw
from grader.evidence.model import Evidence, Exit
from grader.jobs import common_header, describe_question, keep_data
from grader.marking import mark_evidence
from grader.report.model import Audience
from grader.report.terminal import draw_report
from grader.report.wording import word_check
from grader.sandbox import FakeSandbox, find_interpreter
from grader.score import QuestionStatus
from grader.spec.model import Assignment
from grader.weights.vault import Vault
from tests.checks.building import answers, assert_error, assert_failed, assert_passed
from tests.checks.concepts.building import QUESTION, RULES
from tests.report.samples import report_of
from tests.spec.test_concepts import load

GOOD = "It has already learned useful features. Therefore it needs fewer images, and it converges sooner."
PART = "It has already learned useful features, I would say."


@pytest.fixture
def assignment(tmp_path: Path) -> Assignment:
    """One question, three points, three concepts."""
    return load(tmp_path, RULES)


@pytest.fixture
def kept(assignment: Assignment) -> Kept:
    """What stays outside."""
    return Kept(concepts=assignment.concepts)


def answer(value: Any, kept: Kept) -> CheckResult:
    """The check's answer to a value."""
    return explanation(answers(value, "why"), answers(GOOD, "why"), kept, of="why")


def test_everything(kept: Kept) -> None:
    """All concepts: it passes, and says where each was found."""
    result = answer(GOOD, kept)

    assert_passed(result)
    assert result.share == 1
    assert result.actual == {
        "what it knows": "already learned",
        "less data": "fewer images",
        "learns sooner": "converges sooner",
    }


def test_a_part(kept: Kept) -> None:
    """A third of the points for one of three; what is missing isn't named but by the author's hint."""
    result = answer(PART, kept)
    words = word_check("text", result)

    assert_failed(result, "concepts_missing")
    assert result.share == Decimal(1) / Decimal(3)
    assert words.message == '1 of 3 concepts found (what it knows: "already learned")'
    assert words.help == "How much data does it take?"
    assert "less data" not in str(result)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "not_answered"),
        (" \n", "not_answered"),
        (None, "not_answered"),
        (5, "not_understood"),
        (["because"], "not_understood"),
        ({"$": "object", "type": "Lazy"}, "not_understood"),
        ("Why does a pre-trained model save time? Explain it in your own words.", "copied_question"),
    ],
)
def test_no_answer(kept: Kept, value: Any, code: str) -> None:
    """Nothing, something that isn't text, and the question itself are no explanation."""
    assert_failed(answer(value, kept), code)


@pytest.mark.parametrize(
    ("value", "doubt", "message"),
    [
        (
            "It does not need fewer images.",
            "contradiction",
            '"not need fewer images" seems to deny what would be right',
        ),
        ("It has fewer layers than others.", "misconception", '"fewer layers" may be a misunderstanding'),
        ("It is good and I like it a lot.", "nothing_found", "none of the concepts was recognised"),
        ("fewer images", "too_short", "it is very short"),
        (
            "fewer images, fewer epochs, fewer images",
            "no_sentence",
            "these are words in a row rather than sentences; "
            '2 of 3 concepts found (less data: "fewer images"; learns sooner: "fewer epochs")',
        ),
        ("x" * 30_000, "too_long", "it is too long to be read by a program"),
        (
            "Es ist nicht so, dass es das schon kann und mehr Bilder braucht.",
            "other_language",
            "it seems to be written in another language (German)",
        ),
    ],
)
def test_doubt(kept: Kept, value: str, doubt: str, message: str) -> None:
    """A person looks, and reads why; it is never a zero."""
    result = answer(value, kept)

    assert_error(result, "explanation_in_doubt")
    assert result.facts["doubt"] == doubt
    assert word_check("text", result).message == message


def test_a_misconception_has_its_own_hint(kept: Kept) -> None:
    """The author's, in place of that of a concept."""
    assert word_check("text", answer("It has fewer layers than others.", kept)).help == "It is as large as before."


def test_no_concepts(kept: Kept) -> None:
    """A question that has none is read by a person."""
    assert_error(answer(GOOD, Kept()), "no_concepts")


def test_words_are_told(kept: Kept) -> None:
    """More or fewer than asked for."""
    (note,) = answer(GOOD + " And so on" * 30, kept).notes

    assert note.code == "words_outside"
    assert note.facts == {"words": 105, "least": 3, "most": 60}
    assert answer(GOOD, kept).notes == ()


def test_braces_and_quotes_are_text(kept: Kept) -> None:
    """What a student wrote is no template, and doesn't leave its quotes."""
    result = answer('It has already {0.__class__} "learned", so I guess it is good.', kept)

    assert word_check("text", result).message == (
        '1 of 3 concepts found (what it knows: "already {0.__class__} \'learned")'
    )


def evidence_of(value: Any) -> Evidence:
    """What a submission of this answer leaves."""
    return Evidence(questions={"why": replace(answers(value, "why"), id="why")}, exit=Exit.FINISHED)


def mark(assignment: Assignment, value: Any) -> Any:
    """The answer's points and status."""
    kept = Kept(concepts=assignment.concepts)
    return mark_evidence(assignment, evidence_of(value), evidence_of(GOOD), kept=kept, authors={}).score.questions[0]


@pytest.mark.parametrize(
    ("value", "points", "status"),
    [
        (GOOD, "3.00", QuestionStatus.PASSED),
        (PART, "1.00", QuestionStatus.PARTIAL),
        (PART + " It converges sooner.", "2.00", QuestionStatus.PARTIAL),
        ("", "0.00", QuestionStatus.FAILED),
        ("It is good and I like it a lot.", None, QuestionStatus.NEEDS_REVIEW),
    ],
)
def test_points(assignment: Assignment, value: str, points: str | None, status: QuestionStatus) -> None:
    """Exact, a part for each concept."""
    score = mark(assignment, value)

    assert (score.points, score.status) == (None if points is None else Decimal(points), status)


def test_points_that_cannot_be_divided(tmp_path: Path) -> None:
    """Two of three concepts of a two-point question: rounded to cents, and the whole is still whole."""
    assignment = load(tmp_path, RULES, QUESTION.replace("points = 3", "points = 2"))

    assert mark(assignment, PART + " It converges sooner.").points == Decimal("1.33")
    assert mark(assignment, GOOD).points == Decimal(2)


def test_without_concepts_a_person_reads(tmp_path: Path, assignment: Assignment) -> None:
    """As it was for every explanation before there were concepts."""
    score = mark(replace(assignment, concepts={}), GOOD)

    assert (score.status, score.points) == (QuestionStatus.NEEDS_REVIEW, None)


def test_the_report_shows_where(assignment: Assignment) -> None:
    """On a screen: the student's own words and the author's hint; and all that was found, where all was."""
    part, all_of_it = (draw(assignment, value) for value in (PART, GOOD))

    assert '1 of 3 concepts found (what it knows: "already learned")' in part
    assert "How much data does it take?" in part
    assert "1 / 3" in part
    assert "3 of 3 concepts found" in all_of_it


def test_the_report_of_doubt(assignment: Assignment) -> None:
    """No points, and why a person reads it."""
    shown = draw(assignment, "It does not need fewer images.\u202e\x1b[31m")

    assert "a person will look at it" in shown
    assert '"not need fewer images" seems to deny what would be right' in shown
    assert "\x1b" not in shown


def draw(assignment: Assignment, value: str) -> str:
    """The report on one answer, as it is printed."""
    kept = Kept(concepts=assignment.concepts)
    results = mark_evidence(assignment, evidence_of(value), evidence_of(GOOD), kept=kept, authors={}).results
    report = report_of(results, evidence_of(value).questions["why"], assignment=assignment, audience=Audience.STUDENT)
    return " ".join(draw_report(report, width=100, plain=True).split())


def test_what_stays_outside(assignment: Assignment, tmp_path: Path) -> None:
    """The concepts reach the checks, and no sandbox: nothing of them is in a job's header."""
    vault = Vault(tmp_path)
    header = common_header(assignment, draw=name_draw(assignment, 0, secret=b"secret"), vault=vault)

    assert keep_data(assignment, data=Data(), vault=vault).concepts == assignment.concepts
    assert "already" not in json.dumps([header, [describe_question(assignment, one) for one in assignment.questions]])


def test_a_mark_rests_on_the_concepts(assignment: Assignment, tmp_path: Path) -> None:
    """Changed rules are another mark, and so are rules where there were none; samples are no part of it."""
    private = assignment.reference
    assert private is not None
    first = name_mark(assignment, tmp_path)
    (private / "samples.toml").write_text("", "utf-8")
    same = name_mark(assignment, tmp_path)
    (private / "concepts.toml").write_text(RULES.replace("faster|sooner", "faster"), "utf-8")
    other = name_mark(assignment, tmp_path)
    (private / "concepts.toml").unlink()

    assert first == same
    assert len({first, other, name_mark(assignment, tmp_path)}) == 3


def name_mark(assignment: Assignment, home: Path) -> str:
    """The key of a mark as things stand now."""
    workshop = Workshop(
        sandbox=FakeSandbox(lambda request: b""),
        find_interpreter=find_interpreter,
        vault=Vault(home),
        home=home,
        secret=b"secret",
    )
    keys = Keys(assignment, workshop=workshop, book=DrawBook(assignment, secret=b"secret"))
    return keys.of_mark("sha256:" + "0" * 64, {}, Pick(0))
