"""Where there is no fork: loaders are started as processes, over nothing but standard streams, pipes and threads."""

from pathlib import Path

import pytest

from grader.guest.protocol import Kind
from tests.guest.driver import GuestResult, QuestionResult, make_header, make_notebook, run_guest
from tests.guest.test_running import HOSTILE, HOSTILE_PROBE, PROBE, PROGRAM

NAMES = ["right", "hangs", "leaves", "exits", "segfaults", "loud", "daemon", "waiting", "missing", "also_right"]
MISSING = "\ndef missing(student, given, record):\n    student.duoble(1)\n"


@pytest.fixture(scope="module")
def run() -> GuestResult:
    """One run of a submission with every way to end, the streams on standard input and output."""
    questions = dict.fromkeys(NAMES, 20.0) | {"hangs": 0.5}
    header = make_header(PROBE + MISSING, PROGRAM, questions=questions, fork=False)
    return run_guest(header, standard_streams=True)


def pick(run: GuestResult, name: str) -> QuestionResult:
    """One question of the run."""
    return run.questions[NAMES.index(name)]


def test_a_run_is_whole(run: GuestResult) -> None:
    """READY comes first, DONE last, and every question ends exactly once."""
    kinds = [frame.kind for frame in run.frames]

    assert (kinds[0], run.done, run.returncode, run.fault) == (Kind.READY, True, 0, None)
    assert kinds.count(Kind.ENDED) == len(NAMES)
    assert run.stderr == ""


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
        ("waiting", "crashed"),
        ("missing", "crashed"),
        ("also_right", "finished"),
    ],
)
def test_ways_to_end(run: GuestResult, name: str, exit_: str) -> None:
    """Each question ends as it does in a fork, and harms no other."""
    assert pick(run, name).exit == exit_


def test_what_is_told_is_the_same(run: GuestResult) -> None:
    """Answers, problems and output."""
    exits, missing = pick(run, "exits").problem, pick(run, "missing").problem

    assert pick(run, "right").answer("answer") == 42
    assert pick(run, "hangs").answer("before") == 1
    assert pick(run, "leaves").ended["code"] == 0
    assert exits is not None
    assert (exits["code"], exits["message"]) == ("exit", "goodbye")
    assert missing is not None
    assert missing["near"] == [["double", 6]]
    assert pick(run, "loud").output.endswith("\nthe last line\n")
    assert pick(run, "loud").ended["output_bytes"] > 100_000_000


def test_forged_frames() -> None:
    """What a student writes to the inner stream is held to the same rules."""
    names = ["garbage", "forged_end", "too_much", "innocent"]
    program = HOSTILE.replace('max(int(name) for name in os.listdir("/proc/self/fd"))', "200")
    run = run_guest(make_header(HOSTILE_PROBE, program, questions=names, fork=False))

    assert [result.exit for result in run.questions] == ["crashed", "finished", "evidence_limit", "finished"]
    assert run.questions[3].answer("mine") == 2


def test_definitions_only() -> None:
    """A script that doesn't load is loaded again with definitions only."""
    probe = "def ask(student, given, record):\n    record.answers('answer', student.ask())\n"
    program = "def ask():\n    return 1\nwhile True:\n    pass\n"
    result = run_guest(make_header(probe, program, questions=["ask"], fork=False, load_seconds=0.7)).questions[0]

    assert (result.exit, result.ended["definitions_only"]) == ("finished", True)
    assert result.answer("answer") == 1


def test_a_notebook() -> None:
    """Notebooks run, and their errors name the cell."""
    probe = "def ask(student, given, record):\n    record.answers('answer', student.ask())\n"
    cells = make_notebook("!echo hello", "def ask():\n    return 1 / 0")
    result = run_guest(make_header(probe, cells, questions=["ask"], fork=False)).questions[0]

    assert result.output == "hello\n"
    assert result.problem is not None
    assert (result.problem["frames"][0]["cell"], result.problem["frames"][0]["line"]) == (2, 2)


def test_the_random_state_and_the_folders(tmp_path: Path) -> None:
    """Seeds and working folders are as in forks, and nothing of the folders stays."""
    probe = """
import os, random
def one(student, given, record):
    record.answers("seen", [random.random(), sorted(os.listdir("."))])
    open("left.txt", "w").write("x")
two = one
"""
    run = run_guest(make_header(probe, "", questions=["one", "two"], fork=False, parallel=1), work=tmp_path)
    forked = run_guest(make_header(probe, "", questions=["one"]), work=tmp_path)

    assert run.questions[0].answer("seen") == run.questions[1].answer("seen") == forked.questions[0].answer("seen")
    assert list(tmp_path.iterdir()) == []


def test_a_gone_reader_ends_everything(tmp_path: Path) -> None:
    """When the evidence has no reader any more, writing it fails, and no loader is left."""
    probe = "def one(student, given, record):\n    record.answers('a', student.wait())\n    student.wait(600)\n"
    program = """
import os, time
open(os.environ['TMPDIR'] + '/../../pid', 'w').write(str(os.getpid()))
def wait(seconds=1):
    time.sleep(seconds)
"""
    header = make_header(probe, program, questions={"one": 500}, fork=False)
    run = run_guest(header, work=tmp_path, stop_reading=tmp_path / "pid")

    assert run.returncode != 0
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text()}").exists()
