"""Makes the planned runs, several at a time, until all are made or the time is over. What is made stays made."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from grader.calibrate.observe import Observation, Observer
from grader.calibrate.plan import Planned
from grader.collect import Workshop
from grader.sandbox.stopping import stop_at_exit
from grader.spec.model import Assignment

__all__ = ["Deadline", "Made", "make_runs"]

AT_A_TIME = 2


@dataclass(frozen=True)
class Deadline:
    """Until when runs are begun; `ends` is a time of the monotonic clock, None for ever."""

    ends: float | None = None

    @classmethod
    def after(cls, minutes: float | None) -> "Deadline":
        """So many minutes from now."""
        return cls(None if minutes is None else time.monotonic() + 60 * minutes)

    @property
    def over(self) -> bool:
        """Whether the time is over."""
        return self.ends is not None and time.monotonic() >= self.ends


@dataclass(frozen=True, kw_only=True)
class Made:
    """What came of the planned runs; `left` were not made, for the time was over."""

    observations: tuple[Observation, ...]
    left: int = 0


def make_runs(
    assignment: Assignment,
    planned: Sequence[Planned],
    *,
    workshop: Workshop,
    deadline: Deadline,
    on_run: Callable[[Observation], None] = lambda observation: None,
) -> Made:
    """Make the runs in order, or read them where they were made before.

    Raises:
        SpecError, ProvisionError, SandboxError: one can't be made; those before it are kept.
    """
    observations: list[tuple[int, Observation]] = []
    with ThreadPoolExecutor(AT_A_TIME) as pool, stop_at_exit(workshop.sandbox) as sandbox:
        observer = Observer(assignment, workshop=replace(workshop, sandbox=sandbox))

        def run(number: int, one: Planned) -> tuple[int, Observation]:
            return number, observer.observe(one)

        work = ((run, number, one) for number, one in enumerate(planned))
        for number, observation in keep_busy(pool, work, deadline):
            observations.append((number, observation))
            on_run(observation)
    in_order = tuple(observation for _, observation in sorted(observations, key=lambda pair: pair[0]))
    return Made(observations=in_order, left=len(planned) - len(in_order))


def keep_busy(
    pool: ThreadPoolExecutor,
    work: Iterable[tuple[Callable[[int, Planned], tuple[int, Observation]], int, Planned]],
    deadline: Deadline,
) -> Iterator[tuple[int, Observation]]:
    """Results as they come; no more is begun than is being done, so that the end of the time is kept."""
    waiting: set[Future[tuple[int, Observation]]] = set()
    coming = iter(work)
    while True:
        while len(waiting) < AT_A_TIME and not deadline.over and (item := next(coming, None)) is not None:
            run, number, one = item
            waiting.add(pool.submit(run, number, one))
        if not waiting:
            return
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        yield from (future.result() for future in done)
