"""`grade submit` on real submissions in real sandboxes, with each kind of fault.

The points are right, the message is one that a student understands, and the other questions are unharmed.
"""

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

COURSE = Path(__file__).parent / "course"
RIGHT = (COURSE / "reference/mini/solution/mini.py").read_text("utf-8")
DOUBLE = '    """Twice."""\n    return 2 * number\n'
ALL = {"double": 2, "total": 2.5, "greet": 0.5}
OTHERS = {"double": 0, "total": 2.5, "greet": 0.5}
NOTHING = {"double": 0, "total": 0, "greet": 0}


@dataclass(frozen=True)
class Graded:
    """What a command printed and wrote."""

    status: int
    screen: str
    report: dict[str, Any]

    @property
    def points(self) -> dict[str, float]:
        return {question["id"]: question["points"] for question in self.report["questions"]}


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grader's home that the tests of this module share, so that the reference runs once a draw."""
    return tmp_path_factory.mktemp("home")


def grade(path: Path, home: Path, *options: str) -> Graded:
    """Run `grade submit` as a person would."""
    out = home.parent / "report.json"
    out.unlink(missing_ok=True)
    command = [sys.executable, "-m", "grader", "submit", str(path), "--assignment", str(COURSE / "assignments/mini")]
    done = subprocess.run(
        [*command, "--json", str(out), "--plain", *options],
        env={**os.environ, "GRADER_HOME": str(home), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert out.exists(), done.stdout + done.stderr
    return Graded(done.returncode, done.stdout, json.loads(out.read_text("utf-8")))


def write_script(folder: Path, source: str) -> Path:
    """A submission with one script."""
    (folder / "mini").mkdir()
    (folder / "mini" / "mini.py").write_text(source, "utf-8")
    return folder / "mini"


def break_double(body: str, top: str = "") -> str:
    """The right solution with another body of `double`."""
    assert DOUBLE in RIGHT
    return top + RIGHT.replace(DOUBLE, body)


def write_notebook(path: Path, *sources: str) -> Path:
    """A notebook of code cells."""
    path.parent.mkdir(exist_ok=True)
    frame: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**frame, "source": source} for source in sources]
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}), "utf-8")
    return path


def test_a_right_folder(tmp_path: Path, home: Path) -> None:
    """Every point, status 0, and that nothing was handed in."""
    graded = grade(write_script(tmp_path, RIGHT), home)

    assert graded.status == 0
    assert graded.points == ALL
    assert "5 / 5 points" in graded.screen
    assert "Nothing was handed in" in graded.screen


def test_a_right_zip_and_a_right_script(tmp_path: Path, home: Path) -> None:
    """The same homework as a zip and as a single file earns the same."""
    folder = write_script(tmp_path, RIGHT)
    with zipfile.ZipFile(tmp_path / "mini.zip", "w") as archive:
        archive.write(folder / "mini.py", "mini/mini.py")
    zipped, single = grade(tmp_path / "mini.zip", home), grade(folder / "mini.py", home)

    assert zipped.points == single.points == ALL
    assert zipped.report["submission"]["digest"] == grade(folder, home).report["submission"]["digest"]


def test_a_right_notebook(tmp_path: Path, home: Path) -> None:
    """A notebook with prints, a magic, a shell command, warnings and a display earns every point."""
    talk = "import warnings, sys\nprint('hello')\nwarnings.warn('old')\nprint('careful', file=sys.stderr)\n1 + 1"
    path = write_notebook(tmp_path / "mini" / "mini.ipynb", "%time 1\n!echo shell", talk, RIGHT, "double(3)")

    assert grade(path, home).points == ALL


def test_everything_at_the_top_of_a_script_that_costs_nothing(tmp_path: Path, home: Path) -> None:
    """Warnings, output on stderr and modules that shadow ours beside the homework change nothing."""
    folder = write_script(tmp_path, "import warnings, sys\nwarnings.warn('x')\nprint('e', file=sys.stderr)\n" + RIGHT)
    for name in ("json.py", "numpy.py", "torch.py", "struct.py", "sitecustomize.py"):
        (folder / name).write_text("raise RuntimeError('shadowed')", "utf-8")

    assert grade(folder, home).points == ALL


