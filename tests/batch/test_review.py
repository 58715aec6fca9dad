"""What a hostile reading of the batch found: what is withheld, whose a thing is, and reports of two assignments."""

import json
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from grader.batch.ledger import open_ledger
from grader.batch.model import Override
from grader.batch.personal import personalize
from grader.report import write_report
from grader.report.model import QuestionState
from grader.spec.model import Assignment, Visibility
from tests.batch.class_samples import SUBMITTED, grade
from tests.batch.classroom import RIGHT, TRIPLE, Classroom
from tests.batch.ledger.making import make_grade
from tests.report.samples import HW1, all_passed, report_of

EMPTY_ZIP = b"PK\x05\x06" + b"\0" * 18


def decide(question: str, points: str) -> Override:
    """A person's decision."""
    return Override(
        assignment="hw1",
        student_id="s1",
        question=question,
        points=Decimal(points),
        reason="a secret reason",
        by="me",
        at=SUBMITTED,
    )


def change_last(**fields: object) -> Assignment:
    """The sample assignment with its last question changed."""
    return replace(HW1, questions=(*HW1.questions[:-1], replace(HW1.questions[-1], **fields)))  # type: ignore[arg-type]


def test_a_decision_about_a_withheld_question_stays_withheld() -> None:
    """Neither its points nor its reason reach the student before the question itself does."""
    assignment = change_last(visibility=Visibility.AFTER_DEADLINE)
    last = assignment.questions[-1]
    report = report_of(all_passed(assignment), assignment=assignment)
    personal = personalize(report, grade("s1"), overrides={last.id: decide(last.id, "0")}, withholds=True)

    assert personal.questions[-1].status is QuestionState.WITHHELD
    assert personal.questions[-1].points is None
    assert personal.score.adjustments == ()
    assert personal.score.final_points is None
    assert "a secret reason" not in write_report(personal)


def test_hidden_extra_points_are_in_no_sum_that_a_student_reads() -> None:
    """They are no part of what can be earned, so nothing else says that something is withheld."""
    assignment = change_last(visibility=Visibility.HIDDEN, extra=True)
    report = report_of(all_passed(assignment), assignment=assignment)
    personal = personalize(report, grade("s1"), overrides={}, withholds=True)

    assert report.score.withheld_points == 0
    assert personal.score.final_points is None


def test_an_assignment_is_no_student(tmp_path: Path) -> None:
    """Who asks for the id "hw1" gets nobody's grades, and purges nobody's."""
    with open_ledger(tmp_path, by="ta") as ledger:
        ledger.record_grades([make_grade("s1"), make_grade("s2")])
        slug = make_grade("s1").assignment
        exported = ledger.export_student(slug)
        purged = ledger.purge(student_id=slug)

        assert exported.record["history"] == []
        assert purged.entries == 0
        assert set(ledger.read_grades(slug)) == {"s1", "s2"}


def test_a_refusal_names_the_file_of_its_own_student(tmp_path: Path) -> None:
    """A file that a student named may have the student's name in it: two refused alike don't share a report."""
    classroom = Classroom(tmp_path / "class", tmp_path / "home")
    classroom.set_up({"s1": None, "s2": None})
    roster = "Student,ID,SIS User ID,SIS Login ID,Section\nA,11,s1,a1,x\nB,22,s2,b2,x\n"
    (classroom.folder / "roster.csv").write_text(roster)
    (classroom.submissions / "anna_11_1_anna_miller.zip").write_bytes(EMPTY_ZIP)
    (classroom.submissions / "bert_22_2_bert_smith.zip").write_bytes(EMPTY_ZIP)
    ran = classroom.batch()

    assert ran.status == 0, ran.err
    assert classroom.read_report("s1")["submission"]["source"] == "anna_miller.zip"
    assert classroom.read_report("s2")["submission"]["source"] == "bert_smith.zip"


def test_two_assignments_may_share_a_folder_of_results(tmp_path: Path) -> None:
    """The reports are those of the assignment that was graded last, though none of its grades is new."""
    classroom = Classroom(tmp_path / "class", tmp_path / "home")
    classroom.set_up({"s1": RIGHT, "s2": TRIPLE})
    other = classroom.folder / "assignments/other"
    shutil.copytree(classroom.assignment, other)
    shutil.copytree(classroom.folder / "reference/mini", classroom.folder / "reference/other")
    ran = [classroom.batch()]
    arguments = [str(other) if part == str(classroom.assignment) else part for part in classroom.batch_arguments()]
    ran += [classroom.run(*arguments), classroom.batch()]
    reports = [json.loads((classroom.results / id / "report.json").read_text()) for id in ("s1", "s2")]

    assert [one.status for one in ran] == [0, 0, 0], [one.err for one in ran]
    assert [report["assignment"]["id"] for report in reports] == ["mini", "mini"]
