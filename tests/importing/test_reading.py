"""Both formats, read: questions, tests, what students get, what runs as the solution."""

from decimal import Decimal
from pathlib import Path

import pytest

from grader.errors import SpecError, UsageError
from grader.importing import Imported, read_foreign
from grader.importing.otter_marks import strip_solution, tidy_solution
from grader.importing.points import share_points
from tests.importing.notebooks import NBGRADER, OTTER, Cells, graded, write


def join(imported: Imported, part: str) -> str:
    """All sources of the handout or the solution."""
    return "\n".join(cell.source for cell in getattr(imported, part))


def test_nbgrader_s_graded_cells_are_questions(tmp_path: Path) -> None:
    """With their points; a hidden part is a hidden test that has the visible part's set-up; what is worth 0 is told."""
    imported = read_foreign(write(tmp_path / "cubes.ipynb", NBGRADER))
    by_id = {question.id: question for question in imported.questions}

    assert {name: question.points for name, question in by_id.items()} == {
        "cube_values": 2,
        "cube_auto": Decimal("1.5"),
        "uses_cube": 1,
        "why": 3,
    }
    assert by_id["cube_values"].title == "Cubes of small numbers"
    assert [test.hidden for test in by_id["cube_values"].tests] == [False, True]
    assert "343" not in by_id["cube_values"].tests[0].source
    assert by_id["cube_values"].tests[1].source.endswith("assert cube(2) == 8\nassert cube(7) == 343")
    assert (by_id["cube_auto"].tests[0].source, by_id["cube_auto"].tests[0].every) == (
        "cube(1)\ncube(3)\ncube(4)",
        True,
    )
    assert by_id["why"].tests == ()
    assert imported.notes == ("Cell 9 ('nothing') is worth no points, and was left out.",)


def test_a_helper_of_an_earlier_test_cell_comes_along(tmp_path: Path) -> None:
    """In nbgrader the cells share one kernel; here each question runs by itself."""
    cells = [
        graded("code", "def raises(f):\n    return f() is None\n### AUTOTEST raises(cube)", "a", points=1, grade=True),
        graded("code", "### AUTOTEST raises(total)", "b", points=1, grade=True),
        graded("code", "assert cube(2) == 8", "c", points=1, grade=True),
    ]
    imported = read_foreign(write(tmp_path / "cubes.ipynb", cells))
    _, second, third = (question.tests[0].source for question in imported.questions)

    assert second == "def raises(f):\n    return f() is None\nraises(total)"
    assert third == "assert cube(2) == 8"


def test_students_get_no_solution_of_nbgrader_s(tmp_path: Path) -> None:
    """Nor a hidden test; a solution cell without marks is all solution."""
    imported = read_foreign(write(tmp_path / "cubes.ipynb", NBGRADER))
    handout, solution = join(imported, "handout"), join(imported, "solution")

    assert "n ** 3" not in handout
    assert "sum(cube" not in handout
    assert "343" not in handout
    assert "a square" not in handout
    assert "assert cube(2) == 8" in handout
    assert handout.count("NotImplementedError") == 2
    assert "return n ** 3" in solution
    assert "SOLUTION" not in solution
    assert "AUTOTEST" not in solution


def test_otter_s_blocks_are_questions(tmp_path: Path) -> None:
    """Their tests with points, messages and what is hidden; functions are called with names of the notebook."""
    imported = read_foreign(write(tmp_path / "areas.ipynb", OTTER))
    first, second = imported.questions

    assert (first.id, first.points, second.id, second.points) == ("q1", Decimal(3), "q2", Decimal(2))
    assert first.title == "Question 1. Write area(r) and assign unit to the area of radius 1."
    assert [(test.points, test.hidden) for test in first.tests] == [
        (Decimal(1), False),
        (Decimal(1), True),
        (Decimal(1), False),
    ]
    assert (first.tests[0].success, first.tests[0].failure) == ("Right.", "Look at the radius.")
    assert first.tests[1].source == "round(area(5), 3) == 78.54"
    assert first.tests[2].source.endswith("test_unit(unit)")
    assert second.tests == ()
    assert imported.files == ("sizes.csv",)


def test_students_get_no_solution_of_otter_s(tmp_path: Path) -> None:
    """Prompts are theirs alone."""
    imported = read_foreign(write(tmp_path / "areas.ipynb", OTTER))
    handout, solution = join(imported, "handout"), join(imported, "solution")

    assert "math.pi" not in handout
    assert "unit = ..." in handout
    assert "78.54" not in handout
    assert "A ratio" not in handout
    assert "# print it here" in handout
    assert "# print it here" not in solution
    assert "return math.pi * r ** 2" in solution
    assert "unit = area(1)\nprint(unit)" in solution


