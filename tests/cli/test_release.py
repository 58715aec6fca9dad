"""`grade release` as a command: one zip for everybody, or one for each student where variants differ."""

import csv
import zipfile
from pathlib import Path

import pytest

from grader.cli import app
from grader.cli.settings import read_secret
from grader.draws import pick_variant
from grader.spec import load_assignment
from tests.varied import write_course

STUDENTS = ("s1", "s2", "s3", "s4", "Zo\u00eb/..")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grader's home that these tests share."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def course(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The varied course with a handout and a class, in which we stand."""
    write_course(tmp_path)
    handout = tmp_path / "assignments/heads/handout"
    handout.mkdir()
    (handout / "heads.py").write_text("CLASSES = {variant.classes}\n\n\ndef count():\n    raise NotImplementedError\n")
    with (tmp_path / "roster.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("student_id", "name"), *((student, f"Person {student}") for student in STUDENTS)])
    (tmp_path / "class.toml").write_text('teams = { red = ["s3", "s4"] }\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADER_HOME", str(home))
    return tmp_path


def run(*arguments: str) -> int:
    """The exit status of a command."""
    with pytest.raises(SystemExit) as caught:
        app(["release", "heads", "--sandbox", "process", *arguments])
    return int(caught.value.code or 0)


def read_classes(path: Path) -> int:
    """How many classes the handout in a zip has."""
    with zipfile.ZipFile(path) as archive:
        return int(archive.read("heads/heads.py").split()[2])


def test_a_zip_for_each_student(course: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Named by id alone, with the variant that will be graded; the members of a team have the team's."""
    status = run("--roster", "roster.csv", "--class", "class.toml")
    said = capsys.readouterr().out
    folder = course / "releases/heads"
    assignment, secret = load_assignment(course / "assignments/heads"), read_secret(home)
    names = ("s1", "s2", "red", STUDENTS[-1])
    drawn = {name: pick_variant(assignment, secret=secret, student=name)["classes"] for name in names}
    files = sorted(path.name for path in folder.iterdir())
    odd = next(name for name in files if "~" in name)

    assert status == 0
    assert "5 zips in releases/heads" in said
    assert [name for name in files if name != odd] == ["s1.zip", "s2.zip", "s3.zip", "s4.zip"]
    assert {name: read_classes(folder / f"{name}.zip") for name in ("s1", "s2")} == {n: drawn[n] for n in ("s1", "s2")}
    assert read_classes(folder / "s3.zip") == read_classes(folder / "s4.zip") == drawn["red"]
    assert read_classes(folder / odd) == drawn[STUDENTS[-1]]
    assert not any(b"Person" in path.read_bytes() for path in folder.iterdir())


def test_again_nothing_changes(course: Path) -> None:
    """The same class again writes no byte; one student's zip by name is the same."""
    run("--roster", "roster.csv")
    path = course / "releases/heads/s1.zip"
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    run("--roster", "roster.csv")
    run("--student", "s1", "--out", "one")

    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert (course / "one/s1.zip").read_bytes() == before[0]


def test_what_is_missing_or_too_much_is_told(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody named where everybody has another; a student twice; a handout to be made of nothing."""
    statuses = [run(), run("--roster", "roster.csv", "--student", "s1"), run("--update-handout")]
    said = capsys.readouterr().err

    assert statuses == [2, 2, 2]
    assert "grade release heads --roster roster.csv" in said
    assert "give either --roster or --student" in said
    assert "has no marked parts" in said
    assert not (course / "releases").exists()


def test_the_handout_is_made_anew(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the solution's marked parts, fields and all; a second time there is nothing to do."""
    solution = course / "reference/heads/solution/heads.py"
    text = solution.read_text()
    marked = "    # BEGIN SOLUTION\n    return 512 * CLASSES + CLASSES\n    # END SOLUTION\n"
    solution.write_text(text.replace("    return 512 * CLASSES + CLASSES\n", marked))
    statuses = [run("--update-handout"), run("--update-handout")]
    said = capsys.readouterr().out
    handout = (course / "assignments/heads/handout/heads.py").read_text()

    assert statuses == [0, 0]
    assert "written: " in said and "the handout is what the solution gives" in said
    assert handout.startswith("CLASSES = {variant.classes}\n")
    assert "512 * CLASSES" not in handout
