"""What comes of a notebook's test that runs among the student's names."""

from types import ModuleType

import numpy as np

from grader.guest.cell_tests import run_cell_test
from grader.guest.student import Student
from tests.guest.recording import Recording

Outcome = tuple[bool, str, int | None, str | None]


def run(
    source: str, namespace: dict[str, object] | None = None, *, every: bool = False, printed: bool = False
) -> Outcome:
    """Its outcome, in order."""
    outcome = run_cell_test(source, {} if namespace is None else namespace, every=every, printed=printed)
    return outcome["passed"], outcome["shown"], outcome["line"], outcome["error"]


def test_an_assertion_passes_or_tells_its_line() -> None:
    """Lines count in the test itself, also where the error is raised in the student's function."""
    namespace: dict[str, object] = {}
    exec("def f(n):\n    return 1 // n", namespace)

    assert run("assert f(1) == 1", dict(namespace)) == (True, "", None, None)
    assert run("x = 1\nassert x == 2, 'no'", dict(namespace)) == (False, "", 2, "AssertionError: no")
    assert run("\n\nf(0)", dict(namespace))[2:] == (3, "ZeroDivisionError: integer division or modulo by zero")
    assert run("assert missing", {})[3] == "NameError: name 'missing' is not defined"
    assert run("if", {})[0] is False


def test_expressions_show_their_values() -> None:
    """The last one, or every one at the top; None shows nothing; printed text only where it is asked for."""
    assert run("1 + 1\n'a' * 2") == (True, "'aa'", None, None)
    assert run("1 + 1\n'a' * 2", every=True) == (True, "2\n'aa'", None, None)
    assert run("None") == (True, "", None, None)
    assert run("print(3)\n4") == (True, "4", None, None)
    assert run("str(print(3))", printed=True) == (True, "3\n'None'", None, None)


def test_numpy_s_numbers_show_as_python_s() -> None:
    """And an address in memory isn't shown: it differs each time."""
    assert run("x == 3", {"x": np.int64(3)})[1] == "True"
    assert run("f", {"f": run})[1] == "<function run at 0x…>"


def test_a_test_may_take_a_name_away() -> None:
    """It runs among the very names that the student's functions see."""
    module = ModuleType("hw")
    exec("def one():\n    return 1\ndef two():\n    return 2 * one()", module.__dict__)
    recording = Recording("none")
    source = "kept = one\ndel one\ntry:\n    two()\n    raise SystemError\nexcept NameError:\n    one = kept"
    recording.record.test("uses_one", Student(module), source)
    value = recording.only["value"]

    assert recording.only["kind"] == "answers"
    assert (value["passed"], value["error"]) == (True, None)
