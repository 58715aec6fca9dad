"""Each question in a process of its own: what becomes of one costs no other."""

import json
import resource
from pathlib import Path

import numpy as np
import pytest

from grader.guest.protocol import Kind
from tests.guest.driver import GuestResult, QuestionResult, make_header, run_guest

PROBE = """
import os

def right(student, given, record):
    record.answers("answer", student.double(21))

def hangs(student, given, record):
    record.answers("before", 1)
    student.hang()

def leaves(student, given, record):
    student.leave()

def exits(student, given, record):
    student.say_goodbye()

def segfaults(student, given, record):
    student.segfault()

def hungry(student, given, record):
    student.eat()

def loud(student, given, record):
    student.shout()
    record.answers("answer", 1)

def daemon(student, given, record):
    student.leave_a_daemon()
    record.answers("answer", 2)

def waiting(student, given, record):
    student.wait_for_input()

def also_right(student, given, record):
    record.answers("answer", student.double(4))
"""

PROGRAM = """
import ctypes, os, sys, time

print("loaded", flush=True)

def double(number):
    return 2 * number

def hang():
    print("about to hang")
    while True:
        pass

def leave():
    os._exit(0)

def say_goodbye():
    sys.exit("goodbye")

def segfault():
    ctypes.string_at(0)

def eat():
    kept = []
    while True:
        kept.append(bytearray(16 << 20))

def shout():
    line = "x" * 999_999
    print("the first line")
    for _ in range(100):
        print(line)
    print("the last line", file=sys.stderr)

def leave_a_daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(600)
        os._exit(0)

def wait_for_input():
    input("your name? ")
"""

SECONDS = {
    "right": 20,
    "hangs": 0.5,
    "leaves": 20,
    "exits": 20,
    "segfaults": 20,
    "hungry": 20,
    "loud": 20,
    "daemon": 20,
    "waiting": 20,
    "also_right": 20,
}


def limit_memory() -> None:
    """As a sandbox without control groups does."""
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))


@pytest.fixture(scope="module")
def run() -> GuestResult:
    """One run of a submission with every way to end."""
    return run_guest(make_header(PROBE, PROGRAM, questions=SECONDS), preexec=limit_memory)


def pick(run: GuestResult, name: str) -> QuestionResult:
    return run.questions[list(SECONDS).index(name)]


def test_a_run_is_whole(run: GuestResult) -> None:
    """READY comes first, DONE last, and every question ends exactly once."""
    kinds = [frame.kind for frame in run.frames]

    assert kinds[0] is Kind.READY
    assert run.done
    assert run.returncode == 0
    assert run.fault is None
    assert kinds.count(Kind.ENDED) == len(SECONDS)


def test_ready_says_what_runs(run: GuestResult) -> None:
    """READY holds the Python, the packages' versions and the device."""
    assert set(run.ready) == {"python", "packages", "device"}
    assert run.ready["device"] == "cpu"
    assert "numpy" in run.ready["packages"]


@pytest.mark.parametrize(("name", "answer"), [("right", 42), ("also_right", 8)])
def test_right_questions_are_unharmed(run: GuestResult, name: str, answer: int) -> None:
    """Questions before and after the bad ones finish with their answers."""
    result = pick(run, name)

    assert result.exit == "finished"
    assert result.problem is None
    assert result.answer("answer") == answer
    assert result.output == "loaded\n"
    assert result.ended["peak_bytes"] > 1 << 20


def test_a_hang_is_killed_at_its_deadline(run: GuestResult) -> None:
    """The time of the question is up; what it recorded and printed before stays."""
    result = pick(run, "hangs")

    assert result.exit == "wall_limit"
    assert result.answer("before") == 1
    assert "about to hang" in result.output
    assert result.ended["seconds"] >= 0.5


def test_os_exit_is_no_finish(run: GuestResult) -> None:
    """Exit code 0 without the end frame is a program that ended by itself."""
    result = pick(run, "leaves")

    assert (result.exit, result.ended["code"]) == ("crashed", 0)
    assert result.problem is None


