"""The keeper: caps as frames arrive, deadlines, and an exit that is named from what the runtime says."""

import io
import signal
import threading
import time
import weakref
from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.evidence.model import Exit
from grader.guest.protocol import FrameError, Kind, pack_frame
from grader.limits import GIB, MIB, EvidenceLimits, Limits
from grader.sandbox import Job, ProcessSandbox
from grader.sandbox.frames import EvidenceCapError, FrameCounter, pack_job
from grader.sandbox.keeper import longest_seconds
from tests.sandbox.tiny import TINY_GUEST, make_request, texts_of


@pytest.fixture
def sandbox() -> ProcessSandbox:
    """A process without a control group, so that the keeper does all the watching."""
    return ProcessSandbox(guest=TINY_GUEST, use_control_groups=False)


def test_longest_time_counts_loads_and_questions_in_equal_shares() -> None:
    """Six questions, two at a time: the ceiling is above three loads and questions in sequence, and is finite."""
    questions = [{"wall_seconds": 10.0}] * 6
    header = {"questions": questions, "load_seconds": 5.0, "parallel": 2}

    seconds = longest_seconds(header, Limits())

    assert 6 * (2 * 5.0 + 10.0) / 2 < seconds < 200.0
    assert longest_seconds({"questions": []}, Limits()) > Limits().load_seconds


def test_job_s_frames_come_in_their_order() -> None:
    """JOB, the files, GIVEN where something is given, GO."""
    job = Job(header={}, files={"a.py": b"1", "b.py": b"2"}, given=b"arrays")

    kinds = [frame[4] for frame in pack_job(job, {"role": "grade"})]

    assert kinds == [Kind.JOB, Kind.FILE, Kind.FILE, Kind.GIVEN, Kind.GO]


def test_too_long_a_frame_is_refused_by_its_header() -> None:
    """No byte of the payload of a frame beyond the cap is read."""
    stream = io.BytesIO(pack_frame(Kind.RECORD, b"x" * 2_000))
    counter = FrameCounter(stream.read, EvidenceLimits(frame_bytes=1_000))

    with pytest.raises(EvidenceCapError, match="2000 bytes"):
        counter.next_frame()
    assert stream.tell() < 100


@pytest.mark.parametrize("limits", [EvidenceLimits(run_bytes=1_000), EvidenceLimits(frames=3)], ids=["bytes", "frames"])
def test_caps_of_a_run_count_all_frames(limits: EvidenceLimits) -> None:
    """Many small frames reach the caps of bytes and of frames."""
    counter = FrameCounter(io.BytesIO(pack_frame(Kind.RECORD, b"x" * 200) * 20).read, limits)

    with pytest.raises(EvidenceCapError, match="more than"):
        for _ in range(20):
            counter.next_frame()


def test_cut_frame_is_a_fault() -> None:
    """A stream that ends inside a frame says so."""
    counter = FrameCounter(io.BytesIO(pack_frame(Kind.RECORD, b"x" * 200)[:-1]).read, EvidenceLimits())

    with pytest.raises(FrameError, match="ends inside"):
        counter.next_frame()


def test_program_s_own_end_without_done_is_a_crash(sandbox: ProcessSandbox) -> None:
    """Exit code 0 without DONE isn't finished; what was sent before stays."""
    result = sandbox.run(make_request("import os\nsend(17, b'kept')\nos._exit(0)\n"))

    assert (result.exit, result.exit_code, result.closed) == (Exit.CRASHED, 0, False)
    assert texts_of(result) == ["kept"]


def test_a_run_that_is_over_holds_no_evidence(sandbox: ProcessSandbox) -> None:
    """Whoever drops the result has dropped the evidence, though the run itself is still there: it can be large."""
    request = make_request("send(17, b'kept')\n")
    prepared = sandbox.prepare(request.launch)
    result = prepared.run(request.job)
    frames = [weakref.ref(frame) for frame in result.frames]
    del result

    assert len(frames) > 2
    assert [frame() for frame in frames] == [None] * len(frames)
    prepared.close()


def test_signal_is_told_with_its_number(sandbox: ProcessSandbox) -> None:
    """A guest that dies by a signal that we didn't send is SIGNALLED."""
    result = sandbox.run(make_request("import os\nos.kill(os.getpid(), 11)\n"))

    assert (result.exit, result.signal) == (Exit.SIGNALLED, signal.SIGSEGV)


