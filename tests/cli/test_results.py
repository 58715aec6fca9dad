import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import typer

from grader.batch.ledger import open_ledger
from grader.batch.model import Grade, NewMark, Override, RowState
from grader.cli.guard import guarded
from grader.cli.results import StateName, results
from grader.report import Audience, Report
from grader.spec import load_assignment
from tests.batch.class_samples import SUBMITTED, missing, ours
from tests.batch.ledger.making import make_run
from tests.report.samples import STARTED, all_passed, environment, failed, report_of

SPECIFICATION = """
title = "Doubling"
files = ["tiny.py"]
draws = 4
[[questions]]
id = "double"
title = "Double a number"
points = 3
hint = "Twice is plus itself."
checks = [
  { use = "close", of = "arrays", absolute = 0.02, points = 1 },
  { use = "cases", of = "doubles", points = 2, needs = ["close"], visibility = "hidden", hint = "And for -1?" },
]
[[questions]]
id = "name"
title = "Say your name"
points = 1.5
checks = [{ use = "cases", of = "names" }]
"""
app = typer.Typer(pretty_exceptions_enable=False)
app.command()(guarded(results))
MORNING = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def run(*arguments: str) -> int:
    """The exit status of `grade results`."""
    with pytest.raises(SystemExit) as ended:
        app(arguments, prog_name="grade results")
    return int(str(ended.value.code or 0))


def make_report(course: Path, **fields: Any) -> Report:
    """An instructor's report, in which the hidden check failed."""
    assignment = load_assignment(course / "assignments/tiny")
    results = all_passed(assignment)
    results["double"]["cases"] = failed(
        "cases_differ", [2, 4], [2, 5], right=1, of=2, needed=2, wrong=[2], case=2, reasons={"value": 1}, reason="value"
    )
    image = "sha256:" + "ef" * 32
    place = environment(image=image, weights={})
    fields = {"audience": Audience.INSTRUCTOR, "environment": place, **fields}
    return report_of(results, assignment=assignment, source="tiny/tiny.py", **fields)


def grade(id: str, state: RowState = RowState.GRADED, **fields: Any) -> Grade:
    """A row of the tiny assignment."""
    given = {"points": Decimal("2.5"), "final_points": Decimal("2.5"), **fields}
    return Grade(
        **{
            "assignment": "tiny",
            "student_id": id,
            "state": state,
            "max_points": Decimal("4.5"),
            "questions": {"double": Decimal(1), "name": Decimal("1.5")},
            "attempt": 2,
            "submitted_at": SUBMITTED,
            "graded_at": STARTED,
            "submission_digest": "sha256:" + "ab" * 32,
            **given,
        }
    )


