"""PROBLEM: what a student is told of what went wrong."""

from typing import Any

import pytest

from grader.evidence.schema import check_ended, check_problem
from tests.guest.driver import QuestionResult, make_header, run_guest

PROBE = """
SIGNATURES = {"diagnose": "diagnose(history)"}

def missing(student, given, record):
    student.diagnose({})

def misspelt(student, given, record):
    student.build_classifier()

def not_callable(student, given, record):
    student.constant(1)

def wrong_call(student, given, record):
    student.two_arguments(1)

def name_error(student, given, record):
    student.uses_image([1], [2])

def attribute_error(student, given, record):
    student.uses_appendd()

def forgotten_import(student, given, record):
    student.uses_np()

def deep(student, given, record):
    student.recurse(0)

def interrupt(student, given, record):
    student.interrupt()

def hostile_str(student, given, record):
    student.raise_hostile()

def hostile_everything(student, given, record):
    student.raise_worse()

def long_message(student, given, record):
    student.raise_long()

def wide_line(student, given, record):
    student.wide()

def chained(student, given, record):
    student.chained()

def helper_error(student, given, record):
    student.use_helper()

def probe_fault(student, given, record):
    student.gives_none().parameters()

def system_exit_in_str(student, given, record):
    student.raise_exiting()

def key_error(student, given, record):
    student.key()

def lambda_error(student, given, record):
    student.by_lambda()
"""

PROGRAM = """
import sys
import helper

constant = 3

def build_clasifier(num_classes=10):
    return None

def two_arguments(first, second):
    return first

def uses_image(images, labels):
    for label in labels:
        print(image, label)

def uses_appendd():
    return [].appendd(1)

def uses_np():
    return np.zeros(3)

def recurse(depth):
    return recurse(depth + 1)

def interrupt():
    raise KeyboardInterrupt

class Hostile(Exception):
    def __str__(self):
        raise ValueError("gotcha")
    __repr__ = __str__

def raise_hostile():
    raise Hostile

class Meta(type):
    __name__ = property(lambda cls: 1 / 0)

class Worse(BaseException, metaclass=Meta):
    args = property(lambda self: 1 / 0)
    __class__ = property(lambda self: 1 / 0)
    __traceback__ = property(lambda self: 1 / 0)
    def __str__(self):
        return Text("\\ud800" + "x" * 10)
    def __getattribute__(self, name):
        raise SystemExit(name)

class Text(str):
    def __getitem__(self, key):
        raise KeyboardInterrupt
    def encode(self, *arguments):
        raise KeyboardInterrupt

def raise_worse():
    raise Worse

class Exiting(Exception):
    def __str__(self):
        sys.exit(0)

def raise_exiting():
    raise Exiting

def raise_long():
    raise ValueError("word " * 1_000_000)

def wide():
    x = "WIDE"; return 1 / 0

def chained():
    try:
        {}["missing"]
    except KeyError as error:
        raise RuntimeError("second") from error

def use_helper():
    return helper.fail("äöü", 1)

def gives_none():
    return None

def key():
    return {}["the key"]

def by_lambda():
    return sorted([1, "a"], key=lambda item: item + 1)
""".replace("WIDE", "w" * 5000)

HELPER = 'def fail(text, number):\n    print("ä"); return text + number\n'
NAMES = [line[4 : line.index("(")] for line in PROBE.splitlines() if line.startswith("def ")]


@pytest.fixture(scope="module")
def results() -> dict[str, QuestionResult]:
    """Every problem in one run."""
    files = {"hw1.py": PROGRAM.encode(), "helper.py": HELPER.encode()}
    run = run_guest(make_header(PROBE, PROGRAM, questions=NAMES), files=files)

    assert run.done
    return dict(zip(NAMES, run.questions, strict=True))


def problem_of(results: dict[str, QuestionResult], name: str) -> dict[str, Any]:
    """The problem of one question."""
    problem = results[name].problem

    assert problem is not None, results[name]
    assert problem["where"] == "question"
    return problem


