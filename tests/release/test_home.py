"""A release at a student's: unpacked into an empty folder, with an empty home and no reference anywhere."""

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grader.release import Recipient, write_handout
from tests.release.course import RIGHT, SOLUTION, Course, write_course


@dataclass(frozen=True)
class Laptop:
    """A student's machine."""

    folder: Path

    @property
    def work(self) -> Path:
        return self.folder / "work/sums"

    def submit(self, source: str | None, *arguments: str, sandbox: str = "process") -> tuple[int, str, dict[str, Any]]:
        """What `grade submit .` says of a script: its status, its screen, its report."""
        if source is not None:
            (self.work / "sums.py").write_text(source)
        (self.work / "report.json").unlink(missing_ok=True)
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        unset = ("GRADER_HOME", "GRADER_STUDENT", "XDG_DATA_HOME")
        environment = {name: value for name, value in os.environ.items() if name not in unset}
        done = subprocess.run(
            [sys.executable, "-m", "grader", "submit", ".", "--plain", "--sandbox", sandbox, *arguments],
            cwd=self.work,
            env={**environment, "HOME": str(home), "COLUMNS": "100"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        report = self.work / "report.json"
        said = json.loads(report.read_text()) if report.is_file() else {}
        return done.returncode, " ".join((done.stdout + done.stderr).split()), said


def unpack(content: bytes, folder: Path) -> Laptop:
    """A release on a machine of its own."""
    (folder / "work").mkdir(parents=True)
    (folder / "release.zip").write_bytes(content)
    with zipfile.ZipFile(folder / "release.zip") as archive:
        archive.extractall(folder / "work")
    return Laptop(folder)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The author's home."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory, home: Path) -> bytes:
    """A release."""
    return write_course(tmp_path_factory.mktemp("author"), home).release(draws=2).content


@pytest.fixture
def laptop(content: bytes, tmp_path: Path) -> Laptop:
    """It, unpacked."""
    return unpack(content, tmp_path)


def states(report: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    """Each question's state and points."""
    return {question["id"]: (question["status"], question["points"]) for question in report["questions"]}


def test_a_right_solution_at_home(laptop: Laptop) -> None:
    """Points for what is shown, in a real sandbox; what isn't marked here is said; no reference is needed."""
    status, screen, report = laptop.submit(RIGHT, sandbox="auto")

    assert status == 0, screen
    assert states(report) == {
        "double": ("withheld", None),
        "total": ("passed", 2),
        "greet": ("withheld", None),
        "late": ("withheld", None),
        "own": ("withheld", None),
    }
    assert report["score"]["points"] == report["score"]["max_points"] == 2
    assert report["score"]["withheld_points"] == 5
    assert "2 / 2 points on this machine" in screen
    assert "Practice, on inputs made for it: what counts is what your course grades." in screen
    assert "what is shown passed; its result also depends on checks that aren't shown" in screen
    assert "Not marked here, or only in part, but graded by your course: double, greet, late, own." in screen
    assert "large_ones" not in json.dumps(report)
    assert "the box in room 7" in screen
    assert not (laptop.folder / "home/.local/share/grader/runs").exists()


def test_files_that_come_with_it_are_there_at_home(laptop: Laptop) -> None:
    """Code that reads one is right by itself and when it is marked; one that was changed is the assignment's again."""
    table = laptop.work / "data/table.csv"
    reads = RIGHT + "\n\nassert open('data/table.csv').read() == 'city,people\\nBasel,178\\n'\n"
    (laptop.work / "sums.py").write_text(reads)
    alone = subprocess.run([sys.executable, "sums.py"], cwd=laptop.work, capture_output=True, text=True, check=False)
    table.write_text("city,people\n")
    status, screen, report = laptop.submit(reads)

    assert alone.returncode == 0, alone.stderr
    assert status == 0, screen
    assert states(report)["total"] == ("passed", 2)


def test_a_wrong_solution_at_home(laptop: Laptop) -> None:
    """A failed check is told with its hint, and with the hint on the mistake that fails just so; never its name."""
    _, screen, report = laptop.submit(RIGHT.replace("number + number", "3 * number").replace("fsum", "prod"))

    assert states(report)["double"] == ("failed", 0)
    assert states(report)["total"] == ("failed", 0)
    assert "Hint: Twice the number." in screen
    assert "A known mistake fails just so: How often is the number in it?" in screen
    assert "Three is taken for two" not in screen + json.dumps(report)


def test_the_handout_as_it_is(laptop: Laptop) -> None:
    """Unchanged it earns nothing and says where to begin; with the notebook written, the notebook is graded."""
    _, screen, report = laptop.submit(None)
    notebook = json.loads((laptop.work / "sums.ipynb").read_text())
    notebook["cells"] = [{"cell_type": "code", "metadata": {}, "source": RIGHT, "outputs": [], "execution_count": None}]
    (laptop.work / "sums.ipynb").write_text(json.dumps(notebook))
    _, again, better = laptop.submit(None)

    assert report["score"]["points"] == 0
    assert "NotImplementedError" in screen
    assert states(better)["total"] == ("passed", 2)
    assert "sums.py is the handout's, unchanged, so sums.ipynb was graded" in again


def test_a_refused_submission_at_home(laptop: Laptop) -> None:
    """The reason, as a course would give it."""
    (laptop.work / "sums.py").write_bytes(b"\xff\xfe\0\0not text")
    status, screen, report = laptop.submit(None)

    assert status == 0
    assert "refused" in screen
    assert report["fault"]["whose"] == "student"


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("practice.json", b"{"),
        ("practice.json", b'{"practice_version": 2}'),
        ("0.frames", b""),
        ("0.frames", b"GRD1 and nonsense"),
        ("0.given", None),
    ],
)
def test_a_damaged_release_is_told(laptop: Laptop, name: str, damage: bytes | None) -> None:
    """No traceback, no mark: get the folder again."""
    for number in (0, 1):
        path = laptop.work / ".grade/practice" / name.replace("0", str(number))
        if damage is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(damage)
    status, screen, report = laptop.submit(RIGHT)

    assert status == 2
    assert "isn't as it was given out" in screen
    assert report == {}


def test_what_claims_more_than_the_assignment_has_is_refused(laptop: Laptop) -> None:
    """A `.grade` that was changed: other checks, another assignment's state, a variant that there isn't."""
    path = laptop.work / ".grade/practice/practice.json"
    said = json.loads(path.read_text())
    changes: list[dict[str, Any]] = [
        {"shown": {"double": ["nothing"]}},
        {"shown": {"nobody": []}},
        {"digest": "sha256:0"},
        {"variant": {"classes": 3}},
    ]
    for change in changes:
        path.write_text(json.dumps({**said, **change}))
        status, screen, _ = laptop.submit(RIGHT)

        assert status == 2, change
        assert "isn't as it was given out" in screen


def test_where_the_reference_is_the_release_is_no_word(content: bytes, tmp_path: Path, home: Path) -> None:
    """On the course's own machine the same folder is graded as any: by the reference, on a draw that counts."""
    course = write_course(tmp_path / "course", home)
    laptop = unpack(content, course.folder / "handed_in")
    (laptop.work / ".grade/practice/practice.json").write_text("{}")
    _, screen, report = laptop.submit(RIGHT)

    assert report["score"]["points"] == 4
    assert states(report)["own"] == ("passed", 1)
    assert "Practice" not in screen


def vary(course: Course) -> None:
    """Make the course one with variants."""
    specification = course.public / "assignment.toml"
    text = specification.read_text().replace("attempts = 3\n", "attempts = 3\nvariants = { times = [2, 3] }\n")
    specification.write_text(text.replace("Double a number", "{variant.times} times a number"))
    solution = SOLUTION.replace("doubled_by_hand = number + number", "doubled_by_hand = {variant.times} * number")
    (course.private / "solution/sums.py").write_text(
        solution.replace("import math", "import math\n\nTIMES = {variant.times}")
    )
    for mutant in (course.private / "mutants").iterdir():
        (mutant / "sums.py").write_text(solution.replace("{variant.times} * number", "{variant.times} + number"))


def test_a_student_of_a_variant(tmp_path: Path, home: Path) -> None:
    """The own values in the handout, the README and the report; practice on the own variant, without a name."""
    course = write_course(tmp_path / "course", home)
    vary(course)
    write_handout(course.load())
    whose = Recipient(id="ada", variant={"times": 3})
    laptop = unpack(course.release(recipient=whose).content, tmp_path / "ada")
    handout = (laptop.work / "sums.py").read_text()
    _, screen, report = laptop.submit(None)
    right = RIGHT.replace("number + number", "3 * number")
    _, _, better = laptop.submit(right)
    _, _, other = laptop.submit(RIGHT)

    assert "TIMES = 3" in handout
    assert "**Yours:** times = 3." in (laptop.work / "README.md").read_text()
    assert report["assignment"]["variant"] == {"times": 3}
    assert "3 times a number" in screen
    assert better["questions"][0]["checks"][0]["verdict"] == "passed"
    assert other["questions"][0]["checks"][0]["verdict"] == "failed"
