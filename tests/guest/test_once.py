"""`load = "once"`: the student's code is loaded once, each question is forked from the loaded process."""

import pytest

from tests.guest.driver import GuestResult, QuestionResult, make_header, run_guest
from tests.guest.test_running import HOSTILE, HOSTILE_PROBE, PROBE, PROGRAM

NAMES = ["right", "hangs", "leaves", "exits", "segfaults", "loud", "daemon", "also_right"]


@pytest.fixture(scope="module")
def run() -> GuestResult:
    """One run of a submission with every way to end."""
    questions = dict.fromkeys(NAMES, 20.0) | {"hangs": 0.5}
    return run_guest(make_header(PROBE, PROGRAM, questions=questions, load="once"))


def pick(run: GuestResult, name: str) -> QuestionResult:
    """One question of the run."""
    return run.questions[NAMES.index(name)]


@pytest.mark.parametrize(
    ("name", "exit_"),
    [
        ("right", "finished"),
        ("hangs", "wall_limit"),
        ("leaves", "crashed"),
        ("exits", "crashed"),
        ("segfaults", "signalled"),
        ("loud", "finished"),
        ("daemon", "finished"),
        ("also_right", "finished"),
    ],
)
def test_ways_to_end(run: GuestResult, name: str, exit_: str) -> None:
    """Each question ends as it does in a loader of its own, and harms no other."""
    assert pick(run, name).exit == exit_


def test_the_run_is_whole(run: GuestResult) -> None:
    """Everything is told, in order."""
    assert (run.done, run.returncode, run.fault) == (True, 0, None)
    assert pick(run, "right").answer("answer") == 42
    assert pick(run, "right").output == "loaded\n"
    assert pick(run, "loud").output.startswith("loaded\nthe first line\n")


def test_the_code_is_loaded_once() -> None:
    """What loading did is seen by each question; what one question does isn't seen by another."""
    probe = """
import random
def one(student, given, record):
    record.answers("a", [student.ask(), random.random()])
two = one
"""
    program = (
        "import os\nloaded = os.getpid()\nseen = []\ndef ask():\n    seen.append(1)\n    return [loaded, len(seen)]\n"
    )
    run = run_guest(make_header(probe, program, questions=["one", "two"], load="once"))

    assert run.questions[0].answer("a") == run.questions[1].answer("a")
    assert run.questions[0].answer("a")[0][1] == 1


def test_a_fault_while_loading_is_each_questions() -> None:
    """The problem and the output are told for every question."""
    run = run_guest(make_header(PROBE, "print('hello')\n1 / 0\n", questions=["right", "hangs"], load="once"))

    assert run.done
    for result in run.questions:
        assert result.exit == "crashed"
        assert result.problem is not None
        assert (result.problem["where"], result.problem["type"]) == ("load", "ZeroDivisionError")
        assert result.output == "hello\n"


def test_an_end_while_loading_is_each_questions() -> None:
    """os._exit at the top ends them all, with the code."""
    run = run_guest(make_header(PROBE, "import os\nos._exit(3)\n", questions=["right", "hangs"], load="once"))

    assert [(result.exit, result.ended["code"]) for result in run.questions] == [("crashed", 3)] * 2


def test_definitions_only() -> None:
    """What doesn't load in time is loaded again with definitions only."""
    program = PROGRAM + "\nwhile True:\n    pass\n"
    header = make_header(PROBE, program, questions=["right", "also_right"], load="once", load_seconds=0.7)
    run = run_guest(header)

    assert [result.exit for result in run.questions] == ["finished"] * 2
    assert all(result.ended["definitions_only"] for result in run.questions)


def test_a_prototype_that_dies_costs_its_submission() -> None:
    """A thread that ends the loaded process leaves the questions that wait without a start; the run is whole."""
    program = (
        PROGRAM
        + """
import threading
threading.Timer(0.3, os._exit, [5]).start()
def hang():
    time.sleep(1.5)
"""
    )
    header = make_header(PROBE, program, questions=["hangs", "right"], load="once", parallel=1)
    run = run_guest(header)

    assert run.done
    assert [result.exit for result in run.questions] == ["finished", "crashed"]


def test_a_loader_holds_nothing_of_ours() -> None:
    """A question has the standard descriptors and its own inner pipe; neither the socket nor the prototype's pipes."""
    run = run_guest(make_header(HOSTILE_PROBE, HOSTILE, questions=["descriptors"], load="once"))
    found = {int(fd): kind for fd, kind in run.questions[0].answer("open")}

    assert set(found) - {0, 1, 2} == {max(found)}
    assert max(found) >= 900
