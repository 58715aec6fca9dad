import io
import re
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from grader.checks.result import CheckNote, CheckResult, Verdict
from grader.evidence.model import Exit, Problem, SourceFrame
from grader.report import FaultInfo, Report, Whose
from grader.report.terminal import print_report
from tests.report.samples import (
    HIDDEN,
    HW1,
    NAME_ERROR,
    OUR_FAULT,
    all_passed,
    environment,
    failed,
    flawed_report,
    good_report,
    misspelt_report,
    not_finished,
    question,
    report_of,
    stopped,
    submission,
    syntax_report,
    unfinished_report,
)

NOTHING = "Nothing was handed in. Hand in hw1/hw1.ipynb where your course asks for it."


def shown(report: Report, *, width: int = 80, plain: bool = False, color: bool = False) -> str:
    """What stands on the screen."""
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=color, color_system="truecolor" if color else None)
    print_report(report, console, plain=plain, saved_to="hw1/report.json", closing=(NOTHING,))
    return file.getvalue()


GOOD = """\
hw1 · Transfer learning with ResNet-18              hw1/hw1.ipynb · bubblewrap

 ✓ load       Load a pre-trained backbone                                2 / 2
 ✓ head       Replace the final layer                                    3 / 3
 ✓ count      Count trainable parameters                                 2 / 2
 ✓ optimizer  Two learning rates                                         2 / 2
 ✓ fine_tune  Fine-tune until it converges                               4 / 4
              accuracy on images it never saw: 0.10 → 0.84 (needed 0.50)
 ✓ diagnose   Diagnose a training history                                2 / 2

 15 / 15 points on this machine · 9 s · hw1/report.json
 Nothing was handed in. Hand in hw1/hw1.ipynb where your course asks for it.
 1 note: BatchNorm statistics moved while the backbone was frozen (fine_tune).
"""

FLAWED = """\
hw1 · Transfer learning with ResNet-18                 hw1/hw1.py · bubblewrap

 ✓ load       Load a pre-trained backbone                                2 / 2
 ◐ head       Replace the final layer                                    2 / 3
   ✗ parameters   11,181,642 trainable parameters; 5,130 expected
                  The backbone isn't frozen: all of it would be trained.
                  Hint: Freeze first, then replace: a new layer is trainable
                        by default.
 ✓ count      Count trainable parameters                                 2 / 2
 ✗ optimizer  Two learning rates                                         0 / 2
   ✗ proportional fc moved 1.0 times as far as layer4; 31.4 times expected
                  Hint: Compare model.fc with model.layer4.
 ✗ fine_tune  Fine-tune until it converges                               0 / 4
   ✗ hw1.py, line 48, in fine_tune
       47 │     for images, labels in loader:
     → 48 │         loss = loss_fn(model(image), labels)
     NameError: name 'image' is not defined. Did you mean: 'images'?
 – diagnose   Diagnose a training history                                0 / 2
   not defined: hw1.py has no function diagnose(history)

 6 / 15 points on this machine · 6 s · hw1/report.json
 Fix first: fine_tune (4 points to win).
 Nothing was handed in. Hand in hw1/hw1.ipynb where your course asks for it.
"""

SYNTAX = """\
   ✗ hw1.ipynb couldn't be read as Python, so no question could run
     hw1.ipynb, cell 7 of 12, line 3 (the cell that begins "# Question 4")
     → 3 │ def make_optimizer(model, base_lr, head_lr)
                                                      ^
     SyntaxError: expected ':'
"""

PLAIN = """\
 FAIL  fine_tune  Fine-tune until it converges                           0 / 4
   FAIL hw1.py, line 48, in fine_tune
       47 |     for images, labels in loader:
    -> 48 |         loss = loss_fn(model(image), labels)
     NameError: name 'image' is not defined. Did you mean: 'images'?
 none  diagnose   Diagnose a training history                            0 / 2
   not defined: hw1.py has no function diagnose(history)
"""


def test_a_good_submission() -> None:
    """One line a question and nothing more, but for the numbers that a student wants to see."""
    assert shown(good_report()) == GOOD


def test_a_flawed_submission() -> None:
    """Below a question only what failed, one hint, and at the end what to mend first."""
    assert shown(flawed_report()) == FLAWED


