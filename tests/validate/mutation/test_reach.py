"""Which questions a function of the solution can change."""

import ast

import pytest

from grader.validate.mutation.reach import find_entries, find_questions, list_unreached

PROBE = """
def one(student, given, record):
    record.answers("a", student.f(1))

def two(student, given, record):
    ask(student, 2)

def ask(program, number):
    return program.g(number)

def three(student, given, record):
    for name in ("f", "g"):
        getattr(student, name)()

def four(them, given, record):
    record.answers("a", [them.h(x) for x in given["xs"]])
"""
QUESTIONS = ("one", "two", "three", "four")

PROGRAM = """
import math

LIMIT = 3

def f(x):
    return helper(x)

def g(x):
    return x

def h(x):
    return x > LIMIT

def helper(x):
    return math.sqrt(x)

def lonely():
    return 1

print("now")
"""


def test_entries() -> None:
    """What is called of the student, by the question or by a helper; a name looked up can't be told."""
    assert find_entries(PROBE, QUESTIONS) == {
        "one": frozenset({"f"}),
        "two": frozenset({"g"}),
        "three": None,
        "four": frozenset({"h"}),
    }


@pytest.mark.parametrize(
    ("name", "questions"),
    [
        ("f", ("one", "three")),
        ("helper", ("one", "three")),
        ("g", ("two", "three")),
        ("LIMIT", ("three", "four")),
        ("lonely", ("three",)),
        ("", QUESTIONS),
    ],
)
def test_questions(name: str, questions: tuple[str, ...]) -> None:
    """Functions by what leads to them; a statement that defines nothing may change everything."""
    program = ast.parse(PROGRAM)
    statement = program.body[-1]
    for node in program.body:
        if getattr(node, "name", "") == name or ast.unparse(node).startswith(f"{name} =" if name else "print"):
            statement = node

    assert find_questions(program, statement, find_entries(PROBE, QUESTIONS)) == questions


def test_what_no_question_leads_to() -> None:
    """It is named, unless a question can't be told: then everything may be reached."""
    entries = find_entries(PROBE, ["one", "two", "four"])

    assert list_unreached(ast.parse(PROGRAM), entries) == ["lonely"]
    assert list_unreached(ast.parse(PROGRAM), find_entries(PROBE, QUESTIONS)) == []


def test_a_question_without_a_function() -> None:
    """It can't be told, so it is asked."""
    assert find_entries("from other import one", ["one"]) == {"one": None}