def write_ledger(folder: Path, report: Report, grades: Sequence[Grade]) -> None:
    """A ledger with one run, one mark that all graded rows rest on, a decision and a regrade."""
    ticks = iter(range(1000))
    with open_ledger(folder, by="jd", clock=lambda: MORNING + timedelta(minutes=next(ticks))) as ledger:
        made = ledger.add_run(replace(make_run("one"), questions=("double", "name"), sandbox="bubblewrap"))
        mark = NewMark(
            key="0123456789abcdef",
            submission_digest=report.submission.digest,
            assignment_digest=report.assignment.digest,
            run_ids=(made,),
            points=Decimal("2.5"),
            max_points=Decimal("4.5"),
            questions={"double": Decimal(1), "name": Decimal("1.5")},
            status="graded",
            report=json.dumps({"instructor": report.model_dump(mode="json")}).encode(),
            marked_at=MORNING,
        )
        number = ledger.add_mark(mark)
        marked = [row if row.points is None else replace(row, mark_id=number) for row in grades]
        ledger.record_grades([replace(marked[0], points=Decimal(2), final_points=Decimal(2))])
        ledger.add_override(
            Override(
                assignment="tiny",
                student_id="s1003",
                question="double",
                points=Decimal(3),
                reason="case 2 was ambiguous",
                by="jd",
                at=MORNING,
            )
        )
        ledger.record_grades(marked)


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course and its results, in which we stand."""
    folder = tmp_path / "assignments/tiny"
    folder.mkdir(parents=True)
    (folder / "assignment.toml").write_text(SPECIFICATION, "utf-8")
    (folder / "probe.py").write_text("def double(student, given, record): ...\n\n\ndef name(s, g, r): ...\n", "utf-8")
    (tmp_path / "results").mkdir()
    decided: dict[str, Any] = {"questions": {"double": Decimal(3), "name": Decimal("1.5")}, "overridden": True}
    late: dict[str, Any] = {"late_seconds": 5400, "penalty": Decimal("0.5"), "final_points": Decimal(2)}
    nobody = [replace(missing("s1004"), assignment="tiny"), replace(ours("s1005"), assignment="tiny")]
    rows = [
        grade("s1001"),
        grade("s1002", RowState.LATE, **late),
        grade("s1003", points=Decimal("4.5"), final_points=Decimal("4.5"), **decided),
        *nobody,
    ]
    write_ledger(tmp_path / "results/ledger", make_report(tmp_path), rows)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def test_the_table_of_a_class(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row a student: state, points, and what one would ask next."""
    assert run() == 0
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "tiny · 5 students",
        " s1001    graded      2.5 / 4.5    lost in double",
        " s1002    late        2 / 4.5      1 h 30 min late, −0.5 · lost in double",
        " s1003    graded      4.5 / 4.5    a person decided",
        " s1004    missing     – / 15       no file for this student",
        " s1005    not graded  – / 15       our fault: the sandbox did not start (3",
        "                                   tries)",
        " One student's report: grade results STUDENT",
    ]


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        (["--state", "late"], ["s1002"]),
        (["--state", "missing", "--state", "not_graded"], ["s1004", "s1005"]),
        (["--below", "2.5"], ["s1002"]),
        (["--above", "2", "--below", "4.5"], ["s1001"]),
        (["--question", "double", "--below", "3"], ["s1001", "s1002"]),
        (["--question", "double", "--above", "1"], ["s1003"]),
        (["--state", "needs_review"], []),
    ],
)
def test_filters(course: Path, options: list[str], shown: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """By state, by points, by one question's points; who has none is neither below nor above."""
    assert run(*options, "--json", "-") == 0
    said = json.loads(capsys.readouterr().out)

    assert [row["student_id"] for row in said["grades"]] == shown
    assert said["students"] == 5


def test_the_states_are_all_there() -> None:
    """The option takes every state that a row can end in."""
    assert [state.value for state in StateName] == [state.value for state in RowState]


def test_one_students_report(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The instructor's whole view, hidden checks too, and what lateness took."""
    assert run("s1002") == 0
    text = capsys.readouterr().out

    assert "◐ double" in text
    assert "✗ cases" in text
    assert " student    s1002, late\n" in text
    assert " handed in  2026-11-20T22:10:04+01:00 · attempt 2\n" in text
    assert " late       by 1 h 30 min, which takes 0.5 points\n" in text
    assert " final      2 of 4.5\n" in text
    assert "history" not in text


def test_a_persons_decision(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who decided what, when, why."""
    assert run("s1003", "--plain") == 0
    text = capsys.readouterr().out

    assert "double: 3 points (case 2 was ambiguous), by jd," in text
    assert "2.5 / 4.5 points by the checks" in text
    assert " final      4.5 of 4.5\n" in text
    assert text.isascii()


def test_who_has_no_report(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing was handed in, or the fault is ours: said, and no zero."""
    assert run("s1005") == 0
    text = capsys.readouterr().out

    assert "s1005, not graded" in text
    assert "no points of 15" in text
    assert "our fault: the sandbox did not start (3 tries)" in text


def test_the_history(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every grade that a student had and what changed with it, as screen and as JSON."""
    assert run("s1001", "--history", "--json", "history.json") == 0
    text = capsys.readouterr().out
    said = json.loads((course / "history.json").read_text("utf-8"))

    assert "jd graded, 2 points" in text
    assert "jd graded, 2.5 points: points 2 → 2.5" in text
    assert [(row["by"], row["final_points"]) for row in said["history"]] == [("jd", 2), ("jd", 2.5)]
    assert said["report"]["audience"] == "instructor"


def test_what_was_done_to_the_ledger(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A purge is in the history, with who asked for it, and without whose it was."""
    assert run("--history") == 0
    before = capsys.readouterr().out
    with open_ledger(course / "results/ledger", by="jd") as ledger:
        ledger.purge(student_id="s1005")
    assert run("--history", "--json", "events.json") == 0
    after = capsys.readouterr().out
    said = json.loads((course / "events.json").read_text("utf-8"))

    assert "nothing but grading" in before
    assert "purged, by jd, entries 1, one_student True" in after
    assert "s1005" not in after
    assert [(event["kind"], event["by"]) for event in said["events"]] == [("purged", "jd")]


def test_a_check_explained(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What it compares, what that is worth, with which parameters, and on what it rests: enough for an appeal."""
    assert run("s1001", "--explain", "double.cases") == 0
    text = " ".join(capsys.readouterr().out.split())

    assert "tiny · s1001 · double 1 / 3" in text
    assert "double.cases: failed, 0 of 2 points" in text
    assert "compares A list of answers agrees with the reference's, case by case" in text
    assert "standing fact: nobody passes it without computing the right values" in text
    assert "with at_least 1.0, proportional false" in text
    assert "needs close (passed)" in text
    assert "expected [2, 4] actual [2, 5]" in text
    assert "seen by instructors only" in text
    assert "image of the sandbox sha256:efef" in text
    assert "torch 2.13.0" in text
    assert "draw 3; its evidence is whole, digests verified" in text
    assert "report 0123456789abcdef" in text


def test_a_whole_question_explained(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every check of it, with the tolerance that the assignment sets and the default of the other."""
    assert run("s1001", "--explain", "double", "--json", "-") == 0
    said = json.loads(capsys.readouterr().out)

    assert [one["check"]["id"] for one in said["explained"]] == ["close", "cases"]
    assert said["explained"][0]["parameters"] == {"relative": 0.001, "absolute": 0.02}
    assert said["rests_on"]["runs"][0]["evidence"] == "intact"


@pytest.mark.parametrize("change", ["changed", "gone"])
def test_parameters_of_another_assignment_are_not_shown(
    course: Path, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Today's tolerance isn't the one that was marked by: none is shown rather than a wrong one."""
    specification = course / "assignments/tiny/assignment.toml"
    if change == "gone":
        specification.unlink()
    else:
        specification.write_text(SPECIFICATION.replace("0.02", "0.5"), "utf-8")

    assert run("s1001", "--explain", "double.close") == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "parameters that aren't known now: the assignment " in text
    assert "0.5" not in text


def test_evidence_that_was_purged(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The explanation stays, and says that its evidence isn't there any more."""
    with open_ledger(course / "results/ledger") as ledger:
        ledger.drop_run(1, "a test")

    assert run("s1001", "--explain", "double.close") == 0
    assert "digests verified" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["S1001"], "Did you mean: s1001"),
        (["s9"], "no student 's9' has a row in tiny"),
        (["s1001", "--explain", "dubble.cases"], "There are: double, name"),
        (["s1001", "--explain", "double.close_"], "There are: double.close, double.cases"),
        (["s1005", "--explain", "double"], "there is no mark of s1005 to explain: our fault"),
        (["--explain", "double"], "about one student"),
        (["s1001", "--state", "late"], "filter the table"),
        (["--below", "many"], "'many' is no number of points"),
        (["--below", "nan"], "'nan' is no number of points"),
        (["--question", "dubble"], "There are: double, name"),
        (["--assignment", "hw9"], "no grades of 'hw9' in 'results'"),
        (["--out", "elsewhere"], "no ledger in 'elsewhere/ledger'"),
    ],
)
def test_what_cant_be_shown(course: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One message, with what would be right."""
    assert run(*arguments) == 2
    assert said in capsys.readouterr().err


def test_several_assignments_in_one_folder(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Which one is meant must be said, by name or by path."""
    with open_ledger(course / "results/ledger") as ledger:
        ledger.record_grades([replace(grade("s1001"), assignment="other")])

    assert run() == 2
    assert "There are: other, tiny" in capsys.readouterr().err
    assert run("--assignment", "assignments/tiny/") == 0
    assert "tiny · 5 students" in capsys.readouterr().out


def test_looking_changes_nothing(course: Path) -> None:
    """No byte of the results is written."""
    before = {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}
    for arguments in ([], ["s1001"], ["s1001", "--explain", "double"]):
        assert run(*arguments) == 0

    assert {path: path.read_bytes() for path in course.rglob("*") if path.is_file()} == before
