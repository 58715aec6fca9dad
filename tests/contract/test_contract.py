"""One suite that every sandbox passes. A known gap must fail as `known_gaps` says; a gap that healed fails the suite.

Each function below is a behaviour, by its name in `BEHAVIOURS`. It gets a rig: one sandbox under one condition.
"""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from grader.errors import SandboxError
from grader.evidence.model import Exit
from grader.guest.protocol import Kind
from grader.limits import MIB, EvidenceLimits, Limits
from grader.sandbox import RunRequest, keeper
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.sandbox.docker import find_docker_trouble
from grader.sandbox.docker.daemon import connect_daemon
from grader.sandbox.gaps import BEHAVIOURS, Gap, known_gaps
from tests.contract.rig import SMALL, VARIANTS, Outcome, Rig
from tests.sandbox.docker.small_image import find_base_trouble

TWO = "def first():\n    return 'one'\ndef second():\n    return 'two'\n"
SECOND = "def second():\n    return 'two'\n"
NAMESPACE = "import ctypes\ndef second():\n    return ctypes.CDLL(None).unshare(0x10000000)\n"  # CLONE_NEWUSER
GAPS = {(gap.sandbox, gap.behaviour): gap for gap in known_gaps()}


@pytest.fixture(params=VARIANTS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    """A sandbox under one condition."""
    variant = VARIANTS[request.param]
    if variant.in_bubblewrap and (trouble := find_bubblewrap_trouble()) is not None:
        pytest.skip(trouble.text)
    if variant.in_docker and (fault := find_docker_trouble()) is not None:
        pytest.skip(fault.message)
    if variant.runtime is not None and variant.runtime not in connect_daemon().runtimes:
        pytest.skip(f"the Docker daemon has no runtime {variant.runtime!r}")
    if variant.packaged and (lack := find_base_trouble()) is not None:
        pytest.skip(lack)
    return Rig(variant, tmp_path)


@pytest.fixture(autouse=True)
def expect_gaps(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> None:
    """Note behaviour and variant for the table; expect a known gap to fail, strictly."""
    if "rig" not in request.fixturenames:
        return
    behaviour = request.node.originalname.removeprefix("test_")
    variant = request.node.callspec.params["rig"]
    record_property("behaviour", behaviour)
    record_property("variant", variant)
    gap: Gap | None = GAPS.get((variant, behaviour))
    if gap is None:
        return
    if not gap.shown:
        pytest.xfail(gap.reason)
    request.applymarker(pytest.mark.xfail(strict=True, reason=gap.reason, raises=(AssertionError, KeyError)))


def expect_second_unharmed(outcome: Outcome) -> None:
    """The other question finished with its right answer, and the run closed."""
    assert outcome["second"].exit == "finished"
    assert outcome["second"].texts["value"] == "two"
    assert outcome.result.closed


# ── what goes in and comes out ──


def test_answers(rig: Rig) -> None:
    """Answers come out whole, of every question."""
    outcome = rig.run("def first():\n    return 'x' * 50_000\ndef second():\n    return 'two'\n")

    assert outcome["first"].texts["value"] == "x" * 50_000
    expect_second_unharmed(outcome)
    assert outcome.result.exit is Exit.FINISHED
    assert outcome.result.frames_fault is None


def test_given(rig: Rig) -> None:
    """Given bytes arrive; the submission's files lie in the folder in which student code starts."""
    array = np.arange(60_000, dtype=np.float32).reshape(200, 300)
    probe = """
def first(student, given, record):
    record.text("value", repr(float(given["pixels"].sum())))
"""
    if not rig.variant.is_real:
        probe = "def first(student, given, record):\n    record.text('value', str(len(GIVEN)))\n"
    student = "from pathlib import Path\nnote = Path('data/note.txt').read_text()\n" if rig.variant.is_real else ""
    given = save({"pixels": array})

    outcome = rig.run(student, probe, questions={"first": 20.0}, files={"data/note.txt": b"hello"}, given=given)

    expected = repr(float(array.sum())) if rig.variant.is_real else str(len(given))
    assert outcome["first"].texts["value"] == expected


def test_unicode(rig: Rig) -> None:
    """Paths and texts in any script arrive unchanged."""
    name = "données/课程 ✓.txt"
    student = (
        "from pathlib import Path\ndef first():\n    return Path('données/课程 ✓.txt').read_text(encoding='utf-8')\n"
    )
    if not rig.variant.is_real:
        student = "def first():\n    return FILES['données/课程 ✓.txt'].decode()\n"

    outcome = rig.run(student, questions={"first": 20.0}, files={name: "naïve 🎓 текст".encode()})

    assert outcome["first"].texts["value"] == "naïve 🎓 текст"


# ── time ──


def test_question_deadline(rig: Rig) -> None:
    """A question that runs too long ends; what it recorded before stays; the others go on."""
    probe = """
import time
def first(student, given, record):
    record.text("before", "kept")
    time.sleep(600)
def second(student, given, record):
    record.text("value", student.second())
"""
    outcome = rig.run(SECOND, probe, questions={"first": 1.0, "second": 20.0})

    assert outcome["first"].exit == "wall_limit"
    assert outcome["first"].texts["before"] == "kept"
    expect_second_unharmed(outcome)


def test_load_deadline(rig: Rig) -> None:
    """Code that loads for ever is told apart from a question that runs for ever."""
    outcome = rig.run("while True:\n    pass\n", questions={"first": 20.0}, load_seconds=1.5, parallel=1)

    assert outcome["first"].exit in {"load_limit", "crashed"}  # definitions only has no function, which is an error
    assert outcome["first"].ended["definitions_only"] or outcome["first"].exit == "load_limit"
    assert outcome.result.closed


def test_run_deadline(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guest that goes on beyond the time of all its questions is ended by the keeper."""
    monkeypatch.setattr(keeper, "_GRACE_SECONDS", 0.2)
    monkeypatch.setattr(keeper, "_QUESTION_GRACE_SECONDS", 0.2)

    result = rig.run_tiny("import time\nsend(17, b'before')\ntime.sleep(600)\n", wall_seconds=0.2)

    assert result.exit is Exit.WALL_LIMIT
    assert [frame.payload for frame in result.frames if frame.kind is Kind.RECORD] == [b"before"]
    assert not result.closed


def test_parallel(rig: Rig) -> None:
    """As many questions run at a time as the job says, each in a folder and with modules of its own."""
    probe = """
import os, time
def meet(record):
    record.text("pid", str(os.getpid()))
    record.text("began", repr(time.monotonic()))
    open("mine", "x").close()
    time.sleep(1.0)
    record.text("ended", repr(time.monotonic()))
def first(student, given, record): meet(record)
def second(student, given, record): meet(record)
def third(student, given, record): meet(record)
"""
    outcome = rig.run("", probe, questions={"first": 20.0, "second": 20.0, "third": 20.0}, parallel=2)

    assert {outcome[id].exit for id in ("first", "second", "third")} == {"finished"}
    assert len({outcome[id].texts["pid"] for id in ("first", "second", "third")}) == 3
    spans = sorted((float(q.texts["began"]), float(q.texts["ended"])) for q in outcome.questions.values())
    assert spans[1][0] < spans[0][1]  # the second began before the first ended
    assert spans[2][0] >= min(spans[0][1], spans[1][1])  # the third waited


# ── ends ──


def test_crash(rig: Rig) -> None:
    """An exception costs its question alone."""
    outcome = rig.run("def first():\n    return 1 / 0\n" + SECOND)

    assert outcome["first"].problem is not None
    assert outcome["first"].problem["type"] == "ZeroDivisionError"
    expect_second_unharmed(outcome)


@pytest.mark.parametrize("call", ["os._exit(0)", "os._exit(3)", "sys.exit(0)"])
def test_exit_code(rig: Rig, call: str) -> None:
    """A program that ends itself hasn't finished, whatever its exit code."""
    outcome = rig.run(f"import os, sys\ndef first():\n    {call}\n{SECOND}")

    assert outcome["first"].exit == "crashed"
    expect_second_unharmed(outcome)


@pytest.mark.parametrize(("call", "number"), [("ctypes.string_at(0)", 11), ("os.kill(os.getpid(), 9)", 9)])
def test_signal(rig: Rig, call: str, number: int) -> None:
    """A segmentation fault, or a signal to itself, costs its question alone and is told as that signal."""
    outcome = rig.run(f"import ctypes, os\ndef first():\n    {call}\n{SECOND}")

    assert outcome["first"].exit == "signalled"
    assert outcome["first"].ended["signal"] == number
    expect_second_unharmed(outcome)


# ── quantities ──


def test_cpu(rig: Rig) -> None:
    """Processor time stays below its limit, child processes counted."""
    student = """
import os
def first():
    for _ in range(3):
        if os.fork() == 0:
            while True: pass
    while True: pass
"""
    limits = Limits(cpus=1, wall_seconds=3.0, load_seconds=5.0, memory_bytes=512 * MIB)
    outcome = rig.run(student, questions={"first": 3.0}, limits=limits, parallel=1, load_seconds=5.0)

    assert outcome["first"].exit == "wall_limit"
    assert outcome.result.cpu_seconds is not None
    header = {"questions": [{"wall_seconds": 3.0}], "load_seconds": 5.0, "parallel": 1}
    most_seconds = outcome.result.wall_seconds + 1.0 if rig.variant.counted else keeper.longest_seconds(header, limits)
    assert outcome.result.cpu_seconds <= most_seconds


def test_memory(rig: Rig) -> None:
    """A question that takes too much memory ends; the others go on."""
    student = "def first():\n    return len(bytearray(b'x') * (2 << 30))\n" + SECOND
    outcome = rig.run(student, parallel=1)

    assert "value" not in outcome["first"].texts
    assert outcome["first"].exit != "finished"
    expect_second_unharmed(outcome)
    if rig.variant.counted:
        assert outcome.result.exit is Exit.MEMORY_LIMIT
        assert outcome.result.out_of_memory_kills >= 1
        assert outcome["first"].ended["signal"] == 9
    elif outcome["first"].problem is not None:
        assert outcome["first"].problem["type"] == "MemoryError"


def test_memory_of_children(rig: Rig) -> None:
    """Child processes that are each below the limit, and together above, end by it."""
    student = """
import os, time
def first():
    children = []
    for _ in range(5):
        pid = os.fork()
        if pid == 0:
            block = bytearray(b"x") * (200 << 20)
            time.sleep(20)
            os._exit(0)
        children.append(pid)
    for pid in children:
        if os.waitpid(pid, 0)[1] != 0:
            raise ChildProcessError("a child was killed")
    return "all lived"
"""
    outcome = rig.run(student, questions={"first": 60.0})

    assert outcome.result.exit is Exit.MEMORY_LIMIT
    assert "value" not in outcome["first"].texts
    assert outcome.result.peak_memory_bytes is not None
    assert outcome.result.peak_memory_bytes <= 1.2 * SMALL.memory_bytes or not rig.variant.counted


def test_processes(rig: Rig) -> None:
    """A fork bomb stays below the limit of processes, and is gone when the run is."""
    student = """
import os, time
def first():
    while True:
        try:
            os.fork()
        except OSError:
            time.sleep(0.05)
"""
    limits = Limits(processes=48, memory_bytes=512 * MIB)
    outcome = rig.run(student + SECOND, questions={"first": 2.0, "second": 20.0}, limits=limits, parallel=1)

    assert outcome["first"].exit in {"wall_limit", "missing"}
    assert outcome.result.closed or outcome.result.exit is Exit.PROCESS_LIMIT
    assert outcome.result.process_limit_hits > 0 or not rig.variant.counted
    assert not find_marked("hw1.py")


def test_output_flood(rig: Rig) -> None:
    """100 MB of printed output are cut and harm nothing; the first of it stays."""
    student = "def first():\n    for _ in range(100):\n        print('y' * (1 << 20))\n    return 'done'\n" + SECOND
    outcome = rig.run(student)

    assert outcome["first"].exit == "finished"
    assert outcome["first"].ended["output_bytes"] >= 100 << 20
    assert 0 < len(outcome["first"].output) <= SMALL.output_bytes + 1024
    expect_second_unharmed(outcome)


def test_evidence_flood(rig: Rig) -> None:
    """More evidence than allowed costs its question alone; and a run's cap ends the run, what came before kept."""
    probe = """
def first(student, given, record):
    for number in range(20):
        record.text(f"part_{number}", "x" * 50_000)
def second(student, given, record):
    record.text("value", student.second())
"""
    outcome = rig.run(SECOND, probe, evidence_bytes=500_000)

    assert outcome["first"].exit in {"evidence_limit", "crashed"}
    assert 0 < len(outcome["first"].texts) < 20
    expect_second_unharmed(outcome)

    flood = "for _ in range(1000):\n    send(17, b'x' * 10_000)\n"
    result = rig.run_tiny(flood, evidence_limits=EvidenceLimits(run_bytes=100_000))

    assert result.exit is Exit.OUTPUT_LIMIT
    assert sum(len(frame.payload) for frame in result.frames) <= 100_000
    assert len(result.frames) > 5


def test_disk(rig: Rig) -> None:
    """A full disk costs its question alone: its files are gone before the next begins."""
    student = """
def first():
    with open("big", "wb") as file:
        while True:
            file.write(b"x" * (1 << 20))
def second():
    open("small", "wb").write(b"x" * (1 << 20))
    return "two"
"""
    outcome = rig.run(student, parallel=1)

    assert outcome["first"].problem is not None
    assert outcome["first"].problem["type"] == "OSError"
    expect_second_unharmed(outcome)


# ── what can be seen and touched ──


def test_no_network(rig: Rig) -> None:
    """Not even a service on this machine's own loopback can be reached, nor a socket without a path."""
    with socket.create_server(("127.0.0.1", 0)) as service, socket.socket(socket.AF_UNIX) as local:
        local.bind(f"\0grader-contract-{os.getpid()}")
        local.listen()
        student = f"""
import socket
def reach(family, address):
    with socket.socket(family) as client:
        client.settimeout(5)
        try:
            client.connect(address)
        except OSError:
            return False
    return True
def first():
    return reach(socket.AF_INET, ("127.0.0.1", {service.getsockname()[1]}))
def second():
    return reach(socket.AF_UNIX, {local.getsockname()!r})
def third():
    return [line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]]
"""
        outcome = rig.run(student, questions={"first": 20.0, "second": 20.0, "third": 20.0})

    assert outcome["first"].texts["value"] == "False"
    assert outcome["second"].texts["value"] == "False"
    assert outcome["third"].texts["value"] in {"['lo']", "[]"}


def test_no_host_files(rig: Rig) -> None:
    """Neither homes nor the grader's own folder, nor the system's secrets and states are there."""
    canary = Path.home() / f".grader-canary-{os.getpid()}"
    canary.write_text("canary")
    places = [canary, Path.home(), Path(__file__).parents[2] / "pyproject.toml", rig.folder]
    places += [Path(name) for name in ("/var", "/run", "/sys", "/boot")]
    if not rig.variant.packaged:  # an image has such a file of its own
        places += [Path("/etc/shadow"), Path("/proc/1/root/etc/shadow")]
    student = f"""
import os
def is_there(path):
    try:
        return bool(os.listdir(path)) if os.path.isdir(path) else os.path.exists(path)  # an empty folder hides nothing
    except PermissionError:
        return False
def first():
    return [path for path in {[str(path) for path in places]!r} if is_there(path)]
"""
    try:
        outcome = rig.run(student, questions={"first": 20.0})
    finally:
        canary.unlink()

    assert outcome["first"].texts["value"] == "[]"


def test_read_only(rig: Rig) -> None:
    """Nothing can be written but the own folder, the temporary one, the home and shared memory."""
    places = [str(rig.folder)]
    if rig.variant.keeps_in:
        places += [
            "/",
            "/usr",
            "/usr/lib",
            "/opt",
            "/opt/guest",
            "/opt/venv",
            "/etc",
            "/dev",
            "/proc/sys/kernel",
            "/var",
        ]
    student = f"""
import os, tempfile
def can_write(folder):
    try:
        with open(os.path.join(folder, "canary"), "w"):
            return True
    except OSError:
        return False
def first():
    return [folder for folder in {places!r} if can_write(folder)]
def second():
    return all(can_write(folder) for folder in (".", tempfile.gettempdir(), os.path.expanduser("~"), "/dev/shm"))
"""
    outcome = rig.run(student)

    assert outcome["second"].texts["value"] == "True"
    assert outcome["first"].texts["value"] == "[]"


def test_clean_environment(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the grader's environment is seen, nor by way of the processes above."""
    monkeypatch.setenv("GRADER_CONTRACT_CANARY", "canary-value")
    student = """
import os
def first():
    seen = repr(dict(os.environ))
    for pid in (os.getpid(), os.getppid()):
        try:
            seen += open(f"/proc/{pid}/environ").read()
        except OSError:
            pass
    return "canary" in seen.lower()
def second():
    return sorted(name for name in os.environ if "KEY" in name or "TOKEN" in name or "PYTHON" in name)
def third():
    return [hash("the same in every run"), os.environ["PYTHONHASHSEED"]]
"""
    questions = {"first": 20.0, "second": 20.0, "third": 20.0}
    outcome, again = rig.run(student, questions=questions), rig.run(student, questions=questions)

    assert outcome["first"].texts["value"] == "False"
    assert outcome["second"].texts["value"] == "['PYTHONHASHSEED']"
    assert outcome["third"].texts["value"] == again["third"].texts["value"]


def test_no_other_processes(rig: Rig) -> None:
    """Only the run's own processes are seen."""
    ours = Path("/proc/self/cmdline").read_text() if Path("/proc").exists() else ""
    student = f"""
import os
def first():
    seen = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                seen.append(open(f"/proc/{{name}}/cmdline").read())
            except OSError:
                pass
    return {ours!r} in seen
"""
    outcome = rig.run(student, questions={"first": 20.0})

    assert outcome["first"].texts["value"] == "False"


def test_no_rights(rig: Rig) -> None:
    """An ordinary user without capabilities, who can't gain any."""
    student = """
import os
def first():
    lines = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
    return [os.getuid() != 0, *(int(lines[name], 16) == 0 for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb"))] + [
        lines["NoNewPrivs"].strip() == "1"
    ]
"""
    outcome = rig.run(student + NAMESPACE, questions={"first": 20.0, "second": 20.0})

    assert outcome["first"].texts["value"] == str([True] * 6)
    assert outcome["second"].texts["value"] == "-1"


# ── the end of a run ──


def find_marked(mark: str) -> list[int]:
    """Living processes of this machine that have an argument."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mark.encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def test_tree_killed(rig: Rig) -> None:
    """A daemon that forked twice, in a session of its own and without its environment, is gone with its run."""
    mark = f"daemon-{os.getpid()}-{rig.variant.name.replace(' ', '')}"
    student = f"""
import os, sys, time
def first():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execve(sys.executable, [sys.executable, "-I", "-c", "import time; time.sleep(987654)", {mark!r}], {{}})
        os._exit(0)
    time.sleep(0.5)
    return "left"
"""
    outcome = rig.run(student, questions={"first": 20.0})

    assert outcome["first"].texts["value"] == "left"
    assert not find_marked(mark)


def test_guest_protected(rig: Rig) -> None:
    """Student code can't end the process that supervises it, nor stop it."""
    targets = "(os.getppid(), 1, -1)" if rig.variant.keeps_in else "(os.getppid(),)"
    student = f"""
import os, signal
def first():
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in {targets}:
            try:
                os.kill(pid, number)
            except OSError:
                pass
    return "alive"
"""
    outcome = rig.run(student + SECOND, parallel=1, questions={"first": 5.0, "second": 5.0})

    expect_second_unharmed(outcome)


def test_junk_on_evidence(rig: Rig) -> None:
    """Bytes that are no frame end collection; the frames before them stay."""
    result = rig.run_tiny("send(17, b'before')\nevidence.write(b'junk' * 100)\nsend(17, b'after')\n")

    assert [frame.payload for frame in result.frames if frame.kind is Kind.RECORD] == [b"before"]
    assert result.frames_fault is not None
    assert "not a frame" in result.frames_fault
    assert result.exit is Exit.CRASHED
    assert not result.closed


def test_close_twice(rig: Rig) -> None:
    """Closing twice harms nothing, before and after a run; a prepared run is used once."""
    unused = rig.sandbox().prepare(rig.launch())
    unused.close()
    unused.close()
    used = rig.sandbox().prepare(rig.launch())
    job = rig.make_job(
        TWO, "def first(student, given, record):\n    record.text('value', student.first())\n", {"first": 9}
    )
    result = used.run(job)
    used.close()
    used.close()

    assert result.exit is Exit.FINISHED
    with pytest.raises(SandboxError, match="once"):
        used.run(job)


def test_not_started(rig: Rig) -> None:
    """A guest that doesn't start is our fault, never a score, and what it said is told."""
    broken = rig.folder / "broken_guest"
    broken.mkdir()
    (broken / "__main__.py").write_text("raise SystemExit('no module named torch')\n")
    rig.folder.chmod(0o755)
    broken.chmod(0o755)

    with pytest.raises(SandboxError, match="before it was ready") as caught:
        rig.sandbox(guest=broken).run(RunRequest(launch=rig.launch(), job=rig.make_job("", "", {})))

    assert not rig.variant.is_real or "no module named torch" in caught.value.details


# ── the list itself ──


def test_every_behaviour_is_in_the_suite_and_every_gap_names_one() -> None:
    """The list of behaviours, the suite and the gaps speak of the same things."""
    tests = {name.removeprefix("test_") for name, value in globals().items() if name.startswith("test_")}
    tests.discard("every_behaviour_is_in_the_suite_and_every_gap_names_one")

    assert tests == set(BEHAVIOURS)
    assert {gap.behaviour for gap in known_gaps()} <= set(BEHAVIOURS)
    assert all(gap.reason for gap in known_gaps())
