"""Control groups: the settings and counters of both versions, and whose groups are removed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.limits import GIB, MIB, Limits
from grader.sandbox.cgroup import Control, NoControl, find_control
from grader.sandbox.ownership import is_abandoned, own_name

LIMITS = Limits(memory_bytes=GIB, processes=64, cpus=2)
COUNTERS = {
    "memory.current": "300\n",
    "memory.peak": "400\n",
    "memory.events": "low 0\nhigh 0\nmax 7\noom 1\noom_kill 2\n",
    "pids.events": "max 3\n",
    "pids.current": "5\n",
    "cpu.stat": "usage_usec 1500000\nuser_usec 1\n",
}


def make_v2(folder: Path, *, handed_down: str = "cpu memory pids", own: str = "/user/session") -> tuple[Path, Path]:
    """A tree of files that looks like cgroup v2; our process is in `own`, and `/user` hands controllers down."""
    root, proc = folder / "cgroup", folder / "proc"
    session = root / own.lstrip("/")
    session.mkdir(parents=True)
    (proc / "self").mkdir(parents=True)
    (proc / "self" / "cgroup").write_text(f"0::{own}\n")
    for group in (root, root / "user", session):
        group.mkdir(exist_ok=True)
        (group / "cgroup.controllers").write_text("cpu memory pids\n")
        (group / "cgroup.procs").write_text("")
        (group / "cgroup.subtree_control").write_text(handed_down if group == root / "user" else "")
    return root, proc


def find_in_pretend_tree(root: Path, proc: Path, monkeypatch: pytest.MonkeyPatch) -> Control | NoControl:
    """As on a real tree, in which a group with processes refuses to hand anything down."""
    write = Path.write_text

    def refuse(path: Path, text: str, *rest: object) -> int:
        if path.name == "cgroup.subtree_control":
            raise OSError(16, "Device or resource busy")
        return write(path, text)

    monkeypatch.setattr(Path, "write_text", refuse)
    return find_control(root=root, proc=proc)


def test_v2_takes_the_nearest_group_that_hands_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own group has processes and can't have children with controllers; the one above it can."""
    root, proc = make_v2(tmp_path)

    control = find_in_pretend_tree(root, proc, monkeypatch)

    assert isinstance(control, Control)
    assert control.version == 2
    assert set(control.parents.values()) == {root / "user"}


def test_v2_without_a_group_that_hands_down_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the reason names what mends it."""
    root, proc = make_v2(tmp_path, handed_down="")

    control = find_in_pretend_tree(root, proc, monkeypatch)

    assert isinstance(control, NoControl)
    assert "systemd-run" in control.reason


@pytest.mark.parametrize(("others", "moved"), [("2\n", False), ("", True)])
def test_v2_only_our_kin_is_moved(others: str, moved: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no group above to use, we enter a leaf of our own, with who started us; with a stranger there, nobody."""
    root, proc = make_v2(tmp_path, handed_down="")
    (root / "user/session/cgroup.procs").write_text(f"{os.getppid()}\n{os.getpid()}\n{others}")
    for pid, parent in ((os.getpid(), os.getppid()), (os.getppid(), 1), (2, 0)):
        (proc / str(pid)).mkdir()
        (proc / str(pid) / "stat").write_text(f"{pid} (a (name)) S {parent} 0 0")

    find_in_pretend_tree(root, proc, monkeypatch)

    leaves = [path for path in (root / "user/session").iterdir() if path.is_dir()]
    assert len(leaves) == moved
    assert all((leaf / "cgroup.procs").read_text() == str(os.getpid()) for leaf in leaves)  # the last to be moved