def test_a_syntax_error_is_said_once() -> None:
    """What keeps the file from loading stands above the questions, with cell, line and caret."""
    screen = shown(syntax_report())

    assert SYNTAX in screen
    assert screen.count("SyntaxError") == 1
    assert "Fix first: what keeps the file from loading." in screen


def test_a_misspelt_function() -> None:
    """The name that comes near is shown with its line."""
    screen = shown(misspelt_report())

    assert "not defined: hw1.py has no function build_classifier\n" in screen
    assert "It has build_clasifier (line 22). Is that a typo?" in screen


def test_plain_is_ascii() -> None:
    """Words for signs, no colour, nothing beyond ASCII."""
    screen = shown(flawed_report(), plain=True, color=True)

    assert screen.isascii()
    assert "\x1b" not in screen
    assert PLAIN in screen


def test_a_console_without_our_signs_gets_ascii() -> None:
    """On an old Windows console the screen is plain by itself."""
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="cp1252")
    print_report(flawed_report(), Console(file=file, width=80))
    file.flush()

    assert raw.getvalue().isascii()


def test_colour_says_nothing_alone() -> None:
    """Without its colours the screen is the same."""
    coloured = shown(flawed_report(), color=True)

    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == FLAWED


@pytest.mark.parametrize("width", [40, 60, 80, 120, 250])
@pytest.mark.parametrize("plain", [False, True])
def test_every_width(width: int, plain: bool) -> None:
    """No line is wider than the terminal, none wider than is good to read, and every question has its points."""
    for report in (good_report(), flawed_report(), syntax_report(), misspelt_report(), unfinished_report(OUR_FAULT)):
        screen = shown(report, width=width, plain=plain)

        assert max(cell_len(line) for line in screen.splitlines()) <= min(width, 100)
        assert len(re.findall(r" / \d$", screen, re.MULTILINE)) == 6


def test_our_fault_is_named_as_ours() -> None:
    """Not graded is no zero, and there is a command to run."""
    screen = shown(unfinished_report(OUR_FAULT))

    assert "! the sandbox didn't start, twice" in screen
    assert "Run: grade doctor" in screen
    assert "Not graded: our fault, not yours." in screen
    assert "0 / 15" not in screen


def test_a_refusal_names_the_reason() -> None:
    """A submission that is refused has 0 points and the reason above them."""
    fault = FaultInfo(whose=Whose.STUDENT, code="outside", message="'../hw1.py' leads out of the archive")
    problem = Problem(code="refused", where="load", message="'../hw1.py' leads out of the archive")
    ids = [part.id for part in HW1.questions]
    report = report_of(not_finished(HW1, *ids), *(stopped(id, problem, Exit.MISSING) for id in ids), fault=fault)
    screen = shown(report)

    assert "✗ refused: '../hw1.py' leads out of the archive" in screen
    assert screen.count("leads out") == 1
    assert " 0 / 15 points" in screen


def test_standins_and_no_sandbox_stand_out() -> None:
    """What a result is worth is said in words, on a line of its own."""
    unsafe = environment(weights={"resnet18": "standin"}, sandbox="process", is_sandbox=False)
    screen = shown(good_report(environment=unsafe))

    assert "hw1/hw1.ipynb · process, no sandbox" in screen
    assert "\n ! Made with stand-in weights (resnet18), not the real ones" in screen
    assert "\n ! Run without a sandbox (process)" in screen


def test_withheld_points_are_named() -> None:
    """A student doesn't take the shown points for all of them."""
    screen = shown(report_of(all_passed(HIDDEN), assignment=HIDDEN))

    assert " 9 / 9 points on this machine" in screen
    assert "6 more points are decided by checks that aren't shown here." in screen
    assert "shown after the deadline" in screen


def test_a_question_for_a_person() -> None:
    """A check that couldn't decide is nobody's zero."""
    results = all_passed()
    results["count"]["cases"] = CheckResult(verdict=Verdict.ERROR, code="check_error")
    screen = shown(report_of(results))

    assert " ? count" in screen
    assert "a person will look at" in screen


def test_one_hint_for_a_question() -> None:
    """Two failed checks with hints show the first one's alone."""
    results = all_passed()
    results["head"] |= {"close": failed("values_differ", count=1, of=2, greatest=1.0, allowed=0.1, looks=None)}
    results["head"] |= {"any_classes": failed("shape_differs", [4, 7], [4, 10], name="x")}
    screen = shown(report_of(results))

    assert screen.count("Hint:") == 1
    assert "Hint: num_classes isn't always 10." in screen