def test_sys_exit_is_told(run: GuestResult) -> None:
    """sys.exit becomes a problem with its message and line."""
    result = pick(run, "exits")

    assert result.exit == "crashed"
    assert result.problem is not None
    assert (result.problem["code"], result.problem["where"]) == ("exit", "question")
    assert result.problem["message"] == "goodbye"
    assert result.problem["frames"][0]["function"] == "say_goodbye"


def test_a_segfault_is_a_signal(run: GuestResult) -> None:
    """The signal is told as the kernel tells it."""
    result = pick(run, "segfaults")

    assert (result.exit, result.ended["signal"]) == ("signalled", 11)


def test_memory_is_told(run: GuestResult) -> None:
    """Where the limit is one of the process, a MemoryError names the line."""
    result = pick(run, "hungry")

    assert result.problem is not None
    assert result.problem["type"] == "MemoryError"
    assert result.problem["frames"][0]["function"] == "eat"


def test_output_is_cut_in_the_middle(run: GuestResult) -> None:
    """Of 100 MB, head and tail are kept, the rest is counted, and the question finishes."""
    result = pick(run, "loud")

    assert result.exit == "finished"
    assert result.output.startswith("loaded\nthe first line\n")
    assert result.output.endswith("\nthe last line\n")
    assert "bytes of output left out" in result.output
    assert len(result.output) < 4096 + 100
    assert result.ended["output_bytes"] > 100_000_000


def test_a_daemon_holds_nobody_up(run: GuestResult) -> None:
    """A grandchild that holds the pipes doesn't keep the question from ending."""
    result = pick(run, "daemon")

    assert result.exit == "finished"
    assert result.ended["seconds"] < 15


def test_nobody_answers_input(run: GuestResult) -> None:
    """input() finds the end of the file at once."""
    result = pick(run, "waiting")

    assert result.problem is not None
    assert result.problem["type"] == "EOFError"


def test_daemons_are_killed(tmp_path: Path) -> None:
    """What a question started has ended when the run has."""
    program = PROGRAM.replace(
        "time.sleep(600)", "open(os.environ['TMPDIR'] + '/../../pid', 'w').write(str(os.getpid())); time.sleep(600)"
    )
    run_guest(make_header(PROBE, program, questions=["daemon", "right"]), work=tmp_path)
    written = tmp_path / "pid"
    pid = written.read_text() if written.exists() else ""  # empty: killed between opening the file and writing to it

    assert not pid or not Path(f"/proc/{pid}").exists()


def test_folders_are_removed(tmp_path: Path) -> None:
    """Of the working folders nothing stays."""
    run_guest(make_header(PROBE, PROGRAM, questions=["right"]), work=tmp_path)

    assert list(tmp_path.iterdir()) == []


HOSTILE_PROBE = """
import os

def partial(student, given, record):
    student.write(b"GRD1" + bytes(20))

def garbage(student, given, record):
    student.write(b"not a frame at all, but long enough to be the header of one")

def wrong_number(student, given, record):
    record.answers("mine", 1)
    student.forge(1, 17, b'{"kind": "answers", "name": "forged", "value": 1}')

def forged_end(student, given, record):
    student.forge(0, 21, b"")
    while True:
        pass

def forbidden(student, given, record):
    student.forge(3, 23, b"")

def too_much(student, given, record):
    student.forge(5, 18, bytes(2 << 20))

def too_often(student, given, record):
    for _ in range(30_000):
        student.forge(6, 17, b"{}")

def two_problems(student, given, record):
    student.forge(7, 19, b'{"code": "exception"}')
    raise ValueError

def innocent(student, given, record):
    record.answers("mine", 2)

def descriptors(student, given, record):
    record.answers("open", student.list_open())
"""

HOSTILE = """
import hashlib, os, struct, sys

def find_pipe():
    return max(int(name) for name in os.listdir("/proc/self/fd"))

def write(content):
    os.write(find_pipe(), content)

def forge(number, kind, payload):
    header = struct.pack(">4sBxHI32s", b"GRD1", kind, number, len(payload), hashlib.sha256(payload).digest())
    content = header + payload
    while content:
        content = content[os.write(find_pipe(), content):]

def list_open():
    names = []
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        if not target.endswith("/fd"):
            names.append([int(name), target.split(":")[0]])
    return sorted(names)
"""
HOSTILE_NAMES = [
    "partial",
    "garbage",
    "wrong_number",
    "forged_end",
    "forbidden",
    "too_much",
    "too_often",
    "two_problems",
    "innocent",
    "descriptors",
]