def test_a_missing_function(tmp_path: Path, home: Path) -> None:
    """Not attempted; the signature says what was asked for."""
    graded = grade(write_script(tmp_path, RIGHT.split("def greet")[0]), home)

    assert graded.points == {**ALL, "greet": 0}
    assert graded.report["questions"][2]["status"] == "not_attempted"
    assert "no function greet(name)" in graded.screen


def test_a_misspelt_function(tmp_path: Path, home: Path) -> None:
    """The near name and its line are told."""
    graded = grade(write_script(tmp_path, RIGHT.replace("def double", "def duoble")), home)

    assert graded.points == OTHERS
    assert "duoble" in graded.screen
    assert "typo" in graded.screen


def test_a_syntax_error_in_a_script(tmp_path: Path, home: Path) -> None:
    """File, line and caret; no question can run, and it is said once."""
    graded = grade(write_script(tmp_path, RIGHT.replace("def total(numbers):", "def total(numbers)")), home)

    assert graded.points == NOTHING
    assert "expected ':'" in graded.screen
    assert graded.screen.count("expected ':'") == 1
    problem = graded.report["questions"][1]["problem"]
    assert (problem["code"], problem["frames"][-1]["file"]) == ("syntax", "mini.py")
    assert problem["frames"][-1]["caret"] is not None


def test_a_syntax_error_in_a_notebook(tmp_path: Path, home: Path) -> None:
    """The cell, its line and the caret."""
    path = write_notebook(
        tmp_path / "mini" / "mini.ipynb", "import math", "# Question 1\nx = 1\ndef double(n)\n    pass"
    )
    graded = grade(path, home)

    assert graded.points == NOTHING
    frame = graded.report["questions"][0]["problem"]["frames"][-1]
    assert (frame["cell"], frame["cells"], frame["line"]) == (2, 2, 3)
    assert "cell 2 of 2, line 3" in graded.screen
    assert "# Question 1" in graded.screen


def test_an_exception(tmp_path: Path, home: Path) -> None:
    """The line, its neighbours, the message and Python's own suggestion."""
    graded = grade(write_script(tmp_path, break_double("    nubmer = 1\n    return 2 * nummer\n")), home)

    assert graded.points == OTHERS
    assert "NameError" in graded.screen
    assert "Did you mean" in graded.screen
    assert "return 2 * nummer" in graded.screen


@pytest.mark.parametrize("sandbox", ["bubblewrap", "process"])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("    while True: pass\n", "wall_limit"),
        ("    import time; time.sleep(1000)\n", "wall_limit"),
        ("    import os; os._exit(0)\n", "crashed"),
        ("    import sys; sys.exit(0)\n", "exit"),
        ("    import ctypes; return ctypes.string_at(0)\n", "signalled"),
        ("    import os, signal; os.kill(os.getpid(), signal.SIGKILL)\n", "signalled"),
    ],
)
def test_a_question_that_ends_badly_costs_itself_alone(
    tmp_path: Path, home: Path, sandbox: str, body: str, code: str
) -> None:
    """A hang, an exit, a segmentation fault: this question is lost, the others earn all; the problem is named."""
    graded = grade(write_script(tmp_path, break_double(body)), home, "--sandbox", sandbox)

    assert graded.points == OTHERS
    assert graded.report["questions"][0]["problem"]["code"] == code
    assert graded.report["questions"][0]["problem"]["message"]


def test_signals_to_those_above_cost_the_question_alone(tmp_path: Path, home: Path) -> None:
    """A program that sends its parent every signal that there is ends nobody else's question."""
    body = "    import os\n    for n in range(1, 65):\n        try: os.kill(os.getppid(), n)\n"
    body += "        except OSError: pass\n    return None\n"
    graded = grade(write_script(tmp_path, break_double(body)), home, "--sandbox", "bubblewrap")

    assert graded.points == OTHERS


