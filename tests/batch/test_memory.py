"""Memory runs out in a batch: what the kernel kills costs whoever used it up, and nobody else."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.batch.classroom import RIGHT, SLEEPS, TRIPLE, TWICE, Classroom
from tests.batch.orphans import list_descendants

GREEDY = RIGHT.replace(TWICE, "return [bytearray(1 << 26) for _ in range(1 << 10)]")
ZYGOTE = b"--control-fd"
"""In the command line of each zygote, and of the runs that it forked."""


@pytest.fixture
def classroom(tmp_path: Path) -> Classroom:
    """A class in real sandboxes."""
    return Classroom(tmp_path / "class", tmp_path / "home")


def find_zygotes(pid: int) -> list[int]:
    """The zygotes below a batch: of their kind the ones whose parent isn't."""
    kind = {one: parent for one in list_descendants(pid) if (parent := read_parent(one)) is not None}
    return [one for one, parent in kind.items() if parent not in kind]


def read_parent(pid: int) -> int | None:
    """The parent of a zygote or one of its runs; None for other processes."""
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    is_one = ZYGOTE in line and not line[0].endswith(b"bwrap")
    return int(stat.rpartition(")")[2].split()[1]) if is_one else None


def test_the_kernel_kills_a_zygote(classroom: Classroom) -> None:
    """As it does where the whole machine has no memory left: the run that went on is made again, nobody notices."""
    classroom.set_up({"s1": SLEEPS, "s2": RIGHT, "s3": TRIPLE})
    batch = classroom.start_batch("--jobs", "1")
    until = time.monotonic() + 60
    while not any(len(list_descendants(zygote)) > 1 for zygote in find_zygotes(batch.pid)):  # a run, and its question
        assert time.monotonic() < until
        time.sleep(0.05)
    for zygote in find_zygotes(batch.pid):
        os.kill(zygote, signal.SIGKILL)
    _, err = batch.communicate(timeout=120)
    rows = classroom.read_gradebook()

    assert batch.returncode == 0, err
    assert {student: row["final_points"] for student, row in rows.items()} == {"s1": "3", "s2": "5", "s3": "3"}


def test_who_uses_up_all_memory_pays_for_it(classroom: Classroom) -> None:
    """With the question that did it, whose report says so; the same student's others and everybody else's count."""
    classroom.set_up({"s1": GREEDY, "s2": RIGHT})
    ran = classroom.batch("--jobs", "2")
    rows = classroom.read_gradebook()
    double, *others = classroom.read_report("s1")["questions"]

    assert ran.status == 0, ran.err
    assert {student: row["final_points"] for student, row in rows.items()} == {"s1": "3", "s2": "5"}
    assert "memory" in double["problem"]["message"]
    assert [question["problem"] for question in others] == [None, None]