@pytest.fixture(scope="module")
def hostile() -> dict[str, QuestionResult]:
    """One run of a submission that writes to the inner pipe by itself."""
    run = run_guest(make_header(HOSTILE_PROBE, HOSTILE, questions=HOSTILE_NAMES))

    assert run.fault is None
    assert run.done
    return dict(zip(HOSTILE_NAMES, run.questions, strict=True))


@pytest.mark.parametrize("name", ["garbage", "forbidden"])
def test_what_is_no_frame_costs_its_question(hostile: dict[str, QuestionResult], name: str) -> None:
    """Garbage, and frames that aren't a loader's to send, end the question; nothing of them leaves."""
    assert hostile[name].exit == "crashed"
    assert hostile[name].records == []


def test_a_partial_frame_is_dropped(hostile: dict[str, QuestionResult]) -> None:
    """Part of a frame makes what follows unreadable, for this question alone."""
    assert hostile["partial"].exit == "crashed"
    assert hostile["innocent"].answer("mine") == 2


def test_a_wrong_number_is_put_right(hostile: dict[str, QuestionResult]) -> None:
    """A frame with another question's number leaves under the own one's."""
    names = [record["name"] for record in hostile["wrong_number"].records]

    assert names == ["mine", "forged"]
    assert hostile["wrong_number"].exit == "finished"
    assert hostile["garbage"].records == []


def test_a_forged_end_ends(hostile: dict[str, QuestionResult]) -> None:
    """END ends the question there and then, with what was recorded: it can't go on in secret."""
    assert hostile["forged_end"].exit == "finished"
    assert hostile["forged_end"].ended["seconds"] < 15


@pytest.mark.parametrize("name", ["too_much", "too_often"])
def test_evidence_has_a_cap(hostile: dict[str, QuestionResult], name: str) -> None:
    """More bytes or more frames than a question may send end it, and what is over doesn't leave."""
    assert hostile[name].exit == "evidence_limit"
    assert hostile[name].arrays == []


def test_one_problem_is_enough(hostile: dict[str, QuestionResult]) -> None:
    """Only the first PROBLEM leaves."""
    assert hostile["two_problems"].problem == {"code": "exception"}


def test_a_loader_holds_nothing_of_ours(hostile: dict[str, QuestionResult]) -> None:
    """Student code has the standard descriptors and its own inner pipe, at a high number; no other."""
    found = {int(fd): kind for fd, kind in hostile["descriptors"].answer("open")}

    assert set(found) - {0, 1, 2} == {max(found)}
    assert max(found) >= 100
    assert found[0] == "/dev/null"


def test_evidence_before_go_is_refused() -> None:
    """Records that the student's code forges while it is loaded aren't believed."""
    program = HOSTILE + "\nforge(0, 17, b'{}')\n"
    probe = "def any_(student, given, record):\n    record.answers('answer', 1)\n"
    result = run_guest(make_header(probe, program, questions=["any_"])).questions[0]

    assert result.exit == "crashed"
    assert result.records == []


def test_the_random_state_is_the_same_for_each_question() -> None:
    """Whatever loading used of the generators, each question begins with the public seed."""
    probe = """
import random, numpy
def one(student, given, record):
    record.answers("numbers", [random.random(), float(numpy.random.rand())])
two = one
"""
    program = (
        "import random, os, numpy\nfor _ in range(os.getpid() % 7 + 1):\n    random.random(), numpy.random.rand()\n"
    )
    first = run_guest(make_header(probe, program, questions=["one", "two"]))
    other = run_guest(make_header(probe, program, questions=["one"], seed=8))
    numbers = [result.answer("numbers") for result in first.questions]

    assert numbers[0] == numbers[1]
    assert other.questions[0].answer("numbers") != numbers[0]


