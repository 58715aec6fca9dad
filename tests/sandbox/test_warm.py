"""The pool of warm guests: a run is a fork that knows nothing of those before it, and the pool outlives its faults."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.evidence.model import Exit
from grader.limits import MIB, Limits
from grader.sandbox import BubblewrapSandbox, Interpreter, Launch, PreparedRun, RunRequest, WarmSandbox
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.sandbox.zygote import Zygote
from tests.contract.rig import SMALL, VARIANTS, Outcome, Rig, sort_frames

LAUNCH = Launch(interpreter=Interpreter(framework="none", executable=Path(sys.executable)), limits=SMALL)
RIG = Rig(next(iter(VARIANTS.values())), Path())  # only makes jobs here
STATUS = "def first():\n    return open('/proc/self/status').read()\n"


@pytest.fixture(autouse=True)
def needs_bubblewrap() -> None:
    """These tests fork real runs."""
    if (trouble := find_bubblewrap_trouble()) is not None:
        pytest.skip(trouble.text)


class Watched(BubblewrapSandbox):
    """Bubblewrap that remembers the zygotes it started."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[Zygote] = []

    def start_zygote(self, launch: Launch) -> Zygote:
        """Start a zygote, and remember it."""
        self.started.append(super().start_zygote(launch))
        return self.started[-1]


@pytest.fixture
def inner() -> Watched:
    """The sandbox below the pool."""
    return Watched()


@pytest.fixture
def warm(inner: Watched) -> Iterator[WarmSandbox]:
    """A pool, closed at the test's end."""
    with WarmSandbox(inner) as pool:
        yield pool


def ask(pool: WarmSandbox, student: str, *, limits: Limits = SMALL, launch: Launch = LAUNCH) -> Outcome:
    """What the student's function `first` returns, as text."""
    probe = "def first(student, given, record):\n    record.text('value', str(student.first()))\n"
    job = RIG.make_job(student, probe, {"first": 20.0}, limits)
    launch = Launch(interpreter=launch.interpreter, environment=launch.environment, limits=limits)
    result = pool.run(RunRequest(launch=launch, job=job))
    return Outcome(result, sort_frames(result.frames, ["first"]))


def value(outcome: Outcome) -> str:
    """The text that came out."""
    assert outcome["first"].exit == "finished", outcome["first"]
    return outcome["first"].texts["value"]


# ── what a forked run is ──


