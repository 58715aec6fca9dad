"""What a second look at the batch found, each with its test."""

import shutil
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from grader.batch.judging import Settled, judge_attempt, judge_row
from grader.batch.model import Override, RowState, TimeSource, Unmatched
from grader.batch.plan import Plan, PlannedAttempt, PlannedRow, number_attempts, read_plan, save_plan
from grader.batch.purging import drop_from_plan
from grader.batch.rules import ClassRules
from grader.cli.regrade import choose_rules
from grader.draws import Data
from grader.errors import UsageError
from grader.reference import describe_interpreter, digest_kept
from grader.sandbox.interpreters import read_layout
from grader.spec import load_assignment
from tests.batch.classroom import COURSE, RIGHT, Classroom

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def decide(question: str | None, points: str) -> Override:
    """A person's decision."""
    return Override(
        assignment="mini", student_id="s1", question=question, points=Decimal(points), reason="x", by="me", at=NOON
    )


def attempt(number: int, digest: str, *, hours: float) -> PlannedAttempt:
    """An attempt that was handed in so many hours after noon."""
    moment = NOON + timedelta(hours=hours)
    return PlannedAttempt(
        attempt=number, digest=digest, source="hw1.py", submitted_at=moment, time_source=TimeSource.LMS
    )


def test_a_team_member_s_later_copy_makes_nothing_late() -> None:
    """Two members hand in the same: it counts as of the first; something else after it is another attempt."""
    found = [attempt(1, "a", hours=-1), attempt(1, "a", hours=9), attempt(1, "b", hours=10), attempt(1, "a", hours=11)]

    numbered = number_attempts(found, renumber=True)

    assert [(one.attempt, one.digest) for one in numbered] == [(1, "a"), (2, "b"), (3, "a")]
    assert numbered[0].submitted_at == NOON - timedelta(hours=1)


def test_a_decision_about_a_question_counts_for_who_handed_nothing_in() -> None:
    """On paper, say: the questions that a person decided, the others with nothing; the whole beats them."""
    assignment = load_assignment(COURSE / "assignments/mini")
    row = PlannedRow(student_id="s1")
    some: dict[str | None, Override] = {"double": decide("double", "1.5"), "gone": decide("gone", "9")}

    grade, _ = judge_row(row, [], assignment=assignment, rules=ClassRules(), decisions=some)
    whole, _ = judge_row(
        row, [], assignment=assignment, rules=ClassRules(), decisions={**some, None: decide(None, "4")}
    )

    assert (grade.state, grade.final_points, grade.overridden) == (RowState.GRADED, Decimal("1.5"), True)
    assert dict(grade.questions) == {"double": Decimal("1.5"), "total": 0, "greet": 0}
    assert whole.final_points == 4


def test_an_attempt_that_waits_may_reach_extra_points(tmp_path: Path) -> None:
    """Else one that could still win by them would quietly lose to a full score."""
    (tmp_path / "mini").mkdir()
    for name in ("assignment.toml", "probe.py"):
        text = (COURSE / "assignments/mini" / name).read_text()
        (tmp_path / "mini" / name).write_text(text.replace('id = "greet"\n', 'id = "greet"\nextra = true\n'))
    assignment = load_assignment(tmp_path / "mini")
    waiting = Settled(planned=attempt(1, "a", hours=0), fault="the sandbox fell over")

    judged = judge_attempt("s1", waiting, assignment=assignment, rules=ClassRules(), decisions={})

    assert judged.final_points is None
    assert judged.could_reach == Decimal(5)
    assert assignment.points == Decimal("4.5")


def test_attempts_beyond_those_that_count_are_told(tmp_path: Path) -> None:
    """Else somebody wonders for weeks why the third attempt didn't help."""
    shutil.copytree(COURSE / "assignments/mini", tmp_path / "mini")
    text = (tmp_path / "mini/assignment.toml").read_text()
    (tmp_path / "mini/assignment.toml").write_text(f"attempts = 1\n{text}")
    assignment = load_assignment(tmp_path / "mini")
    first, third = attempt(1, "a", hours=0), attempt(3, "c", hours=2)
    waiting = Settled(planned=first, fault="the sandbox fell over")

    one = PlannedRow(student_id="s1", attempts=(first, third))
    told, _ = judge_row(one, [waiting], assignment=assignment, rules=ClassRules(), decisions={})
    two = PlannedRow(student_id="s1", attempts=(attempt(2, "b", hours=1), third))
    nothing, _ = judge_row(two, [], assignment=assignment, rules=ClassRules(), decisions={})

    assert told.note == "our fault: the sandbox fell over; attempt 3 wasn't graded: the assignment takes 1"
    assert nothing.state is RowState.MISSING
    assert nothing.note == ("nothing was handed in that counts; attempts 2 to 3 weren't graded: the assignment takes 1")