@pytest.mark.parametrize(
    ("source", "students", "solution"),
    [
        ("x = 2 # SOLUTION", "x = ...", "x = 2"),
        ("    return y # SOLUTION", "    ...", "    return y"),
        ("if x == 2: # SOLUTION", "...", "if x == 2:"),
        ("a['b'] = 1 # SOLUTION", "a['b'] = ...", "a['b'] = 1"),
        ("f() # SOLUTION NO PROMPT\ng()", "g()", "f()\ng()"),
        ("y = 1\n# BEGIN IGNORE\nz = 2\n# END IGNORE\nw = 3 # IGNORE", "y = 1", "y = 1"),
        ("## solution ##\nf(x) # SOLUTION", "...", "f(x)"),
    ],
)
def test_marks_of_solutions(source: str, students: str, solution: str) -> None:
    """What students get in each line's place, and the line itself."""
    assert strip_solution(source) == students
    assert tidy_solution(source) == solution


@pytest.mark.parametrize(
    ("question", "tests", "total", "each"),
    [
        (None, [None, None], "1", ["0.5", "0.5"]),
        (None, [2, None, 3], "5", ["2", "0", "3"]),
        (1, [None, None, None], "1", ["0.33", "0.33", "0.34"]),
        ([10, 2], [None, None], "12", ["10", "2"]),
        ({"each": 1.5}, [None, None], "3", ["1.5", "1.5"]),
        (4, [1, None], "4", ["1", "3"]),
        (2, [], "2", []),
    ],
)
def test_points_are_shared_exactly(question: object, tests: list[object], total: str, each: list[str]) -> None:
    """They add up, to the cent."""
    assert share_points(question, tests) == (Decimal(total), [Decimal(points) for points in each])


def test_what_otter_assign_leaves(tmp_path: Path) -> None:
    """A table of doctests without what they expect, and functions marked as tests; nothing of the files is run."""
    write(tmp_path / "hw.ipynb", [("code", "x = 2", {})])
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/q1.py").write_text(
        "OK_FORMAT = True\ntest = {'name': 'q1', 'points': 3, 'suites': [{'setup': '>>> import math', 'cases': ["
        "{'code': '>>> x\\n2', 'hidden': False}, {'code': \">>> str(print(x))\\n2\\n'None'\", 'hidden': True}]}]}\n"
    )
    (tmp_path / "tests/q2.py").write_text(
        "raise SystemExit\nfrom otter.test_files import test_case\nOK_FORMAT = False\nname = 'q2'\npoints = None\n"
        "@test_case(points=2, hidden=True, failure_message='Not 2.')\ndef test_value(x):\n    assert x == 2\n"
    )
    first, second = read_foreign(tmp_path).questions

    assert [test.source for test in first.tests] == ["import math\nx", "import math\nstr(print(x))"]
    assert [(test.points, test.hidden) for test in first.tests] == [(Decimal("1.5"), False), (Decimal("1.5"), True)]
    assert (second.points, second.tests[0].hidden, second.tests[0].failure) == (
        Decimal(2),
        True,
        "Not 2.",
    )
    assert second.tests[0].source.endswith("test_value(x)")


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([("code", "x = 1", {})], "is no assignment of nbgrader's or otter-grader's"),
        ([("markdown", "```\nBEGIN QUESTION\nname: q1\n```", {})], "of before version 1"),
        ([("raw", "# BEGIN QUESTION\nname: q1", {}), ("raw", "# BEGIN QUESTION", {})], "begins inside another"),
        ([("raw", "# BEGIN QUESTION\nname: q1", {})], "isn't ended"),
        ([("raw", "# BEGIN QUESTION\nname: q1", {}), ("raw", "# END TESTS", {})], "END TESTS doesn't fit"),
        ([("raw", "# BEGIN QUESTION\nname: [", {})], "are no YAML"),
        ([("raw", "# BEGIN QUESTION\n- 1", {})], "no table"),
        ([("raw", "# BEGIN QUESTION\nname: q", {}), ("raw", "# END QUESTION", {})], "no question that is worth points"),
    ],
)
def test_what_can_t_be_read_is_said(tmp_path: Path, cells: Cells, message: str) -> None:
    """In a line, with the cell where there is one."""
    notebook = write(tmp_path / "odd.ipynb", cells)

    with pytest.raises((UsageError, SpecError), match=message):
        read_foreign(notebook)


def test_files_that_are_none(tmp_path: Path) -> None:
    """No such file, no notebook, several."""
    (tmp_path / "bad.ipynb").write_text("{")
    (tmp_path / "two").mkdir()
    write(tmp_path / "two/a.ipynb", NBGRADER)
    write(tmp_path / "two/b.ipynb", NBGRADER)

    for path, message in (("gone", "no file or folder"), ("bad.ipynb", "is no notebook"), ("two", "holds 2")):
        with pytest.raises(UsageError, match=message):
            read_foreign(tmp_path / path)
