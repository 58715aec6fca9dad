"""Runs a target's cases by number, and watches time and memory while it does.

Theory of operation
-------------------
A case is its number: everything in it is drawn from a generator seeded by that. So a failure is told by one number,
and `python -m tests.fuzz tar 4711` makes the very same bytes again. A batch runs in a process of its own. Its address
space is limited to what it has after a few hundred cases and what the target may take beyond, so that one hostile case
can't take more, whatever it frees afterwards; and the most that was ever resident is asked of the kernel at the end.
Each case has an alarm in processor time, which other work on the machine doesn't use up. The number of the case at work
lies in a file, so that a batch that ends without a word (a crash, a hang inside a library) can still be told by one.
"""

import contextlib
import faulthandler
import json
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType

from tests.fuzz.dice import Dice
from tests.fuzz.mutate import mutate_bytes
from tests.fuzz.target import Target, list_corpus

__all__ = ["Batch", "make_case", "run_batch"]

WARM_CASES = 300
FROM_CORPUS = 0.02
HANG_SECONDS = 300
"""Of real time for a thousand cases, after which the process says where it is and ends."""


class TooSlowError(BaseException):
    """A case took more processor time than any should. No parser's `except` catches it."""


@dataclass
class Batch:
    """What came of a row of cases."""

    target: str
    first: int
    cases: int = 0
    ends: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    slowest_seconds: float = 0.0
    slowest: int = 0
    grown_bytes: int = 0

    def to_json(self) -> str:
        """The batch as one line."""
        return json.dumps(asdict(self))


def make_case(target: Target, number: int) -> bytes:
    """The bytes of a case. A few begin with one that was kept, the rest is the target's own."""
    dice = Dice(number)
    if dice.chance(FROM_CORPUS) and (kept := list_corpus(target.name)):
        content = dice.pick(kept).read_bytes()
        return content[:1] + mutate_bytes(dice, content[1:])
    return target.make(dice)


def run_batch(target: Target, first: int, count: int, *, progress: Path | None = None, most_failures: int = 5) -> Batch:
    """Run the cases `first` to `first + count - 1`."""
    batch = Batch(target=target.name, first=first)
    ends: Counter[str] = Counter()
    with limit_time(), write_progress(progress) as note:
        for number in range(first, first + count):
            if batch.cases % 1000 == 0:
                faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
            if batch.cases == WARM_CASES:
                resident = read_resident()
                limit_memory(target.memory_bytes)
            note(number)
            run_case(target, number, batch, ends)
            batch.cases += 1
            if len(batch.failures) >= most_failures:
                break
        faulthandler.cancel_dump_traceback_later()
    batch.ends = dict(sorted(ends.items()))
    batch.grown_bytes = read_resident() - resident if batch.cases > WARM_CASES else 0
    return batch


def run_case(target: Target, number: int, batch: Batch, ends: Counter[str]) -> None:
    """One case. Whatever goes wrong is a failure with the case's number."""
    start = time.process_time()
    try:
        content = make_case(target, number)
        signal.setitimer(signal.ITIMER_PROF, 2 * target.seconds)
        start = time.process_time()
        ends[target.read(content)] += 1
    except (Exception, TooSlowError) as error:
        batch.failures.append(f"{target.name} {number}: {describe(error)}")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    seconds = time.process_time() - start
    if seconds > batch.slowest_seconds:
        batch.slowest_seconds, batch.slowest = seconds, number
    if seconds > target.seconds:
        batch.failures.append(f"{target.name} {number}: {seconds:.1f} seconds of processor time")


def describe(error: BaseException) -> str:
    """An error and where it was raised."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    where = f"{last.tb_frame.f_code.co_filename}:{last.tb_lineno}" if last is not None else "?"
    return f"{type(error).__name__}: {str(error)[:300]!r} at {where}"


@contextlib.contextmanager
def limit_time() -> Iterator[None]:
    """Have an alarm in processor time end a case."""

    def raise_alarm(number: int, frame: FrameType | None) -> None:
        raise TooSlowError("more processor time than any case needs")

    before = signal.signal(signal.SIGPROF, raise_alarm)
    try:
        yield
    finally:
        signal.signal(signal.SIGPROF, before)


def limit_memory(more_bytes: int) -> None:
    """Let the process take so much more address space than it has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + more_bytes
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))


def read_resident() -> int:
    """The most memory that was ever resident, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@contextlib.contextmanager
def write_progress(path: Path | None) -> Iterator[Callable[[int], object]]:
    """A function that notes the number of the case at work."""
    if path is None:
        yield lambda number: None
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        yield lambda number: os.pwrite(descriptor, b"%-20d" % number, 0)
    finally:
        os.close(descriptor)