def test_every_question_ends_without_finishing(results: dict[str, QuestionResult]) -> None:
    """A problem, and no end frame."""
    assert {result.exit for result in results.values()} == {"crashed"}


def test_every_problem_can_be_read(results: dict[str, QuestionResult]) -> None:
    """What the guest writes is what the reader of evidence takes."""
    for result in results.values():
        check_problem(result.problem)
        check_ended(result.ended)


def test_a_missing_function_has_the_probes_signature(results: dict[str, QuestionResult]) -> None:
    """The author's SIGNATURES says what it should look like."""
    problem = problem_of(results, "missing")

    assert (problem["code"], problem["function"]) == ("missing_function", "diagnose")
    assert problem["signature"] == "diagnose(history)"
    assert problem["near"] == []


def test_a_misspelt_function_has_its_near_misses(results: dict[str, QuestionResult]) -> None:
    """The name that comes near is told, with its line."""
    problem = problem_of(results, "misspelt")

    assert problem["near"] == [["build_clasifier", 7]]


def test_a_value_that_is_no_function(results: dict[str, QuestionResult]) -> None:
    """The name is there, but can't be called."""
    problem = problem_of(results, "not_callable")

    assert (problem["code"], problem["function"]) == ("not_callable", "constant")


def test_a_wrong_call_shows_the_definition(results: dict[str, QuestionResult]) -> None:
    """Called by the probe in the agreed way, a function that takes other arguments is shown with its signature."""
    problem = problem_of(results, "wrong_call")

    assert (problem["code"], problem["type"]) == ("exception", "TypeError")
    assert (problem["function"], problem["signature"]) == ("two_arguments", "two_arguments(first, second)")
    assert problem["frames"][0]["line"] == 10


def test_an_exception_shows_its_line(results: dict[str, QuestionResult]) -> None:
    """Frames of the student's file only, the neighbouring lines, the columns, and what was meant."""
    problem = problem_of(results, "name_error")
    (frame,) = problem["frames"]

    assert (problem["type"], problem["message"]) == ("NameError", "name 'image' is not defined")
    assert problem["help"] == "Did you mean: 'images'?"
    assert (frame["file"], frame["cell"], frame["line"], frame["function"]) == ("hw1.py", None, 15, "uses_image")
    assert frame["code"] == [[14, "    for label in labels:"], [15, "        print(image, label)"], [16, ""]]
    assert frame["caret"] == [14, 19]


@pytest.mark.parametrize(
    ("name", "help_"),
    [("attribute_error", "Did you mean: 'append'?"), ("forgotten_import", "Did you forget `import numpy as np`?")],
)
def test_help(results: dict[str, QuestionResult], name: str, help_: str) -> None:
    """Misspelt attributes and forgotten imports have a suggestion."""
    assert problem_of(results, name)["help"] == help_


def test_a_deep_recursion_is_cut(results: dict[str, QuestionResult]) -> None:
    """Of a thousand frames the first and the last are kept."""
    problem = problem_of(results, "deep")

    assert problem["type"] == "RecursionError"
    assert 2 <= len(problem["frames"]) <= 12


def test_an_interrupt(results: dict[str, QuestionResult]) -> None:
    """KeyboardInterrupt is told as such."""
    assert problem_of(results, "interrupt")["code"] == "interrupt"


def test_hostile_exceptions_break_nothing(results: dict[str, QuestionResult]) -> None:
    """Whatever an exception does when it's looked at, type and problem are told."""
    hostile, worse = problem_of(results, "hostile_str"), problem_of(results, "hostile_everything")

    assert (hostile["type"], hostile["message"]) == ("Hostile", "(its message can't be shown: ValueError)")
    assert hostile["frames"][0]["function"] == "raise_hostile"
    assert worse["type"] == "Worse"
    assert problem_of(results, "system_exit_in_str")["code"] == "exception"