def test_a_batch_without_the_rules_of_the_last_one_says_so(tmp_path: Path) -> None:
    """Forgetting --class would take everybody's lateness away without a word. Comments of the file aren't kept."""
    classroom = Classroom(tmp_path / "class", tmp_path / "home")
    classroom.set_up({"s1": RIGHT})
    (classroom.folder / "class.toml").write_text(
        'due = "2026-11-20T12:00:00+00:00"  # Jane Doe asked for more\n[extensions]\ns1 = "+1d"  # flu\n'
    )
    with_rules = classroom.batch("--class", "class.toml")
    plan = (classroom.results / "ledger/plan-mini.json").read_text()
    without = classroom.batch()
    once_more = classroom.batch()

    assert with_rules.status == without.status == 0, with_rules.err + without.err
    assert "flu" not in plan
    assert "Jane" not in plan
    assert "+1d" in plan
    assert "class.toml" not in with_rules.err
    assert "nobody is late now" in without.err
    assert "class.toml" not in once_more.err


def test_an_interpreter_upgraded_in_place_is_another(tmp_path: Path) -> None:
    """Its path and packages are as they were: runs of the old one aren't taken for the new one's."""
    fake = tmp_path / "bin" / "python"
    fake.parent.mkdir()
    told = []
    for version in ("3.12.1", "3.12.2"):
        rename = f"""sed 's/"version": "[0-9.]*/"version": "{version}/'"""
        fake.write_text(f'#!/bin/sh\n{sys.executable} "$@" | {rename}\n')
        fake.chmod(0o755)
        read_layout.cache_clear()
        told.append(describe_interpreter(fake))

    assert [said[1] for said in told] == ["3.12.1", "3.12.2"]


@pytest.mark.parametrize("place", [0, 50_000, 99_999])
def test_kept_arrays_differ_wherever_they_differ(place: int) -> None:
    """In a mapping too: what Python prints of a large array leaves out its middle."""
    one, other = np.zeros(100_000), np.zeros(100_000)
    other[place] = 1

    assert digest_kept(Data(kept={"x": one})) != digest_kept(Data(kept={"x": other}))
    assert digest_kept(Data(kept={"x": {"a": [one]}})) != digest_kept(Data(kept={"x": {"a": [other]}}))
    assert digest_kept(Data(kept={"x": one})) != digest_kept(Data(kept={"x": one.astype(np.float32)}))
    assert digest_kept(Data(kept={"x": one})) != digest_kept(Data(kept={"x": one.reshape(10, 10_000)}))
    assert digest_kept(Data(kept={"x": {"a": 1, "b": 2}})) == digest_kept(Data(kept={"x": {"b": 2, "a": 1}}))


def test_rules_that_were_forgotten_are_asked_for(tmp_path: Path) -> None:
    """A purge takes the text of class.toml that names the student; a regrade must not go on as if nothing were due."""
    path = tmp_path / "plan-mini.json"
    rows = (PlannedRow(student_id="s1"), PlannedRow(student_id="s2"))
    unmatched = (Unmatched(path=Path("Doe, Jane"), reason="no student of the roster is named in it"),)
    save_plan(
        Plan(assignment="mini", layout="folders", rows=rows, rules='[extensions]\ns1 = "+1d"\n', unmatched=unmatched),
        path,
    )
    named = path.read_bytes()

    assert b"Jane" not in named
    assert drop_from_plan(path, {"s1"}) == 1
    assert [row.student_id for row in read_plan(path).rows] == ["s2"]
    assert (read_plan(path).rules, read_plan(path).rules_forgotten) == (None, True)
    assert b"s1" not in path.read_bytes()
    with pytest.raises(UsageError, match="isn't kept any more") as refused:
        choose_rules(read_plan(path), None, slug="mini")
    assert refused.value.command == "grade regrade mini --class class.toml"


def test_a_report_that_a_kill_left_old_is_made_again(tmp_path: Path) -> None:
    """The grade was on the disk, its report wasn't: the next batch sees that not all were written."""
    classroom = Classroom(tmp_path / "class", tmp_path / "home")
    classroom.set_up({"s1": RIGHT})
    assert classroom.batch().status == 0
    report = classroom.results / "s1" / "report.json"
    whole = report.read_bytes()
    report.write_bytes(whole.replace(b'"final_points": 5', b'"final_points": 4'))
    note = classroom.results / "ledger/reports.json"
    note.write_text(note.read_text().replace("true", "false"))
    again = classroom.batch()

    assert again.status == 0, again.err
    assert report.read_bytes() == whole
    assert "true" in note.read_text()


def test_names_that_are_no_text_are_no_fault_of_ours(tmp_path: Path) -> None:
    """Bytes in a file's name that are no characters: that student's submission is refused, the others are graded."""
    classroom = Classroom(tmp_path / "class", tmp_path / "home")
    classroom.set_up({"s1": RIGHT, "s2": RIGHT})
    (classroom.submissions / "s2" / "odd\udcff.py").write_bytes(b"")
    ran = classroom.batch()

    assert ran.status == 0, ran.err
    assert classroom.read_gradebook()["s1"]["final_points"] == "5"
    assert "refused" in classroom.read_gradebook()["s2"]["note"]