def test_each_question_has_a_folder_of_its_own() -> None:
    """Files that one question writes aren't there for another; the submission's are."""
    probe = """
import os, tempfile
def one(student, given, record):
    record.answers("files", sorted(os.listdir(".")))
    record.answers("data", student.read())
    open("left.txt", "w").write("x")
    record.answers("temporary", os.path.dirname(tempfile.mkdtemp()) == os.environ["TMPDIR"])
two = one
"""
    program = "def read():\n    return open('data/numbers.csv').read()\n"
    files = {"hw1.py": program.encode(), "data/numbers.csv": b"1,2\n"}
    run = run_guest(make_header(probe, program, questions=["one", "two"], parallel=1), files=files)

    for result in run.questions:
        assert result.answer("files") == ["data", "hw1.py"]
        assert result.answer("data") == "1,2\n"
        assert result.answer("temporary") is True


def test_student_code_can_not_stop_init() -> None:
    """Killing its own group and session ends a question, and nothing else."""
    probe = """
def suicide(student, given, record):
    student.kill_group()
def fine(student, given, record):
    record.answers("answer", 1)
"""
    program = "import os, signal\ndef kill_group():\n    os.killpg(0, signal.SIGKILL)\n"
    run = run_guest(make_header(probe, program, questions=["suicide", "fine"]))

    assert (run.questions[0].exit, run.questions[0].ended["signal"]) == ("signalled", 9)
    assert run.questions[1].exit == "finished"


def test_a_job_for_each_run() -> None:
    """With --runs 0 one guest runs job after job, each clean of the others."""
    probe = """
import sys
def one(student, given, record):
    record.answers('seen', 'marked' in sys.__dict__)
    sys.marked = 1
"""
    header = make_header(probe, "", questions=["one"], role="grade")
    run_frames = run_guest(header, header).frames
    kinds = [frame.kind for frame in run_frames]
    seen = [json.loads(frame.payload)["value"] for frame in run_frames if frame.kind is Kind.RECORD]

    assert kinds.count(Kind.READY) == 1
    assert kinds.count(Kind.DONE) == 2
    assert seen == [False, False]


def test_a_gone_reader_ends_everything(tmp_path: Path) -> None:
    """When nobody reads the evidence any more, the guest ends its questions and itself."""
    probe = "def one(student, given, record):\n    student.hang()\n"
    program = """
import os, time
open(os.environ['TMPDIR'] + '/../../pid', 'w').write(str(os.getpid()))
def hang():
    time.sleep(600)
"""
    run = run_guest(make_header(probe, program, questions={"one": 500}), work=tmp_path, stop_reading=tmp_path / "pid")

    assert run.returncode != 0
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text()}").exists()


def test_no_framework_no_ready() -> None:
    """A guest whose framework isn't there ends without READY and says why on standard error."""
    header = make_header("", None, questions=[], framework="tensorflow")
    run = run_guest(header)

    assert run.ready == {}
    assert run.returncode == 1
    assert "No module named 'tensorflow'" in run.stderr


def test_a_predict_run_has_no_student_code() -> None:
    """The role "predict" calls predict.py's function for each stage; nothing of a submission is there."""
    from safetensors.numpy import load, save

    probe = "def train(given, tensors):\n    return tensors['w'] @ given['images']\n"
    stages = {"train": {"record": "epochs", "stages": [["w"], ["w"]]}}
    arrays = {"images": np.ones((2, 1)), "epochs.0.w": np.ones((1, 2)), "epochs.1.w": np.full((1, 2), 2.0)}
    header = make_header(probe, None, questions=["train"], role="predict", values={"stages": stages})
    result = run_guest(header, given=save(arrays)).questions[0]
    left = {name: value for content in result.arrays for name, value in load(content).items()}

    assert result.exit == "finished"
    assert {name: value.tolist() for name, value in left.items()} == {"0": [[2.0]], "1": [[4.0]]}


@pytest.mark.parametrize("fork", [True, False])
def test_sets_have_the_same_order_in_each_run(fork: bool) -> None:
    """Strings hash alike in every run, so that code that walks through a set gives the same again."""
    probe = "def one(student, given, record):\n    record.answers('order', list({'a', 'b', 'c', 'd', 'e', 'f', 'g'}))\n"
    runs = [run_guest(make_header(probe, "", questions=["one"], fork=fork)) for _ in range(3)]
    orders = {tuple(run.questions[0].answer("order")) for run in runs}

    assert len(orders) == 1
