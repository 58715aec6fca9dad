"""The assignment as nbgrader has it: a course folder, `nbgrader generate_assignment`, `nbgrader autograde`."""

import csv
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measuring import Command
from benchmarks.peers.environments import NBGRADER
from benchmarks.peers.expected import LOGITS_TEST, PREPARE
from benchmarks.peers.students import IMPORTS, Student, make_cell, make_notebook

__all__ = ["autograde", "make_course", "read_points"]

SOLUTIONS = {"build": "def build_model():\n", "count": "def count_trainable(model):\n"}
TO_DO = "    ### BEGIN SOLUTION\n    ### END SOLUTION\n"


def make_course(folder: Path, students: Sequence[Student], *, expected: str, variables: Mapping[str, str]) -> None:
    """A course with one assignment that is released, and what these students handed in."""
    source = folder / "source" / "bare"
    source.mkdir(parents=True)
    (folder / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "benchmark"\n')
    (source / "bare.ipynb").write_text(json.dumps(make_notebook(make_source_cells(expected))))
    run(["generate_assignment", "bare", "--create"], folder, variables)
    released = (folder / "release" / "bare" / "bare.ipynb").read_text()
    for student in students:
        place = folder / "submitted" / student.id / "bare"
        place.mkdir(parents=True)
        (place / "bare.ipynb").write_text(json.dumps(fill_in(json.loads(released), student)))
    run(["db", "student", "list"], folder, variables)  # the gradebook is there before anything is measured


def make_source_cells(expected: str) -> list[dict[str, Any]]:
    """The author's notebook: two cells to fill in, two cells that give points, with hidden tests."""
    hidden = "### BEGIN HIDDEN TESTS\n{}### END HIDDEN TESTS\n"
    count_test = "model = build_model()\n" + hidden.format("assert count_trainable(model) == 5130\n")
    logits_test = hidden.format(LOGITS_TEST.format(model="model", expected=expected))
    return [
        make_cell("imports", IMPORTS),
        *(make_cell(id, text + TO_DO, nbgrader=describe(id, solution=True)) for id, text in SOLUTIONS.items()),
        make_cell("prepare", PREPARE, nbgrader=describe("prepare", locked=True)),
        make_cell("count_test", count_test, nbgrader=describe("count_test", locked=True, points=1)),
        make_cell("logits_test", logits_test, nbgrader=describe("logits_test", locked=True, points=2)),
    ]


def describe(id: str, *, solution: bool = False, locked: bool = False, points: int | None = None) -> dict[str, Any]:
    """What nbgrader keeps in a cell's metadata."""
    said = {"schema_version": 3, "grade_id": id, "solution": solution, "locked": locked, "task": False}
    return {**said, "grade": False} if points is None else {**said, "grade": True, "points": points}


def fill_in(notebook: dict[str, Any], student: Student) -> dict[str, Any]:
    """The released notebook with a student's two cells in it."""
    written = {"build": student.build, "count": student.count}
    for cell in notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in written:
            cell["source"] = written[name]
    return notebook


def autograde(folder: Path, variables: Mapping[str, str]) -> Command:
    """The one command that grades everybody in a course."""
    words = [str(NBGRADER.python), "-m", "nbgrader", "autograde", "bare", "--create"]
    return Command(words=words, environment=variables, folder=folder)


def read_points(folder: Path, variables: Mapping[str, str]) -> dict[str, float]:
    """What nbgrader gave, by student."""
    run(["export", "--to", "points.csv"], folder, variables)
    with (folder / "points.csv").open(newline="") as file:
        return {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}


def run(words: Sequence[str], folder: Path, variables: Mapping[str, str]) -> None:
    """A command of nbgrader's that isn't measured."""
    command = [str(NBGRADER.python), "-m", "nbgrader", *words]
    ran = subprocess.run(command, cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True)
    if ran.returncode:
        raise SystemExit(f"{command} ended with {ran.returncode}:\n{ran.stdout}{ran.stderr}")
