"""The guest's parts that need no process."""

import errno
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from grader.evidence.schema import check_problem
from grader.guest.capture import START_MARK, Capture, MarkedOutput
from grader.guest.folders import make_folders, remove_tree
from grader.guest.init import Init, Running
from grader.guest.job import GuestJob, LoaderTask, QuestionJob, read_job, write_job
from grader.guest.protocol import FrameError, Kind, pack_frame
from grader.guest.relay import Ending, Relay, RelayCaps, classify_status, pack_not_started
from grader.guest.stream import FrameBuffer
from grader.guest.suggestions import near_names


@given(st.lists(st.binary(max_size=50)), st.integers(0, 64))
def test_capture_keeps_head_and_tail(parts: list[bytes], most: int) -> None:
    """However the bytes come, at most `most` are kept, all are counted, and the ends are right."""
    capture = Capture(most)
    for part in parts:
        capture.take(part)
    whole = b"".join(parts)

    assert capture.total_bytes == len(whole)
    assert capture.head == whole[: most // 2]
    if len(whole) <= most:
        assert capture.text() == whole.decode("utf-8", "replace") or not whole.isascii()
    else:
        assert f"{len(whole) - most:,} bytes of output left out" in capture.text()


@given(st.lists(st.binary(max_size=20)), st.lists(st.binary(max_size=20)), st.integers(1, 30))
def test_output_is_divided_at_the_mark(ours: list[bytes], students: list[bytes], size: int) -> None:
    """However it's cut, what a framework printed at its import isn't the student's."""
    assume(START_MARK not in b"".join(ours))
    before, after = bytearray(), bytearray()
    marked = MarkedOutput(before.extend, after.extend)
    stream = b"".join(ours) + START_MARK + b"".join(students)
    for begin in range(0, len(stream), size):
        marked.take(stream[begin : begin + size])
    marked.end()

    assert (bytes(before), bytes(after)) == (b"".join(ours), b"".join(students))


@given(st.lists(st.tuples(st.sampled_from(list(Kind)), st.binary(max_size=100))), st.integers(1, 70))
def test_frames_come_whole_however_they_are_cut(frames: list[tuple[Kind, bytes]], size: int) -> None:
    """A stream cut anywhere gives the same frames."""
    buffer = FrameBuffer(lambda kind, length: None)
    stream = b"".join(pack_frame(kind, payload) for kind, payload in frames)
    found = [
        (frame.kind, frame.payload)
        for begin in range(0, len(stream), size)
        for frame in buffer.feed(stream[begin : begin + size])
    ]

    assert found == frames


@given(st.binary(min_size=44, max_size=200))
def test_garbage_is_no_frame(content: bytes) -> None:
    """Bytes that don't begin as a frame are refused at once."""
    if content.startswith(b"GRD1"):
        return
    with pytest.raises(FrameError):
        list(FrameBuffer(lambda kind, length: None).feed(content))


def test_a_wrong_digest_is_refused() -> None:
    """A payload that was changed on the way isn't handed on."""
    frame = pack_frame(Kind.RECORD, b"{}")[:-1] + b"]"

    with pytest.raises(FrameError, match="digest"):
        list(FrameBuffer(lambda kind, length: None).feed(frame))


def make_relay(sent: list[bytes]) -> Relay:
    """A relay of question 3 with small caps."""
    question = QuestionJob(3, "q", "q", 5.0)
    return Relay(question, RelayCaps(evidence_bytes=100, frames=4), lambda *parts: sent.append(b"".join(parts)))


def test_a_relay_sets_the_number() -> None:
    """Whatever number a frame bears, it leaves under the question's own; GO and END don't leave."""
    sent: list[bytes] = []
    relay = make_relay(sent)
    relay.feed(pack_frame(Kind.GO, b"") + pack_frame(Kind.RECORD, b"{}", 9) + pack_frame(Kind.END, b""))

    assert sent == [pack_frame(Kind.RECORD, b"{}", 3)]
    assert relay.ended
    assert relay.loaded is not None


def test_a_relay_judges_a_frame_by_its_header() -> None:
    """A frame beyond the cap is refused before its payload has come."""
    sent: list[bytes] = []
    relay = make_relay(sent)
    relay.feed(pack_frame(Kind.GO, b"") + pack_frame(Kind.ARRAYS, bytes(101))[:44])

    assert relay.fault == "evidence_limit"
    assert sent == []


@pytest.mark.parametrize("kind", [Kind.READY, Kind.DONE, Kind.ENDED, Kind.OUTPUT, Kind.JOB])
def test_a_relay_refuses_what_a_loader_does_not_send(kind: Kind) -> None:
    """Above all the frames that init writes."""
    relay = make_relay([])
    relay.feed(pack_frame(Kind.GO, b"") + pack_frame(kind, b""))

    assert relay.fault == "crashed"


def test_an_end_before_go_is_no_end() -> None:
    """A student's code can't finish a question while it's loaded."""
    relay = make_relay([])
    relay.feed(pack_frame(Kind.END, b""))

    assert not relay.ended
    assert relay.fault == "crashed"


def test_statuses() -> None:
    """END counts before anything else, then the limit we killed at, then what the kernel says."""
    relay = make_relay([])

    assert classify_status(relay, None, 0) == Ending("crashed", code=0)
    assert classify_status(relay, None, -11) == Ending("signalled", signal=11)
    assert classify_status(relay, "wall_limit", -9) == Ending("wall_limit")
    relay.feed(pack_frame(Kind.GO, b"") + pack_frame(Kind.END, b""))
    assert classify_status(relay, "wall_limit", -9) == Ending("finished")


def test_a_job_survives_its_frames() -> None:
    """What write_job writes, read_job reads."""
    job = GuestJob(header={"questions": [], "seed": 1}, files={"a/b.py": b"\0\1", "c": b""}, given=b"given")
    content = b"".join(write_job(job))
    position = 0

    def read_exactly(count: int) -> bytes:
        nonlocal position
        part = content[position : position + count]
        position += count
        return part

    assert read_job(read_exactly) == job
    assert read_job(read_exactly) is None


def test_hostile_folders_are_removed(tmp_path: Path) -> None:
    """Deep, closed and linked folders go; what a link points at stays."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x")
    folders = make_folders({"a/b/c.py": b"x"}, tmp_path)
    deep = folders.work
    for _ in range(100):
        deep = deep / "d"
        deep.mkdir()
    (folders.work / "link").symlink_to(outside)
    (folders.work / "closed").mkdir(mode=0)
    remove_tree(folders.root)

    assert not folders.root.exists()
    assert (outside / "kept").exists()


def test_a_folder_made_to_be_endless_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Removing gives up when its time is over: the other questions wait meanwhile."""
    folders = make_folders({"a.py": b"x"}, tmp_path)
    monkeypatch.setattr("grader.guest.folders.MOST_SECONDS", 0.0)
    remove_tree(folders.root)

    assert (folders.work / "a.py").exists()


def test_a_question_that_could_not_be_started_says_why() -> None:
    """It is told as a problem that the reader of evidence takes, with the system's reason."""
    problem = json.loads(pack_not_started(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))
    check_problem(problem)

    assert problem["message"] == "the question couldn't be started: No space left on device"


def never_called(task: LoaderTask, inner_fd: int) -> NoReturn:
    """The loader of an init that starts none."""
    raise AssertionError(task, inner_fd)


def test_pipes_that_never_empty_hold_nobody_up(tmp_path: Path) -> None:
    """Of a loader that has ended no more is read than its pipes held, though others write to them without end."""
    question = QuestionJob(number=0, id="q", function="q", wall_seconds=1)
    job = GuestJob(header={"questions": [], "output_bytes": 100, "evidence_bytes": 100})
    init = Init(job=job, evidence_fd=-1, loader_main=never_called)
    relay, capture = init.open_question(question)
    task = LoaderTask(job, question, make_folders({}, tmp_path), definitions_only=False)
    with Path("/dev/zero").open("rb") as endless:
        init.drain(Running(task, 0, -1, endless.fileno(), endless.fileno(), relay, capture))

    assert relay.fault == "crashed"
    assert 0 < capture.total_bytes < 16 << 20


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("build_classifier", ["build_clasifier"]),
        ("buildClasifier", ["build_clasifier"]),
        ("count_trainable", ["countTrainable"]),
        ("diagnose", []),
    ],
)
def test_near_names(name: str, near: list[str]) -> None:
    """Capitals and underscores count little; what only shares a word isn't near."""
    assert near_names(name, ["build_clasifier", "countTrainable", "make_optimizer", "x"]) == near


def test_the_guest_stands_alone() -> None:
    """Started with -I from another folder it finds itself, and nothing of the host's grader is imported."""
    main = Path(__file__).parents[2] / "grader" / "guest" / "__main__.py"
    check = (
        "import runpy, sys; sys.argv = ['x', '--framework', 'none', '--job-fd', '0', '--evidence-fd', '1']\n"
        f"try:\n    runpy.run_path({str(main)!r}, run_name='__main__')\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "assert not [name for name in sys.modules if name == 'grader' or name.startswith('grader.')]\n"
    )
    completed = subprocess.run(
        [sys.executable, "-I", "-c", check], stdin=subprocess.DEVNULL, capture_output=True, cwd=os.sep, check=False
    )

    assert completed.returncode == 0, completed.stderr
    assert completed.stdout.startswith(b"GRD1")
    assert hashlib.sha256(completed.stdout[44:]).digest() == completed.stdout[12:44]