def test_long_texts_are_cut(results: dict[str, QuestionResult]) -> None:
    """A message of five million characters, and a line of five thousand."""
    message = problem_of(results, "long_message")["message"]
    frame = problem_of(results, "wide_line")["frames"][0]

    assert len(message) == 2000
    assert message.endswith("…")
    assert max(len(text) for _line, text in frame["code"]) <= 240
    assert frame["caret"] is None


def test_other_modules_of_the_submission_are_shown(results: dict[str, QuestionResult]) -> None:
    """A frame in helper.py, with the columns counted in characters, not in bytes."""
    frames = problem_of(results, "helper_error")["frames"]

    assert [frame["file"] for frame in frames] == ["hw1.py", "helper.py"]
    assert frames[1]["caret"] == [23, 36]
    assert frames[1]["code"][1][1][23:36] == "text + number"


def test_an_error_in_the_probe_says_so(results: dict[str, QuestionResult]) -> None:
    """Where no line of the student's is involved, the probe's line is shown."""
    problem = problem_of(results, "probe_fault")

    assert (problem["code"], problem["type"]) == ("probe", "AttributeError")
    assert problem["frames"][0]["file"] == "probe.py"
    assert "gives_none" in str(problem["frames"][0]["code"])


def test_a_key_error_shows_its_key(results: dict[str, QuestionResult]) -> None:
    """As Python does, with quotes."""
    assert problem_of(results, "key_error")["message"] == "'the key'"


def load(program: str, **files: str) -> dict[str, Any]:
    """The problem of a submission that doesn't load."""
    contents = {"hw1.py": program, **{f"{name}.py": text for name, text in files.items()}}
    header = make_header("def ask(student, given, record):\n    student.ask()\n", program, questions=["ask"])
    result = run_guest(header, files={path: text.encode() for path, text in contents.items()}).questions[0]

    assert result.exit == "crashed"
    assert result.problem is not None
    assert result.problem["where"] == "load"
    return result.problem


def test_a_syntax_error_has_its_caret() -> None:
    """File, line, caret and Python's own message."""
    problem = load("x = 1\ndef make(model, lr)\n    return 1\n")
    (frame,) = problem["frames"]

    assert (problem["code"], problem["message"]) == ("syntax", "expected ':'")
    assert (frame["file"], frame["line"], frame["caret"]) == ("hw1.py", 2, [19, 20])
    assert frame["code"][1] == [2, "def make(model, lr)"]


def test_a_syntax_error_in_a_helper_is_the_helpers() -> None:
    """The file that can't be read is named, not the one that imports it."""
    problem = load("import helper\n", helper="def f(:\n")

    assert problem["code"] == "syntax"
    assert problem["frames"][0]["file"] == "helper.py"


@pytest.mark.parametrize(
    ("program", "type_"),
    [
        ("x = 1\n\x00\n", "SyntaxError"),
        ("  x = 1\n", "IndentationError"),
        ("if 1:\n\tx = 1\n        y = 2\n", "TabError"),
        ("(" * 300 + ")" * 300, "SyntaxError"),
        ("x = " + "-" * 20_000 + "1", "SyntaxError"),
        ("x = a" + ".a" * 20_000, "SyntaxError"),
    ],
)
def test_texts_that_are_not_python(program: str, type_: str) -> None:
    """Null bytes, indentation and nesting are syntax errors of the file."""
    problem = load(program)

    assert (problem["code"], problem["type"]) == ("syntax", type_)
    assert problem["frames"][0]["file"] == "hw1.py"


def test_an_exit_while_loading() -> None:
    """sys.exit() at the top is told with its line."""
    problem = load("import sys\nsys.exit()\n")

    assert (problem["code"], problem["message"]) == ("exit", "")
    assert problem["frames"][0]["line"] == 2


def test_a_probe_that_does_not_load_is_the_authors() -> None:
    """No student code is run, and the code says whose fault it is."""
    header = make_header("import no_such_module\n", "print('ran')\n", questions=["ask"])
    result = run_guest(header).questions[0]

    assert result.problem is not None
    assert (result.problem["code"], result.problem["where"]) == ("probe", "load")
    assert result.output == ""