HOSTILE = (
    "[bold red]markup[/bold red] [link=file:///etc/passwd]x[/link] :smile: "
    "\x1b]8;;https://evil.example\x07click\x1b]8;;\x07\x1b]52;c;cm0gLXJmIH4=\x07\x1b[2J\x1b[31m"
    "\u202eright\u2066to\u2069left\r\n\n 15 / 15 points on this machine\n✓ all passed"
)


def hostile_report() -> Report:
    """Hostile text wherever a student can put some."""
    frame = SourceFrame(
        file=HOSTILE, line=1, function=HOSTILE, cell=1, cells=1, cell_begins=HOSTILE, code=((1, HOSTILE),), caret=(0, 9)
    )
    error = Problem(code="exception", type=HOSTILE, message=HOSTILE, help=HOSTILE, frames=(frame,))
    missing = Problem(code="missing_function", function=HOSTILE, signature=HOSTILE, near=((HOSTILE, 1),), help=HOSTILE)
    results = all_passed() | not_finished(HW1, "count", "diagnose")
    note = CheckNote("buffers_moved", {"names": [HOSTILE], "count": 1})
    results["load"]["close"] = CheckResult(verdict=Verdict.FAILED, code="empty", facts={"name": HOSTILE}, notes=(note,))
    results["head"]["close"] = failed("kind_differs", HOSTILE, HOSTILE, name=HOSTILE)
    return report_of(
        results,
        stopped("count", error),
        stopped("diagnose", missing),
        submission=submission("hw1/" + HOSTILE, programs=(HOSTILE,), missing=(HOSTILE,)),
    )


@pytest.mark.parametrize("plain", [False, True])
def test_nothing_a_student_wrote_is_obeyed(plain: bool) -> None:
    """Escape sequences, markup, links, bidi: all of it is text, and no line of theirs looks like one of ours."""
    screen = shown(hostile_report(), plain=plain)

    assert "\x1b" not in screen and "\x07" not in screen and "\r" not in screen
    assert "evil.example" not in screen
    assert "[bold red]markup[/bold red]" in screen
    assert ":smile:" in screen
    assert "<U+202E>" in screen and "\u202e" not in screen
    assert [line for line in screen.splitlines() if line.startswith(" 15 / 15")] == []
    assert [line for line in screen.splitlines() if line.startswith(("✓", " ✓ all"))] == []


def test_hostile_text_brings_no_links_in_colour() -> None:
    """The same on a terminal with colours: only our own styles reach it."""
    screen = shown(hostile_report(), color=True)

    assert "\x1b]" not in screen
    assert re.sub(r"\x1b\[[0-9;]*m", "", screen) == shown(hostile_report())


def test_the_last_words_of_a_crash() -> None:
    """A program that ended without a traceback is remembered by what it printed last, kept apart from our lines."""
    problem = Problem(code="signalled", facts={"signal": 11})
    output = "start\nepoch 1\n\nepoch 2\n\x1b[2J 15 / 15 points\n"
    left = replace(stopped("count", problem, Exit.SIGNALLED), output=output, output_bytes=len(output))
    screen = shown(report_of(all_passed() | not_finished(HW1, "count"), left))

    assert (
        "   ✗ your program was ended by a segmentation fault (signal 11)\n"
        "     Native code crashed: often a wrong index or size.\n"
        "     It last printed:\n       | epoch 1\n       | epoch 2\n       | 15 / 15 points\n"
    ) in screen


def test_a_long_error_stays_short() -> None:
    """A message of 50 MB in a million lines takes a few lines of the screen."""
    problem = replace(NAME_ERROR, message="line\n" * 10_000_000, help=None)
    screen = shown(report_of(all_passed() | not_finished(HW1, "count"), stopped("count", problem)))

    assert len(screen.splitlines()) < 30
    assert "more lines in the report" in screen


def test_wide_characters_keep_the_points_in_line() -> None:
    """Titles in Chinese are twice as wide, and the points stand where they always do."""
    assignment = replace(HW1, questions=(question("a", "训练一个分类器", "2"), question("b", "Plain", "2")))
    screen = shown(report_of({"a": {}, "b": {}}, assignment=assignment))
    lines = [line for line in screen.splitlines() if " / 2" in line]

    assert {cell_len(line) for line in lines} == {78}
