"""The assignment as otter-grader has it: a zip file with tests and settings, `otter generate`, `otter run`."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import indent

from benchmarks.measuring import Command
from benchmarks.peers.environments import OTTER
from benchmarks.peers.expected import LOGITS_TEST, PREPARE
from benchmarks.peers.students import Student, make_notebook, make_plain_cells

__all__ = ["make_course", "read_points", "run_each"]

TESTS = """\
from otter.test_files import test_case

OK_FORMAT = False
name = "bare"
points = None

{prepare}

built = {{}}


@test_case(points=1, hidden=True)
def count(build_model, count_trainable):
    built["model"] = build_model()
    assert count_trainable(built["model"]) == 5130


@test_case(points=2, hidden=True)
def logits():
{logits}
"""


def make_course(folder: Path, students: Sequence[Student], *, expected: str, variables: Mapping[str, str]) -> None:
    """A folder with autograder.zip, and a notebook for each of these students."""
    tests = folder / "tests"
    tests.mkdir(parents=True)
    logits = LOGITS_TEST.format(model='built["model"]', expected=expected)
    (tests / "bare.py").write_text(TESTS.format(prepare=PREPARE, logits=indent(logits, "    ")))
    (folder / "otter_config.json").write_text(json.dumps({"pdf": False, "show_hidden": True}))
    command = [str(OTTER.python), "-m", "otter", "generate", "--no-requirements", "--no-environment"]
    ran = subprocess.run(command, cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True)
    if ran.returncode:
        raise SystemExit(f"{command} ended with {ran.returncode}:\n{ran.stdout}{ran.stderr}")
    for student in students:
        place = folder / student.id
        place.mkdir()
        (place / "bare.ipynb").write_text(json.dumps(make_notebook(make_plain_cells(student))))


def run_each(folder: Path, students: Sequence[Student], variables: Mapping[str, str]) -> list[Command]:
    """A command a student: `otter run` takes one submission."""
    words = [str(OTTER.python), "-m", "otter", "run", "--no-logo", "--autograder", str(folder / "autograder.zip")]
    return [
        Command(words=[*words, "--output-dir", ".", "bare.ipynb"], environment=variables, folder=folder / student.id)
        for student in students
    ]


def read_points(folder: Path, students: Sequence[Student]) -> dict[str, float]:
    """What otter-grader gave, by student."""
    found = {}
    for student in students:
        told = json.loads((folder / student.id / "results.json").read_text())
        found[student.id] = float(sum(test.get("score", 0) for test in told["tests"]))
    return found
