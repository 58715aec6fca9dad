"""A batch whose plug is pulled, time and again: what kills it and when, and what must hold once it is finished."""

import signal
import subprocess
from dataclasses import dataclass
from random import Random

from grader.batch.failpoints import FAILPOINTS
from tests.batch.classroom import RIGHT, TRIPLE, Classroom
from tests.batch.orphans import Orphans

__all__ = ["CLASS", "Kill", "choose_kills", "find_troubles", "kill_batch"]

CLASS = {"s1": RIGHT, "s2": TRIPLE, "s3": RIGHT + "# mine\n", "s4": None, "s5": TRIPLE + "# too\n"}
MOST_SECONDS = 120
ARMING = "from grader.batch.failpoints import arm; arm({name!r}, {count})"


@dataclass(frozen=True, kw_only=True)
class Kill:
    """SIGKILL when a failpoint is reached for the `count`-th time, or else after so many seconds."""

    failpoint: str | None = None
    count: int = 1
    seconds: float = MOST_SECONDS

    def __str__(self) -> str:
        return f"{self.failpoint} {self.count}" if self.failpoint is not None else f"after {self.seconds:.2f} s"


def choose_kills(random: Random, *, seconds: float) -> list[Kill]:
    """One to four, at moments within so many seconds and at failpoints."""
    names = sorted(FAILPOINTS)
    return [
        Kill(failpoint=random.choice(names), count=random.randint(1, 8))
        if random.random() < 0.5
        else Kill(seconds=random.uniform(0.0, seconds))
        for _ in range(random.randint(1, 4))
    ]


def kill_batch(classroom: Classroom, kill: Kill) -> None:
    """Start grading, and kill it; it may have finished before.

    Raises:
        AssertionError: it ended in a third way.
    """
    armed = "" if kill.failpoint is None else ARMING.format(name=kill.failpoint, count=kill.count)
    batch = classroom.start_batch(prelude=armed)
    try:
        _, err = batch.communicate(timeout=kill.seconds)
    except subprocess.TimeoutExpired:
        batch.kill()
        _, err = batch.communicate()
    assert batch.returncode in (-signal.SIGKILL, 0), err


def find_troubles(classroom: Classroom, *, undisturbed: list[tuple[str, ...]], orphans: Orphans) -> list[str]:
    """Finish the batch by the same command; what isn't as if nobody had disturbed it."""
    left = orphans.wait_until_gone()
    again = classroom.batch()
    left += orphans.wait_until_gone()
    troubles = [f"a process was left: {line}" for line in left]
    if again.status != 0:
        return [*troubles, f"it ended with status {again.status}: {again.err}"]
    if classroom.read_table() != undisturbed:
        troubles.append(f"the table is another one: {classroom.read_table()}")
    with classroom.open_ledger() as ledger:
        troubles += ledger.check()
        entries = {student: len(ledger.read_history("mini", student)) for student in CLASS}
    return troubles + [f"{student} has {count} grades" for student, count in entries.items() if count != 1]
