"""`grade batch` on a small class, in real sandboxes: every row ends in one state, and nothing is done twice."""

import re
from pathlib import Path

import pytest

from tests.batch.classroom import CRASHES, RIGHT, TRIPLE, Classroom

CLASS = {"s1": RIGHT, "s2": TRIPLE, "s3": CRASHES, "s4": None, "s5": RIGHT, "s6": "def double(:\n"}
POINTS = {"s1": "5", "s2": "3", "s3": "3", "s4": "", "s5": "5", "s6": "0"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grader's home that these tests share."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Classroom:
    """A class that was graded once."""
    classroom = Classroom(tmp_path_factory.mktemp("class"), home)
    classroom.set_up(CLASS)
    (classroom.submissions / "nobody").mkdir()
    (classroom.submissions / "nobody" / "mini.py").write_text(RIGHT)
    ran = classroom.batch()
    assert ran.status == 0, ran.out + ran.err
    (classroom.folder / "screen.txt").write_text(ran.out)
    return classroom


@pytest.fixture
def classroom(tmp_path: Path, home: Path) -> Classroom:
    """An empty class."""
    return Classroom(tmp_path, home)


def test_every_row_ends_in_one_state(graded: Classroom) -> None:
    """Points where there are some, in the roster's order; nothing handed in is missing, never a zero."""
    rows = graded.read_gradebook()

    assert list(rows) == list(CLASS)
    assert {student: row["final_points"] for student, row in rows.items()} == POINTS
    assert {student: row["status"] for student, row in rows.items()} == {
        **dict.fromkeys(CLASS, "graded"),
        "s4": "missing",
    }
    assert [rows["s3"][question] for question in ("double", "total", "greet")] == ["0", "2.5", "0.5"]


def test_each_student_has_a_report(graded: Classroom) -> None:
    """For the student: whose it is, what was earned, why not more. None for whoever handed nothing in."""
    report = graded.read_report("s2")

    assert report["student"] == {"id": "s2"}
    assert report["audience"] == "student"
    assert report["score"]["final_points"] == 3
    assert report["submission"]["submitted_at"] is None
    assert not (graded.results / "s4").exists()


def test_what_is_nobodys_is_told(graded: Classroom) -> None:
    """A folder that no row of the roster has is listed, and graded for nobody."""
    screen = (graded.folder / "screen.txt").read_text()

    assert "nobody" in screen
    assert not (graded.results / "nobody").exists()


def test_identical_submissions_run_once_and_it_is_said(graded: Classroom) -> None:
    """Two students with the same bytes share one run, unless they met different hidden inputs."""
    with graded.open_ledger() as ledger:
        grades = ledger.read_grades("mini")

    assert grades["s1"].mark_id == grades["s5"].mark_id
    assert graded.count_runs() == 4
    assert re.search(r"s1.*s5", (graded.folder / "screen.txt").read_text())


def test_names_stay_outside(graded: Classroom) -> None:
    """No name and no address of the roster is in anything that was written."""
    for path in graded.results.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"Person s" not in content, path
            assert b"example.org" not in content, path


def test_again_changes_no_byte(graded: Classroom) -> None:
    """Nothing is run, nothing written: not a time of a file, and no line of the ledger."""
    before = graded.digest_results()
    ran = graded.batch()

    assert ran.status == 0, ran.err
    assert graded.digest_results() == before


def test_a_new_submission_runs_alone(classroom: Classroom) -> None:
    """Who hands in again is graded again, and nobody else."""
    classroom.set_up({"s1": RIGHT, "s2": TRIPLE})
    assert classroom.batch().status == 0
    first = classroom.count_runs()
    classroom.hand_in("s2", RIGHT + "# better now\n")
    assert classroom.batch().status == 0

    assert (first, classroom.count_runs()) == (2, 3)
    assert classroom.read_gradebook()["s2"]["final_points"] == "5"
    with classroom.open_ledger() as ledger:
        assert [one.value.final_points for one in ledger.read_history("mini", "s2")] == [3, 5]


def test_changed_points_run_nobody(classroom: Classroom) -> None:
    """The stored evidence is marked again, and the difference is shown: who moves, and why."""
    classroom.set_up({"s1": RIGHT, "s2": TRIPLE})
    assert classroom.batch().status == 0
    runs = classroom.count_runs()
    specification = classroom.assignment / "assignment.toml"
    specification.write_text(specification.read_text().replace("points = 2.5", "points = 1.5"))
    looked = classroom.regrade("--dry-run")
    before = classroom.read_gradebook()["s1"]["final_points"]
    ran = classroom.regrade()

    assert (looked.status, ran.status) == (0, 0), looked.err + ran.err
    assert before == "5"
    assert classroom.count_runs() == runs
    assert {student: row["final_points"] for student, row in classroom.read_gradebook().items()} == {
        "s1": "4",
        "s2": "2",
    }
    for screen in (looked.out, ran.out):
        assert "s1" in screen and "total" in screen


def test_a_changed_probe_runs_its_question_alone(classroom: Classroom) -> None:
    """The other questions' evidence is taken from the run before; a comment changes nothing at all."""
    classroom.set_up({"s1": RIGHT, "s2": TRIPLE})
    assert classroom.batch().status == 0
    probe = classroom.assignment / "probe.py"
    text = probe.read_text().replace('("Ada", "Grace", "")', '("Ada", "Grace", "Barbara")')
    probe.write_text(text.replace("def double", "# A comment.\n\n\ndef double"))
    assert classroom.regrade().status == 0
    with classroom.open_ledger() as ledger:
        asked = [ledger.read_run(run).questions for run in (1, 2, 3, 4)]

    assert [set(questions) for questions in asked] == [{"double", "total", "greet"}] * 2 + [{"greet"}] * 2
    assert classroom.read_gradebook()["s2"]["final_points"] == "3"


def test_a_persons_decision_stays(classroom: Classroom) -> None:
    """It beats the machine's mark, is in the student's report with its reason, survives regrades, and can be undone."""
    classroom.set_up({"s1": RIGHT, "s2": TRIPLE, "s3": None})
    assert classroom.batch().status == 0
    decide = ("override", str(classroom.assignment), "s2", "--question", "double", "--reason", "agreed in person")
    assert classroom.run(*decide, "--points", "1.5").status == 0
    assert classroom.regrade().status == 0
    decided = classroom.read_gradebook()["s2"]
    report = classroom.read_report("s2")
    assert classroom.batch().status == 0
    again = classroom.read_gradebook()["s2"]
    assert classroom.run(*decide, "--withdraw").status == 0
    assert classroom.regrade().status == 0

    assert (decided["final_points"], decided["double"], decided["overridden"]) == ("4.5", "1.5", "true")
    assert report["score"]["final_points"] == 4.5
    assert [part["reason"] for part in report["score"]["adjustments"]] == ["agreed in person"]
    assert again == decided
    assert classroom.read_gradebook()["s2"]["final_points"] == "3"


@pytest.mark.parametrize(
    ("points", "message"), [("7", "0 to 2"), ("-1", "0 to 2"), ("0.001", "two places"), ("NaN", "0 to 2")]
)
def test_odd_decisions_are_refused(graded: Classroom, points: str, message: str) -> None:
    """With what would be right; nothing is written down."""
    before = graded.digest_results()
    ran = graded.run(
        "override", str(graded.assignment), "s2", "--question", "double", f"--points={points}", "--reason", "x"
    )

    assert ran.status == 2
    assert message in ran.err
    assert graded.digest_results() == before


def test_lateness_costs_what_the_class_says(classroom: Classroom) -> None:
    """By the roster's times; who has more time isn't late, and a time that isn't known takes nothing."""
    times = {"s1": "2026-11-20T22:00:00+01:00", "s2": "2026-11-22T10:00:00+01:00", "s3": "2026-11-22T10:00:00+01:00"}
    classroom.set_up(dict.fromkeys(("s1", "s2", "s3", "s4"), RIGHT), extra_columns={"submitted_at": times})
    (classroom.folder / "class.toml").write_text(
        'due = 2026-11-20T23:59:00+01:00\npenalty = { percent = 10, per = "day" }\n\n[extensions]\ns3 = "+3d"\n'
    )
    ran = classroom.batch("--class", "class.toml")
    rows = classroom.read_gradebook()

    assert ran.status == 0, ran.err
    assert {student: row["status"] for student, row in rows.items()} == {
        "s1": "graded",
        "s2": "late",
        "s3": "graded",
        "s4": "graded",
    }
    assert (rows["s2"]["points"], rows["s2"]["penalty"], rows["s2"]["final_points"]) == ("5", "1", "4")
    assert classroom.read_report("s2")["score"]["adjustments"][0]["kind"] == "late"


def test_a_refused_archive_costs_its_student_alone(classroom: Classroom) -> None:
    """No points, with the reason in the gradebook and in the student's report; the others are graded."""
    classroom.set_up({"s1": RIGHT, "s2": None})
    (classroom.submissions / "s2").mkdir()
    (classroom.submissions / "s2" / "mini.py").symlink_to("/etc/passwd")
    ran = classroom.batch()
    rows = classroom.read_gradebook()

    assert ran.status == 0, ran.err
    assert (rows["s2"]["status"], rows["s2"]["final_points"]) == ("graded", "0")
    assert "refused" in rows["s2"]["note"]
    assert classroom.read_report("s2")["fault"]["code"] == "link"
    assert rows["s1"]["final_points"] == "5"


def test_forgetting_and_exporting_a_student(classroom: Classroom) -> None:
    """Everything of one student can be handed over, and then be gone: ledger, report, gradebook, plan."""
    classroom.set_up({"s1": RIGHT, "marker77": TRIPLE})
    assert classroom.batch().status == 0
    exported = classroom.run("export", "marker77", "--to", "theirs.zip")
    purged = classroom.run("purge", "--student", "marker77", "--yes")

    assert (exported.status, purged.status) == (0, 0), exported.err + purged.err
    assert (classroom.folder / "theirs.zip").stat().st_size > 500
    assert list(classroom.read_gradebook()) == ["s1"]
    for path in classroom.results.rglob("*"):
        assert "marker77" not in path.name
        assert not path.is_file() or b"marker77" not in path.read_bytes(), path
    assert classroom.regrade().status == 0
    assert classroom.read_gradebook()["s1"]["final_points"] == "5"
