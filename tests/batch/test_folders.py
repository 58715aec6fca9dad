"""Folders that change under a batch, or can't be written: what was read counts, and what is wrong is said in a line."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.batch.intake import find_handed_in
from grader.batch.ledger import open_ledger
from grader.batch.plan import make_plan
from grader.batch.roster import read_roster
from grader.errors import ProvisionError
from grader.spec import load_assignment
from tests.batch.classroom import RIGHT, SLEEPS, TRIPLE, Classroom
from tests.batch.test_faults import wait_for_grades

CLASS: dict[str, str | None] = {"s1": RIGHT, "s2": TRIPLE}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grader's home that these tests share."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def classroom(tmp_path: Path, home: Path) -> Classroom:
    """A class, not graded yet."""
    classroom = Classroom(tmp_path, home)
    classroom.set_up(CLASS)
    return classroom


def test_submissions_that_change_or_vanish_while_they_are_graded(classroom: Classroom) -> None:
    """All were read before the first one ran: what was handed in then counts, and a change counts the next time."""
    classroom.set_up({"s0": None, "s1": SLEEPS, **{f"s{number}": f"{RIGHT}# {number}\n" for number in range(2, 6)}})
    batch = classroom.start_batch("--jobs", "1")
    wait_for_grades(classroom, 1)  # s0's: nothing has run yet
    classroom.hand_in("s4", TRIPLE)
    shutil.rmtree(classroom.submissions / "s5")
    _, err = batch.communicate(timeout=120)
    first = {student: row["final_points"] for student, row in classroom.read_gradebook().items()}
    again = classroom.batch()
    second = {student: row["final_points"] for student, row in classroom.read_gradebook().items()}

    assert batch.returncode == 0, err
    assert first == {"s0": "", "s1": "3", "s2": "5", "s3": "5", "s4": "5", "s5": "5"}
    assert again.status == 0, again.err
    assert second == first | {"s4": "3", "s5": ""}


VANISHES = """
import shutil
from grader.batch import intake, plan
find = intake.find_handed_in
def find_and_lose(*arguments, **named):
    found = find(*arguments, **named)
    shutil.rmtree("submissions/s2")
    return found
intake.find_handed_in = find_and_lose
"""


def test_a_submission_that_can_t_be_read_costs_its_row_alone(classroom: Classroom) -> None:
    """It was there a moment before: that isn't "missing", it is said, and the others are graded. An earlier grade
    stays, for what can't be read may be what it is for."""
    batch = classroom.start_batch(prelude=VANISHES)
    _, err = batch.communicate(timeout=120)
    first = {student: (row["status"], row["final_points"]) for student, row in classroom.read_gradebook().items()}
    note = classroom.read_gradebook()["s2"]["note"]
    classroom.hand_in("s2", TRIPLE)
    again = classroom.batch()
    graded = classroom.read_table()
    third = classroom.start_batch(prelude=VANISHES)
    _, said = third.communicate(timeout=120)

    assert batch.returncode == 3, err
    assert first == {"s1": ("graded", "5"), "s2": ("not_graded", "")}
    assert note == "our fault: what was handed in can't be read from the disk"
    assert again.status == 0, again.err
    assert classroom.read_table() == graded
    assert third.returncode == 3
    assert "a row keeps the points of an earlier batch" in said
    assert "s2  our fault: what was handed in can't be read from the disk" in said


def test_a_disk_that_can_t_be_read_at_all_ends_a_batch(classroom: Classroom) -> None:
    """Five in a row: it isn't they. Nothing is recorded."""
    classroom.set_up({f"t{number}": f"{RIGHT}# {number}\n" for number in range(6)})
    assignment = load_assignment(classroom.assignment, reference=classroom.folder / "reference/mini")
    roster = read_roster(classroom.folder / "roster.csv")
    intake = find_handed_in(classroom.submissions, roster, assignment=assignment)
    shutil.rmtree(classroom.submissions)

    with open_ledger(classroom.folder / "ledger") as ledger:
        with pytest.raises(ProvisionError, match="5 submissions in a row can't be read, the last that of 't4'"):
            make_plan(roster, intake, assignment=assignment, ledger=ledger, teams={})
        assert ledger.check() == []
        assert ledger.read_grades("mini") == {}


def test_something_else_where_results_go(classroom: Classroom) -> None:
    """A file where a folder is wanted, or the other way round: it is told in a line; once it is gone all is graded."""
    told = {}
    for place in ("", "ledger", "ledger/artefacts", "ledger/plan-mini.json", "s1", "gradebook.csv"):
        path = classroom.results / place
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            path.rmdir()  # of an earlier turn, in which nothing ran
        (path.mkdir if path.suffix else path.touch)()
        ran = classroom.batch()
        told[place] = (ran.status, ran.err.splitlines()[-2:])
        (path.rmdir if path.suffix else path.unlink)()
    again = classroom.batch()

    assert {status for status, _ in told.values()} == {3}, told
    assert [place for place, (_, lines) in told.items() if "results" not in " ".join(lines)] == []
    assert "Traceback" not in str(told)
    assert "a fault of the grader" not in str(told)
    assert again.status == 0, again.err
    assert list(classroom.read_gradebook()) == list(CLASS)


@pytest.fixture
def mounted(classroom: Classroom) -> Iterator[Path]:
    """The folder of results as a file system of its own: root may write anywhere but into one that is for reading."""
    classroom.results.mkdir()
    place = str(classroom.results)
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    if subprocess.run(["mount", "-t", "tmpfs", "none", place], check=False, capture_output=True).returncode != 0:
        pytest.skip("no file system can be mounted here")
    yield classroom.results
    subprocess.run(["umount", "-l", place], check=True)


def test_results_that_can_only_be_read(classroom: Classroom, mounted: Path) -> None:
    """It is said, what is there stays, and once they can be written the same command goes on."""
    assert classroom.batch().status == 0
    before = classroom.read_table()
    classroom.hand_in("s2", RIGHT)
    subprocess.run(["mount", "-o", "remount,ro", str(mounted)], check=True)
    ran = classroom.batch()
    table = classroom.read_table()
    subprocess.run(["mount", "-o", "remount,rw", str(mounted)], check=True)
    again = classroom.batch()

    assert ran.status == 3, ran.err
    assert "read-only" in ran.err.lower() or "readonly" in ran.err.lower()
    assert "Traceback" not in ran.err
    assert "fault of the grader itself" not in ran.err
    assert table == before
    assert again.status == 0, again.err
    assert classroom.read_gradebook()["s2"]["final_points"] == "5"
