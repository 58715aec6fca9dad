"""`grade import`, then `grade check` and `grade submit` in a real sandbox: the imported tests say what they said."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.importing.notebooks import NBGRADER, OTTER, write


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grader's home that these tests share."""
    return tmp_path_factory.mktemp("home")


def grade(folder: Path, home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "grader", *arguments],
        cwd=folder,
        env={**os.environ, "GRADER_HOME": str(home), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        stdin=subprocess.DEVNULL,
    )


def submit(folder: Path, home: Path, slug: str, *changes: tuple[str, str]) -> dict[str, dict[str, object]]:
    """The questions of the solution's report with something changed."""
    notebook = folder / "reference" / slug / "solution" / f"{slug}.ipynb"
    work = folder / "work" / slug
    work.mkdir(parents=True, exist_ok=True)
    text = notebook.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (work / f"{slug}.ipynb").write_text(text, "utf-8")
    ran = grade(folder, home, "submit", str(work), "--sandbox", "bubblewrap", "--audience", "instructor")
    assert ran.returncode == 0, ran.stderr
    report = json.loads((work / "report.json").read_text("utf-8"))
    return {question["id"]: question for question in report["questions"]} | {"notes": report["notes"]}


def test_an_nbgrader_assignment_is_graded(tmp_path: Path, home: Path) -> None:
    """The solution earns what a program can give, a mistake costs its own tests; a person's part waits."""
    imported = grade(tmp_path, home, "import", str(write(tmp_path / "cubes.ipynb", NBGRADER)))
    checked = grade(tmp_path, home, "check", "cubes", "--sandbox", "bubblewrap")
    right = submit(tmp_path, home, "cubes")
    wrong = submit(tmp_path, home, "cubes", ("n ** 3", "n ** 3 if n < 5 else 0"))
    alone = submit(tmp_path, home, "cubes", ("sum(cube(i) for i in range(n + 1))", "(n * (n + 1) // 2) ** 2"))

    assert imported.returncode == 0, imported.stderr
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert {name: right[name]["points"] for name in ("cube_values", "cube_auto", "uses_cube", "why")} == {
        "cube_values": 2,
        "cube_auto": 1.5,
        "uses_cube": 1,
        "why": None,
    }
    assert [check["verdict"] for check in wrong["cube_values"]["checks"]] == ["passed", "failed"]
    assert wrong["cube_auto"]["points"] == 1.5
    assert alone["uses_cube"]["points"] == 0
    assert any("4.5 of the points rest on tests" in note["message"] for note in right["notes"])


def test_an_otter_assignment_is_graded(tmp_path: Path, home: Path) -> None:
    """Each test has its points; what an expression shows is compared outside; the author's words are said."""
    imported = grade(tmp_path, home, "import", str(write(tmp_path / "areas.ipynb", OTTER)))
    right = submit(tmp_path, home, "areas")
    wrong = submit(tmp_path, home, "areas", ("math.pi * r ** 2", "math.pi * r"))

    assert imported.returncode == 0, imported.stderr
    assert "sizes.csv" in imported.stdout
    assert right["q1"]["points"] == 3
    assert wrong["q1"]["points"] == 1
    first, second, third = wrong["q1"]["checks"]
    assert (first["verdict"], second["verdict"], third["verdict"]) == ("failed", "failed", "passed")
    assert first["message"] == 'the test showed "6.283"; "12.566" expected'
    assert first["help"] == "Look at the radius."


def test_the_page_for_the_author(tmp_path: Path, home: Path) -> None:
    """It says of each test what would make it a fact; a second import writes over nothing."""
    notebook = str(write(tmp_path / "cubes.ipynb", NBGRADER))
    assert grade(tmp_path, home, "import", notebook).returncode == 0
    page = (tmp_path / "reference/cubes/IMPORTED.md").read_text("utf-8")
    again = grade(tmp_path, home, "import", notebook)
    renamed = grade(tmp_path, home, "import", notebook, "--as", "cubes2")
    odd = grade(tmp_path, home, "import", notebook, "--as", "a b")

    assert "## cube_values (2)" in page
    assert "given.integer" in page
    assert "A person marks it" in page
    assert again.returncode == 2
    assert "is there already" in again.stderr
    assert renamed.returncode == 0
    assert odd.returncode == 2