def test_a_forked_run_has_no_rights_and_two_filters(warm: WarmSandbox) -> None:
    """No capability, no new privileges, the zygote's filter and its own; first process of its namespace."""
    lines = dict(line.split(":", 1) for line in value(ask(warm, STATUS)).splitlines() if ":" in line)

    assert lines["Seccomp_filters"].strip() == "2"
    assert lines["NoNewPrivs"].strip() == "1"
    assert {int(lines[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert lines["PPid"].strip() == "1"


def test_a_forked_run_can_t_make_namespaces(warm: WarmSandbox) -> None:
    """What the zygote needed to make the run is closed in it: unshare, clone with namespaces, mount."""
    student = """
import ctypes, errno
def first():
    library = ctypes.CDLL(None, use_errno=True)
    said = []
    for call in (lambda: library.unshare(0x10000000), lambda: library.mount(b"none", b"/tmp", b"tmpfs", 0, None),
                 lambda: library.syscall(56, 0x10000000 | 17, 0, 0, 0, 0), lambda: library.sethostname(b"x", 1)):
        said.append(errno.errorcode.get(ctypes.get_errno()) if call() == -1 else "worked")
    return said
"""
    assert value(ask(warm, student)) == str(["EPERM"] * 4)


def test_the_next_run_can_t_tell_that_there_was_one(warm: WarmSandbox) -> None:
    """Files in every folder that can be written, System V memory, a message queue, a daemon, a changed zygote: gone."""
    leave = """
import ctypes, os
def first():
    done = []
    for folder in ("/tmp", "/dev/shm", "/tmp/home", "/tmp/work", "/", "/opt", "/dev", "/var", "/dev/mqueue", "/run"):
        try:
            with open(os.path.join(folder, "left-behind"), "w") as file:
                file.write("x")
            done.append(folder)
        except OSError:
            pass
    library = ctypes.CDLL(None, use_errno=True)
    if library.shmget(0x1234, 4096, 0o1666) >= 0:
        done.append("shm")
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            import time
            time.sleep(600)
        os._exit(0)
    return done
"""
    look = """
import ctypes, os
def first():
    found = [os.path.join(root, name) for top in ("/tmp", "/dev", "/opt/guest", "/run", "/var")
             for root, _, names in os.walk(top) for name in names if name == "left-behind"]
    if ctypes.CDLL(None).shmget(0x1234, 4096, 0o666) >= 0:
        found.append("shm")
    pids = sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
    return found, pids, os.getpid(), open("/proc/self/cgroup").read().count("grader")
"""
    fresh = value(ask(warm, look))

    assert "/tmp" in value(ask(warm, leave))
    assert value(ask(warm, look)) == fresh == "([], [1, 2], 2, 0)"


def test_each_run_has_limits_of_its_own(warm: WarmSandbox, inner: Watched) -> None:
    """Runs of one zygote may differ in memory and in the size of their folders."""
    big = "def first():\n    return len(bytearray(300 << 20))\n"
    disk = "import os\ndef first():\n    return os.statvfs('/tmp').f_blocks * os.statvfs('/tmp').f_frsize\n"
    narrow, wide = Limits(memory_bytes=200 * MIB, disk_bytes=16 * MIB), Limits(memory_bytes=900 * MIB)

    assert ask(warm, big, limits=narrow)["first"].exit != "finished"
    assert value(ask(warm, big, limits=wide)) == str(300 << 20)
    assert value(ask(warm, disk, limits=narrow)) == str(16 * MIB)
    assert len(inner.started) == 1


def test_runs_go_on_at_a_time(warm: WarmSandbox, inner: Watched) -> None:
    """Several threads fork from one zygote; each gets its own answer."""
    answers: dict[int, str] = {}

    def work(number: int) -> None:
        answers[number] = value(ask(warm, f"def first():\n    return {number} * 7\n"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == {number: str(number * 7) for number in range(8)}
    assert len(inner.started) == 1


def test_runs_that_go_on_at_a_time_don_t_meet(warm: WarmSandbox) -> None:
    """Not by terminals, sockets with abstract names, shared memory or processes, though one zygote forked both."""
    stay = """
import ctypes, os, pty, socket, time
def first():
    pty.openpty()
    named = socket.socket(socket.AF_UNIX)
    named.bind(chr(0) + "meeting")
    ctypes.CDLL(None).shmget(0x77, 4096, 0o1666)
    open("/dev/shm/meeting", "w").close()
    time.sleep(3)
    return os.listdir("/dev/pts")
"""
    look = """
import ctypes, os, socket
def first():
    found = sorted(os.listdir("/dev/pts")) + os.listdir("/dev/shm")
    found += ["shm"] * (ctypes.CDLL(None).shmget(0x77, 4096, 0o666) >= 0)
    try:
        socket.socket(socket.AF_UNIX).connect(chr(0) + "meeting")
        found.append("socket")
    except OSError:
        pass
    return found, os.path.exists("/sys/fs/cgroup")
"""
    answers: list[Outcome] = []
    thread = threading.Thread(target=lambda: answers.append(ask(warm, stay)))
    thread.start()
    time.sleep(1.5)
    seen = value(ask(warm, look))
    thread.join()

    assert seen == "(['ptmx'], False)"
    assert "'0'" in value(answers[0])


# ── the pool ──


def test_a_zygote_is_replaced_after_its_runs(inner: Watched) -> None:
    """Its successor is there by then; the old one is gone when its last run is over."""
    with WarmSandbox(inner, runs_each=3) as pool:
        for number in range(7):
            assert value(ask(pool, f"def first():\n    return {number}\n")) == str(number)
        runs = [zygote.runs for zygote in inner.started]

    assert runs[:2] == [3, 3]
    assert not any(zygote.is_alive for zygote in inner.started)


def test_a_launch_of_another_kind_has_a_zygote_of_its_own(warm: WarmSandbox, inner: Watched) -> None:
    """Variables are given to a process at its start, so other variables are another zygote's."""
    student = "import os\ndef first():\n    return os.environ.get('WHICH')\n"
    other = Launch(interpreter=LAUNCH.interpreter, environment={"WHICH": "other"})

    assert value(ask(warm, student)) == "None"
    assert value(ask(warm, student, launch=other)) == "other"
    assert len(inner.started) == 2


def test_a_killed_zygote_costs_its_run_and_is_replaced(warm: WarmSandbox, inner: Watched) -> None:
    """The run that was going on is a fault of the sandbox; the next one has a new zygote."""
    value(ask(warm, "def first():\n    return 1\n"))
    failures: list[SandboxError] = []

    def run() -> None:
        try:
            ask(warm, "import time\ndef first():\n    time.sleep(600)\n")
        except SandboxError as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while inner.started[0].runs < 2:
        time.sleep(0.01)
    time.sleep(0.3)
    kill_owner(inner.started[0])
    thread.join(30)

    assert len(failures) == 1
    assert value(ask(warm, "def first():\n    return 2\n")) == "2"
    assert len(inner.started) == 2


def kill_owner(zygote: Zygote) -> None:
    """Kill the process in which a zygote lives, as the machine would when memory runs out."""
    os.kill(zygote._owner._process.pid, signal.SIGKILL)  # type: ignore[attr-defined]


def test_a_zygote_that_holds_more_than_before_is_replaced(
    warm: WarmSandbox, inner: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two runs it should hold what it held at first; where it doesn't, it gets no more."""
    value(ask(warm, "def first():\n    return 1\n"))
    assert inner.started[0].find_change() is None
    monkeypatch.setattr(inner.started[0], "find_change", lambda: "9 descriptors; there were 8")
    value(ask(warm, "def first():\n    return 2\n"))

    assert value(ask(warm, "def first():\n    return 3\n")) == "3"
    assert len(inner.started) == 2
    assert not inner.started[0].is_alive


def test_a_busy_zygote_is_looked_at_too(warm: WarmSandbox, inner: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it holds of a run that goes on is no change; and a pool that is never idle looks every so many runs."""
    monkeypatch.setattr("grader.sandbox.warm._RUNS_BETWEEN_LOOKS", 2)
    waiting = threading.Thread(target=lambda: ask(warm, "import time\ndef first():\n    time.sleep(3)\n"))
    waiting.start()
    while not inner.started or not inner.started[0].runs:
        time.sleep(0.05)
    looks: list[str | None] = []
    look = inner.started[0].find_change

    def look_and_tell() -> str | None:
        looks.append(look())
        return looks[-1]

    monkeypatch.setattr(inner.started[0], "find_change", look_and_tell)
    for number in range(3):
        assert value(ask(warm, f"def first():\n    return {number}\n")) == str(number)
    assert waiting.is_alive()
    assert looks == [None]
    waiting.join()


def test_where_runs_can_t_be_forked_guests_are_warmed_ahead(
    warm: WarmSandbox, inner: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run then has a guest of its own that was started before, and is used once."""
    monkeypatch.setattr(Zygote, "refusal", "namespaces can't be made inside")
    prepared: list[Launch] = []

    def prepare(launch: Launch) -> PreparedRun:
        prepared.append(launch)
        return BubblewrapSandbox.prepare(inner, launch)

    monkeypatch.setattr(inner, "prepare", prepare)

    assert value(ask(warm, "def first():\n    return 1\n")) == "1"
    assert value(ask(warm, "def first():\n    return 2\n")) == "2"
    assert len(prepared) == 3  # one is warm for the run after these
    assert len(inner.started) == 1


def test_a_run_that_is_closed_before_its_job_costs_nothing(warm: WarmSandbox) -> None:
    """Prepared and thrown away: the pool goes on."""
    prepared = warm.prepare(LAUNCH)
    prepared.close()
    prepared.close()

    assert value(ask(warm, "def first():\n    return 1\n")) == "1"


def test_a_closed_pool_starts_nothing(warm: WarmSandbox, inner: Watched) -> None:
    """And what it had started is gone, groups too."""
    value(ask(warm, "def first():\n    return 1\n"))
    warm.close()

    with pytest.raises(SandboxError, match="closed"):
        warm.prepare(LAUNCH)
    assert not inner.started[0].is_alive


def test_a_run_is_ended_from_another_thread(warm: WarmSandbox) -> None:
    """As an interrupt does it."""
    prepared = warm.prepare(LAUNCH)
    probe = "def first(student, given, record):\n    student.first()\n"
    job = RIG.make_job("import time\ndef first():\n    time.sleep(600)\n", probe, {"first": 600.0}, SMALL)
    timer = threading.Timer(1.0, prepared.close)
    timer.start()
    try:
        result = prepared.run(job)
        assert result.exit is not Exit.FINISHED
    except SandboxError:
        pass
    timer.join()

    assert value(ask(warm, "def first():\n    return 1\n")) == "1"