def test_an_exit_while_loading(tmp_path: Path, home: Path) -> None:
    """A file that ends the program at its top is told so, once, as a fault of loading."""
    graded = grade(write_script(tmp_path, "import os\nos._exit(0)\n" + RIGHT), home)

    assert graded.points == NOTHING
    assert graded.screen.count("mini.py ended the program while it was loaded") == 1
    assert {question["problem"]["where"] for question in graded.report["questions"]} == {"load"}


def test_memory(tmp_path: Path, home: Path) -> None:
    """More memory than the run may have costs the question that takes it."""
    body = "    hold = []\n    while True: hold.append(bytearray(b'x') * 10_000_000)\n"
    graded = grade(write_script(tmp_path, break_double(body)), home, "--sandbox", "bubblewrap")

    assert graded.points == OTHERS
    assert "memory" in graded.report["questions"][0]["problem"]["message"].lower()


def test_a_hundred_megabytes_of_output(tmp_path: Path, home: Path) -> None:
    """A flood of output costs nothing; what is kept of it is short and says so."""
    body = "    for _ in range(100): print('x' * 1_000_000)\n    return 2 * number\n"
    graded = grade(write_script(tmp_path, break_double(body)), home)

    assert graded.points == ALL
    output = graded.report["questions"][0]["output"]
    assert output["truncated"]
    assert output["bytes"] >= 100_000_000
    assert len(output["text"]) < 100_000


def test_a_notebook_that_works_for_long_at_the_top(tmp_path: Path, home: Path) -> None:
    """It is graded from its functions, and the report says so."""
    path = write_notebook(tmp_path / "mini" / "mini.ipynb", "import time\ntime.sleep(600)", RIGHT, "while True: pass")
    graded = grade(path, home)

    assert graded.points == ALL
    assert any("definitions" in note["code"] for note in graded.report["notes"])


def test_nothing_to_grade(tmp_path: Path, home: Path) -> None:
    """A folder without the file asked for is graded: nothing was attempted; what is there is named."""
    (tmp_path / "mini").mkdir()
    (tmp_path / "mini" / "homework.py").write_text(RIGHT, "utf-8")
    graded = grade(tmp_path / "mini", home)

    assert graded.status == 0
    assert graded.points == NOTHING
    assert "mini.py" in graded.screen
    assert "homework.py" in graded.screen


def test_a_refused_archive(tmp_path: Path, home: Path) -> None:
    """An archive that would write elsewhere is refused with its reason: no points, status 0, nothing ran."""
    with zipfile.ZipFile(tmp_path / "mini.zip", "w") as archive:
        archive.writestr("../mini.py", RIGHT)
    graded = grade(tmp_path / "mini.zip", home)

    assert (graded.status, graded.points) == (0, NOTHING)
    assert "../mini.py" in graded.screen
    assert graded.report["fault"]["whose"] == "student"


def test_fail_under(tmp_path: Path, home: Path) -> None:
    """Status 1 only where fewer points were earned than asked."""
    folder = write_script(tmp_path, break_double("    return 3\n"))

    assert grade(folder, home, "--fail-under", "3").status == 0
    assert grade(folder, home, "--fail-under", "3.01").status == 1


def test_recheck_marks_again_without_running(tmp_path: Path, home: Path) -> None:
    """`grade recheck` gives the same marks from the stored evidence."""
    graded = grade(write_script(tmp_path, break_double("    return 3\n")), home)
    command = [sys.executable, "-m", "grader", "recheck", graded.report["report_id"], "--json", "-"]
    environment = {**os.environ, "GRADER_HOME": str(home)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stderr
    again = json.loads(done.stdout)
    assert again["questions"] == graded.report["questions"]
    assert again["score"] == graded.report["score"]


def test_recheck_refuses_a_run_whose_questions_were_others(tmp_path: Path) -> None:
    """With a new secret the hidden inputs are others: answers to the old ones aren't marked by the new."""
    home = tmp_path / "home"
    home.mkdir()
    graded = grade(write_script(tmp_path, RIGHT), home)
    (home / "secret").unlink()
    command = [sys.executable, "-m", "grader", "recheck", graded.report["report_id"], "--json", "-"]
    environment = {**os.environ, "GRADER_HOME": str(home)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 2
    assert "can't be marked again" in done.stderr