def test_memory_of_all_processes_together_is_watched(sandbox: ProcessSandbox) -> None:
    """Where no control group counts, the keeper ends a run whose processes take too much together."""
    source = """
import os, time
for _ in range(4):
    if os.fork() == 0:
        block = bytearray(b"x") * (100 << 20)
        time.sleep(60)
        os._exit(0)
time.sleep(60)
"""
    result = sandbox.run(make_request(source, limits=Limits(memory_bytes=256 * MIB)))

    assert result.exit is Exit.MEMORY_LIMIT
    assert result.peak_memory_bytes is not None
    assert result.peak_memory_bytes > 256 * MIB


def test_processes_are_watched(sandbox: ProcessSandbox) -> None:
    """Where no control group counts, the keeper ends a run of too many processes; threads count."""
    source = """
import threading, time
for _ in range(40):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
time.sleep(60)
"""
    result = sandbox.run(make_request(source, limits=Limits(processes=20, memory_bytes=GIB)))

    assert result.exit is Exit.PROCESS_LIMIT


def test_processor_time_is_watched(sandbox: ProcessSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two busy processes reach the processor time of one before its wall time."""
    monkeypatch.setattr("grader.sandbox.keeper._GRACE_SECONDS", 0.0)
    monkeypatch.setattr("grader.sandbox.keeper._QUESTION_GRACE_SECONDS", 0.0)
    limits = Limits(cpus=1, memory_bytes=GIB)
    source = "import os\nos.fork()\nos.fork()\nos.fork()\nwhile True: pass\n"

    result = sandbox.run(make_request(source, limits=limits, seconds=3.0, parallel=1))

    assert result.exit in {Exit.CPU_LIMIT, Exit.WALL_LIMIT}  # the latter on a machine that is busy with other things
    assert result.cpu_seconds is not None


def test_guest_that_is_never_ready_is_our_fault(tmp_path: Path) -> None:
    """A guest that doesn't say READY in time is a SandboxError with what it printed."""
    (tmp_path / "__main__.py").write_text(
        "import sys, time\nprint('still importing', file=sys.stderr)\nsys.stderr.flush()\ntime.sleep(60)\n"
    )
    sandbox = ProcessSandbox(guest=tmp_path, ready_seconds=1.0)

    with pytest.raises(SandboxError, match="wasn't ready within 1 s") as caught:
        sandbox.run(make_request(""))

    assert caught.value.details == ("still importing",)


def test_guest_s_errors_are_capped(sandbox: ProcessSandbox) -> None:
    """What a guest writes on standard error is read to its end and cut at 64 KiB."""
    result = sandbox.run(make_request("import sys\nfor _ in range(200): sys.stderr.write('e' * 10_000)\n"))

    assert result.exit is Exit.FINISHED
    assert len(result.guest_stderr) == 64 * 1024


def test_guest_that_stays_after_done_is_ended(sandbox: ProcessSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """DONE is the end: a guest that goes on is killed, and the run is finished."""
    monkeypatch.setattr("grader.sandbox.keeper._EXIT_SECONDS", 0.3)

    result = sandbox.run(make_request("import time\nsend(23)\ntime.sleep(600)\n"))

    assert (result.exit, result.closed) == (Exit.FINISHED, True)


def test_run_outlives_the_thread_that_prepared_it(sandbox: ProcessSandbox) -> None:
    """A guest prepared in a thread that has ended since still runs its job."""
    prepared = []
    request = make_request("send(17, b'alive')\n")
    thread = threading.Thread(target=lambda: prepared.append(sandbox.prepare(request.launch)))
    thread.start()
    thread.join()
    time.sleep(0.3)

    with prepared[0] as run:
        result = run.run(request.job)

    assert texts_of(result) == ["alive"]


def test_guest_that_ended_while_it_waited_is_our_fault(sandbox: ProcessSandbox) -> None:
    """Between READY and the job nothing of a student is there, so what happens then isn't theirs."""
    request = make_request("")
    with sandbox.prepare(request.launch) as run:
        time.sleep(1.0)
        run._running._process.terminate()  # type: ignore[attr-defined]
        run._running._process.wait()  # type: ignore[attr-defined]
        time.sleep(0.5)

        with pytest.raises(SandboxError, match="before"):
            run.run(request.job)


def test_frames_are_seen_as_they_arrive(sandbox: ProcessSandbox) -> None:
    """`on_frame` sees every frame, in order; what it raises ends the run and comes out."""
    seen: list[Kind] = []
    sandbox.run(make_request("send(17, b'a')\n"), on_frame=lambda frame: seen.append(frame.kind))

    assert seen == [Kind.READY, Kind.RECORD, Kind.DONE]

    def interrupt(frame: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sandbox.run(make_request("import time\ntime.sleep(600)\n"), on_frame=interrupt)