def test_v2_limits_and_counters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run's group gets memory, processes and processor time, and its counters are read back."""
    root, proc = make_v2(tmp_path)
    control = find_in_pretend_tree(root, proc, monkeypatch)
    assert isinstance(control, Control)

    group = control.make_run(LIMITS)

    folder = group.folders["memory"]
    assert (folder / "memory.max").read_text() == str(GIB)
    assert int((folder / "pids.max").read_text()) >= 64
    assert (folder / "cpu.max").read_text() == "200000 100000"
    assert group.joining_files == (folder / "cgroup.procs",)
    for name, text in COUNTERS.items():
        (folder / name).write_text(text)
    reading = group.read()
    assert (reading.memory_bytes, reading.peak_bytes, reading.out_of_memory_kills) == (300, 400, 2)
    assert (reading.process_limit_hits, reading.cpu_seconds, reading.processes) == (3, 1.5, 5)


def test_unreadable_counters_are_our_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its counters the end of a run can't be told, so there is no score."""
    root, proc = make_v2(tmp_path)
    control = find_in_pretend_tree(root, proc, monkeypatch)
    assert isinstance(control, Control)
    group = control.make_run(LIMITS)

    with pytest.raises(SandboxError, match="can't be read"):
        group.read()


def test_system_without_control_groups(tmp_path: Path) -> None:
    """No file that names our group: no control."""
    assert isinstance(find_control(root=tmp_path, proc=tmp_path), NoControl)


def test_real_group_is_made_read_and_removed() -> None:
    """On this machine, where it has control groups that we may write to."""
    control = find_control()
    if isinstance(control, NoControl):
        pytest.skip(control.reason)

    group = control.make_run(LIMITS)
    reading = group.read()
    removed = group.remove()

    assert (reading.out_of_memory_kills, reading.processes) == (0, 0)
    assert removed
    assert not any(folder.exists() for folder in group.distinct_folders)
    assert group.remove()


GREEDY = """
import os, pathlib, signal, sys, time
for name in sys.argv[1:]:
    pathlib.Path(name).write_text(str(os.getpid()))
if os.fork() == 0:
    hoard = bytearray(b"x") * (1 << 30)
    os._exit(0)
ended = os.wait()[1]
children = 0
try:
    while children < 100:
        if os.fork() == 0:
            time.sleep(600)
        children += 1
except BlockingIOError:
    pass
print(os.waitstatus_to_exitcode(ended), children, flush=True)
time.sleep(600)
"""


def test_real_group_holds_what_is_in_it() -> None:
    """Memory and processes end at their limits, the counters say so, and nothing is left of it afterwards."""
    control = find_control()
    if isinstance(control, NoControl):
        pytest.skip(control.reason)
    group = control.make_run(Limits(memory_bytes=64 * MIB, processes=16, cpus=1))
    command = [sys.executable, "-c", GREEDY, *map(str, group.joining_files)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ended, children = map(int, process.stdout.readline().split())
        reading = group.read()
        removed = group.remove()

    assert ended == -9
    assert 10 <= children <= 20
    assert reading.out_of_memory_kills >= 1
    assert reading.process_limit_hits >= 1
    assert reading.processes == children + 1
    assert reading.memory_bytes <= 64 * MIB
    assert reading.cpu_seconds is not None
    assert reading.cpu_seconds > 0
    assert removed
    assert process.returncode == -9


def test_only_groups_whose_owner_is_gone_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A living owner's, another namespace's and foreign names stay."""
    root, proc = make_v2(tmp_path)
    _, namespace, pid, start, _ = own_name().split(".")
    keep = [own_name(), f"grader.{int(namespace) + 1}.{pid}.1.{'0' * 16}", "grader", "other.1.2.3.4"]
    gone = [f"grader.{namespace}.{pid}.{int(start) + 1}.{'0' * 16}", f"grader.{namespace}.4194305.1.{'1' * 16}"]
    for name in (*keep, *gone):
        (root / "user" / name).mkdir()

    find_in_pretend_tree(root, proc, monkeypatch)

    assert all((root / "user" / name).exists() for name in keep)
    assert not any((root / "user" / name).exists() for name in gone)


def test_names_are_random_and_ours() -> None:
    """Two names differ, and neither is abandoned while we live."""
    first, second = own_name(), own_name()

    assert first != second
    assert not is_abandoned(first)
    assert not is_abandoned("something else")
