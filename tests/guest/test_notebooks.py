"""Notebooks: IPython's semantics without a kernel, and errors that name cell and line."""

from typing import Any

import pytest

from grader.guest.notebook import map_lines, prepare_cell
from grader.guest.notebook_plain import PlainNotebook
from tests.guest.driver import QuestionResult, make_header, make_notebook, run_guest

ASK = "def ask(student, given, record):\n    record.answers('answer', student.ask())\n"


def run_cells(*cells: str) -> QuestionResult:
    """One question asked of a notebook."""
    return run_guest(make_header(ASK, make_notebook(*cells), questions=["ask"])).questions[0]


def fail_in(*cells: str) -> dict[str, Any]:
    """The problem of a notebook that has one."""
    result = run_cells(*cells)

    assert result.exit == "crashed"
    assert result.problem is not None
    return result.problem


def test_a_lively_notebook_is_graded() -> None:
    """Magics, commands, display, help, await, unknown magics and missing packages: none of them ends it."""
    result = run_cells(
        "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n%load_ext nonsense\n%nonsense 1",
        "!echo from {1 + 1} the shell\nfiles = !ls\nprint(files)",
        "!pip install torch\n%pip install torch",
        "import asyncio\nawait asyncio.sleep(0)\nasync def five():\n    return 5\nvalue = await five()",
        "display(value)\nvalue",
        "value?",
        "%%time\ndef double(x):\n    return 2 * x",
        "%%bash\necho from bash",
        "%%nonsense\nthis is not python",
        "%%writefile helper.py\nANSWER = 42",
        "import helper\nfrom IPython.display import clear_output\nclear_output()",
        "%timeit double(2)",
        "def ask():\n    !echo called with $value\n    display('shown')\n    return [helper.ANSWER, double(value)]",
    )

    assert result.exit == "finished", result.problem
    assert result.answer("answer") == [42, 10]
    assert "from 2 the shell" in result.output
    assert "['hw1.ipynb']" in result.output
    assert "from bash" in result.output
    assert "Out[5]: 5" in result.output
    assert "called with 5" in result.output


def test_plots_are_drawn_and_shown_nowhere() -> None:
    """A notebook that plots is graded: matplotlib is there, imported before the code is loaded, and needs no screen."""
    result = run_cells(
        "import sys\nearly = 'matplotlib.pyplot' in sys.modules",
        "%matplotlib inline\n%matplotlib notebook\nimport matplotlib.pyplot as plt",
        "figure, axes = plt.subplots()\naxes.plot([1, 2])\nplt.show()\nfigure",
        "def ask():\n    return [early, len(plt.get_fignums())]",
    )

    assert result.exit == "finished", result.problem
    assert result.answer("answer") == [True, 1]


def test_one_namespace() -> None:
    """The cells share one module, whose classes can be pickled."""
    result = run_cells(
        "class Point:\n    pass",
        "import pickle\nkept = pickle.dumps(Point())",
        "def ask():\n    return [type(pickle.loads(kept)).__name__, __name__]",
    )

    assert result.answer("answer") == ["Point", "hw1"]


def test_an_exception_names_cell_and_line() -> None:
    """The error of a cell is told with the cell's number, how it begins, and the line as it was written."""
    problem = fail_in("a = 1", "\n\n# Question 2\nb = a\nc = b / 0 + 1\n")
    frame = problem["frames"][0]

    assert (problem["code"], problem["where"], problem["type"]) == ("exception", "load", "ZeroDivisionError")
    assert (frame["file"], frame["cell"], frame["cells"], frame["line"]) == ("hw1.ipynb", 2, 2, 5)
    assert frame["cell_begins"] == "# Question 2"
    assert frame["code"] == [[4, "b = a"], [5, "c = b / 0 + 1"]]
    assert frame["caret"] == [4, 9]


def test_a_syntax_error_has_its_caret() -> None:
    """A cell that isn't Python is told with line and caret."""
    problem = fail_in("a = 1", "# Question 4\n\ndef make_optimizer(model, base_lr, head_lr)\n    return 1")
    frame = problem["frames"][0]

    assert (problem["code"], problem["message"]) == ("syntax", "expected ':'")
    assert (frame["cell"], frame["line"], frame["caret"]) == (2, 3, [43, 44])


def test_a_cell_that_is_nested_too_deeply_is_named() -> None:
    """What Python gives up reading is a syntax error of its cell, not a fault of the probe."""
    problem = fail_in("a = 1", "x = " + "-" * 20_000 + "1")

    assert (problem["code"], problem["frames"][0]["cell"]) == ("syntax", 2)
    assert "nested too deeply" in problem["message"]


def test_lines_after_magics_are_right() -> None:
    """Lines are counted as written, with a continued command, a `%%time` and empty lines before them."""
    problem = fail_in(
        "def ask():\n    return broken()", "%%time\n\n!echo one \\\n   two\ndef broken():\n    return undefined\n"
    )

    assert [(frame["cell"], frame["line"]) for frame in problem["frames"]] == [(1, 2), (2, 6)]


def test_exit_is_told() -> None:
    """sys.exit, exit() and quit() in a cell are an exit."""
    assert fail_in("import sys\nsys.exit(3)")["message"] == "3"
    assert fail_in("x = 1", "exit()")["code"] == "exit"


def test_a_failing_cell_is_the_last() -> None:
    """Nothing after it runs, as with "Restart and run all"."""
    result = run_cells("print('one')", "raise ValueError('no')", "print('three')")

    assert "one" in result.output
    assert "three" not in result.output
    assert "Traceback" not in result.output


def test_a_wrong_import_is_an_error() -> None:
    """Only magics are forgiven what isn't installed."""
    assert fail_in("import no_such_package")["type"] == "ModuleNotFoundError"


def test_a_failing_command_is_none() -> None:
    """A command that fails leaves its exit code, no exception."""
    result = run_cells("!exit 3\ncode = _exit_code\ndef ask():\n    return code")

    assert result.answer("answer") == 3


@pytest.mark.parametrize(
    ("written", "as_run", "lines"),
    [
        ("a\nb", "a\nb", None),
        ("\n\na\nb", "a\nb", [3, 4]),
        ("!x \\\n y\nb\nc", "run('x  y')\nb\nc", [1, 3, 4]),
        ("", "\n", [1]),
    ],
)
def test_lines_are_mapped(written: str, as_run: str, lines: list[int] | None) -> None:
    """A line as run knows its line as written."""
    assert map_lines(written, as_run) == lines


@pytest.mark.parametrize(
    ("cell", "prepared"),
    [
        ("%%time\nx = 1", "\nx = 1"),
        ("%%capture out\nx = 1", "\nx = 1"),
        ("%%timeit\nx = 1", ""),
        ("%%timer\nx = 1", "%%timer\nx = 1"),
        ("%time x = 1", "%time x = 1"),
    ],
)
def test_bodies_of_timing_magics_are_plain_code(cell: str, prepared: str) -> None:
    """Only whole-cell magics that run their body as it is are undone."""
    assert prepare_cell(cell) == prepared


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("if x:\n    !ls\n    y = 1", "if x:\n    pass\n    y = 1"),
        ("files = !ls", "files = []"),
        ("value?", "pass"),
        ("%%bash\nls\nls", "\n\n"),
        ("text = '''\n%not a magic\n'''", "text = '''\n%not a magic\n'''"),
    ],
)
def test_without_ipython_escapes_are_left_out(cell: str, python: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Line for line, so that errors name the right one."""
    import types

    assert PlainNotebook(types.ModuleType("hw1")).transform(cell) == python
