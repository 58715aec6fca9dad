"""Notebooks in the formats of nbgrader and otter-grader, made by hand: what those projects' own examples hold."""

import json
from pathlib import Path
from typing import Any

__all__ = ["NBGRADER", "OTTER", "Cells", "graded", "write"]

Cells = list[tuple[str, str, dict[str, Any]]]


def graded(kind: str, source: str, name: str, *, points: float | None = None, **flags: bool) -> tuple[str, str, Any]:
    """A cell with nbgrader's metadata."""
    about: dict[str, Any] = {"grade_id": name, "schema_version": 3, "grade": False, "solution": False, **flags}
    if points is not None:
        about["points"] = points
    return kind, source, {"nbgrader": about}


NBGRADER: Cells = [
    ("markdown", "# Cubes\n\nWrite `cube(n)`; it raises `ValueError` below 0.", {}),
    graded(
        "code",
        "def cube(n):\n    ### BEGIN SOLUTION\n    if n < 0:\n        raise ValueError(n)\n    return n ** 3\n"
        "    ### END SOLUTION",
        "cube",
        solution=True,
    ),
    ("code", "cube(2)", {}),
    graded(
        "code",
        '"""Cubes of small numbers"""\nassert cube(2) == 8\n### BEGIN HIDDEN TESTS\nassert cube(7) == 343\n'
        "### END HIDDEN TESTS",
        "cube-values",
        points=2,
        grade=True,
    ),
    graded("code", "### AUTOTEST cube(1); cube(3)\n### HASHED AUTOTEST cube(4)", "cube auto", points=1.5, grade=True),
    graded(
        "code",
        "kept = cube\ndel cube\ntry:\n    total(2)\nexcept NameError:\n    pass\nelse:\n"
        "    raise AssertionError('total does without cube')\nfinally:\n    cube = kept",
        "uses_cube",
        points=1,
        grade=True,
    ),
    graded("code", "def total(n):\n    return sum(cube(i) for i in range(n + 1))", "total", solution=True),
    graded("markdown", "The sum is a square.", "why", points=3, grade=True, solution=True),
    graded("code", "assert True", "nothing", points=0, grade=True),
]

OTTER: Cells = [
    ("raw", "# ASSIGNMENT CONFIG\nname: areas\nfiles:\n    - sizes.csv", {}),
    ("code", "import math", {}),
    ("raw", "# BEGIN QUESTION\nname: q1\npoints: 3", {}),
    ("markdown", "**Question 1.** Write `area(r)` and assign `unit` to the area of radius 1.", {}),
    ("raw", "# BEGIN SOLUTION", {}),
    (
        "code",
        "def area(r):\n    # BEGIN SOLUTION\n    return math.pi * r ** 2\n    # END SOLUTION\n\n"
        'unit = area(1) # SOLUTION\nprint(unit) # SOLUTION NO PROMPT\n""" # BEGIN PROMPT\n# print it here\n'
        '""" # END PROMPT',
        {},
    ),
    ("raw", "# END SOLUTION", {}),
    ("raw", "# BEGIN TESTS", {}),
    (
        "code",
        '""" # BEGIN TEST CONFIG\npoints: 1\nsuccess_message: Right.\nfailure_message: Look at the radius.\n'
        '""" # END TEST CONFIG\nround(area(2), 3)',
        {},
    ),
    ("code", "# HIDDEN\nround(area(5), 3) == 78.54", {}),
    ("code", "def test_unit(unit):\n    assert abs(unit - 3.14159) < 0.001", {}),
    ("raw", "# END TESTS", {}),
    ("raw", "# END QUESTION", {}),
    ("markdown", "```otter\n# BEGIN QUESTION\nname: q2\nmanual: true\npoints: 2\n```", {}),
    ("markdown", "What is pi?", {}),
    ("raw", "# BEGIN SOLUTION", {}),
    ("markdown", "A ratio.", {}),
    ("raw", "# END SOLUTION", {}),
    ("raw", "# END QUESTION", {}),
]


def write(path: Path, cells: Cells) -> Path:
    """A notebook of these cells."""
    written: list[dict[str, Any]] = []
    for number, (kind, source, metadata) in enumerate(cells):
        about = {"cell_type": kind, "id": f"c{number}", "source": source, "metadata": metadata}
        written.append(about | ({"execution_count": None, "outputs": []} if kind == "code" else {}))
    notebook = {"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), "utf-8")
    return path
