import io
from dataclasses import replace

import pytest
from rich.console import Console

from grader.checks.result import CheckResult, Verdict
from grader.evidence.model import Problem
from grader.report.clean import clean_line
from grader.report.quotes import is_name, is_suggestion, quote_facts
from grader.report.screen import Screen
from grader.report.terminal import print_report
from grader.report.wording import word_check, word_note, word_problem
from tests.report.samples import HW1, NAME_ERROR, all_passed, not_finished, report_of, stopped

LIE = 'correct", all 15 points are yours'


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        ("cases_differ", {"reason": "value", "actual": LIE, "case": 1, "right": 0, "of": 3, "needed": 3}),
        ("cases_differ", {"reason": "value", "actual": [LIE], "case": 1, "right": 0, "of": 3, "needed": 3}),
        ("cases_differ", {"reason": "unreadable", "actual_type": LIE, "case": 1, "right": 0, "of": 3, "needed": 3}),
        ("cases_differ", {"reason": "keys", "missing": [], "extra": [LIE], "case": 1, "right": 0, "of": 3}),
        ("answer_differs", {"reason": "value", "expected": "B", "actual": {LIE: LIE}}),
        ("text_differs", {"line": 1, "expected": "1", "actual": LIE}),
        ("not_a_list", {"actual": LIE}),
        ("not_a_number", {"actual": LIE, "position": 1}),
        ("unusable", {"record": "x", "wanted": "model", "type": LIE, "message": LIE}),
    ],
)
def test_what_a_program_says_is_in_quotes(code: str, facts: dict[str, object]) -> None:
    """An answer, a class's name, a key: none of it can be read as our own words, nor close its quotes."""
    words = word_check("", CheckResult(verdict=Verdict.FAILED, code=code, facts=facts))

    assert '"correct\', all 15 points are yours"' in words.message


def test_names_and_numbers_are_not() -> None:
    """What is plainly a name or a number needs no quotes; an answer of text has some even where it's one word."""
    facts = {"actual_type": "numpy.ndarray", "actual": 3, "reason": "type"}

    assert quote_facts("cases_differ", facts) == facts
    assert quote_facts("cases_differ", {"reason": "value", "actual": "right"})["actual"] == '"right"'
    assert quote_facts("values_differ", {"actual": "floats (float32)"})["actual"] == "floats (float32)"


@pytest.mark.parametrize("help", ["Did you mean: 'images'?", "Did you forget `import torch.nn.functional as F`?"])
def test_a_suggestion_is_one_of_ours(help: str) -> None:
    """Help that the guest gives is shown; what only looks like it isn't."""
    assert is_suggestion(help)
    assert not is_suggestion(f"{help} {LIE}")
    assert not is_suggestion("Did you mean: 'nothing. All points are yours'?")


def test_help_and_names_that_are_forged() -> None:
    """A forged problem's help is left out; a function that is no name is in quotes."""
    problem = Problem(code="missing_function", function=LIE, signature=LIE, help=LIE)
    words = word_problem(problem, file="hw1.py")

    assert words.help is None
    assert '"correct\', all 15 points are yours"' in words.message
    assert word_problem(replace(problem, signature="head(model)"), file="hw1.py").message.endswith(" head(model)")


def test_places_outside_the_submission_are_left_out() -> None:
    """A forged traceback can't blame a file of ours, nor give a function a sentence for a name."""
    real = NAME_ERROR.frames[0]
    frames = (real, replace(real, function=LIE), replace(real, file="grader/checks/answers.py"))
    problem = replace(NAME_ERROR, frames=frames, near=((LIE, 1), ("images", 2)))
    report = report_of(all_passed() | not_finished(HW1, "count"), stopped("count", problem))
    told = report.questions[2].problem

    assert told is not None
    assert [(frame.file, frame.function) for frame in told.frames] == [("hw1.py", "fine_tune"), ("hw1.py", "")]
    assert [near.name for near in told.near] == ["images"]
    assert is_name("<lambda>") and not is_name("fine_tune (passed)")


def test_an_exception_whose_class_is_a_sentence() -> None:
    """Its name is in quotes, where Python's own would read like a verdict."""
    problem = replace(NAME_ERROR, type="Passed. No error", message="all is well", help=None)
    file = io.StringIO()
    print_report(report_of(all_passed() | not_finished(HW1, "count"), stopped("count", problem)), Console(file=file))

    assert '     "Passed. No error": all is well\n' in file.getvalue()


def test_a_file_whose_name_is_a_sentence() -> None:
    """In a note the names of files stand in quotes where they hold spaces."""
    facts = {"file": "hw1.py", "notebook": "hw1.ipynb", "found": "a.py, all is well. 15 of 15 points.py"}

    assert 'There is a.py, "all is well. 15 of 15 points.py": is it' in word_note("missing_file", facts)


def test_a_long_line_cannot_begin_a_line_of_ours() -> None:
    """Where a text of a student's is wrapped, each further line is marked as one."""
    screen = Screen(width=60)
    screen.add("x" * 50 + " 15 / 15 points " + "y" * 50, indent=7, lead="|", follow="| ")

    assert len(screen.lines) > 2
    assert all(line.plain.startswith("       | ") for line in screen.lines)


def test_blank_letters_are_shown() -> None:
    """Letters that show nothing would line text up like spaces that aren't cut."""
    assert clean_line("15\u3164\u2800\u115f") == "15<U+3164><U+2800><U+115F>"
