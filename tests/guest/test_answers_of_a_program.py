"""A program whose variables are the answers: loaded once, each variable recorded, in a loader of its own."""

from typing import Any

import pytest

from tests.guest.driver import GuestResult, make_header, run_guest

NAMES = ["first", "second", "third"]


def run(answers: str | dict[str, Any], *, program: str | None = None, **changes: Any) -> GuestResult:
    """A job with one question that asks the program, where there is one, and one that loads the answers."""
    own = {"path": "answers.py", "kind": "script", "source": answers} if isinstance(answers, str) else answers
    probe = "def double(student, given, record):\n    record.answers('doubled', student.double(2))\n"
    asked = ["double"] if program is not None else []
    header = make_header(probe, program, questions=asked, **changes)
    quiz = {"id": "answers.py", "function": "", "wall_seconds": 5.0, "program": own, "variables": NAMES}
    return run_guest({**header, "questions": [*header["questions"], quiz]})


@pytest.mark.parametrize("fork", [True, False])
def test_each_variable_is_an_answer(fork: bool) -> None:
    """By its name; one that isn't there leaves none, and other variables none either."""
    (answers,) = run("first = 40 + 2\nthird = (1, 'x')\nother = 3\n", fork=fork).questions

    assert answers.exit == "finished"
    assert [record["name"] for record in answers.records] == ["first", "third"]
    assert answers.answer("first") == 42
    assert answers.answer("third") == {"$": "tuple", "items": [1, "x"]}


def test_it_runs_once() -> None:
    """For all of its answers together."""
    (answers,) = run("print('loading')\nfirst = second = third = 1\n").questions

    assert answers.output.count("loading") == 1


def test_a_notebook() -> None:
    """Cell by cell, with magics, like any notebook."""
    cells = [{"number": 1, "source": "%time first = 1"}, {"number": 2, "source": "second = first + 1"}]
    (answers,) = run({"path": "answers.ipynb", "kind": "notebook", "cells": cells, "of": 2}).questions

    assert (answers.answer("first"), answers.answer("second")) == (1, 2)


def test_beside_a_program() -> None:
    """Each in a loader of its own: neither sees the other's names."""
    double, answers = run("first = 1\n", program="first = 7\ndef double(number):\n    return 2 * number\n").questions

    assert double.answer("doubled") == 4
    assert [(record["name"], record["value"]) for record in answers.records] == [("first", 1)]


def test_an_error_in_it() -> None:
    """Costs the answers, not the program; it has its own file's name and line."""
    double, answers = run("first = 1\nsecond = 1 / 0\n", program="def double(n):\n    return 2 * n\n").questions

    assert double.exit == "finished"
    assert answers.exit != "finished"
    assert answers.records == []
    assert answers.problem is not None
    assert (answers.problem["where"], answers.problem["type"]) == ("load", "ZeroDivisionError")
    assert (answers.problem["frames"][-1]["file"], answers.problem["frames"][-1]["line"]) == ("answers.py", 2)


@pytest.mark.parametrize("fork", [True, False])
def test_it_is_never_cut_to_definitions(fork: bool) -> None:
    """A program that doesn't load in time is tried with definitions only; of answers that would leave half."""
    slow = "import time\ntime.sleep(60)\n"
    program = f"def double(n):\n    return 2 * n\n{slow}"
    double, answers = run(f"first = 1\n{slow}", program=program, load_seconds=3.0, fork=fork).questions

    assert (double.exit, double.ended["definitions_only"]) == ("finished", True)
    assert (answers.exit, answers.ended["definitions_only"]) == ("load_limit", False)


def test_long_names() -> None:
    """A question's name may be longer than that of any other record."""
    name = "n" * 64
    own = {"path": "answers.py", "kind": "script", "source": f"{name} = 1\n"}
    quiz = {"id": "answers.py", "function": "", "wall_seconds": 5.0, "program": own, "variables": [name]}
    result = run_guest({**make_header("", None, questions=[]), "questions": [quiz]})

    assert result.questions[0].answer(name) == 1
