"""Which runs a calibration makes, in which order: broad first, so that a call which ends early has seen of everything.

Every trial on every draw with the first seed, then with the next; at last right solutions on two threads and on every
other device, once for each draw: what that does to the numbers is a matter of rounding, not of chance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.check_assignment import Trial, TrialKind

__all__ = ["OWN_DEVICE", "Condition", "Planned", "plan_runs"]

THREADS = (1, 2)
OWN_DEVICE = "own"


@dataclass(frozen=True, kw_only=True, order=True)
class Condition:
    """Under which a trial runs. `variation` is the seed: 0 is the one that students are graded with; `device` is the
    assignment's own, or another.
    """

    draw: int
    variation: int = 0
    threads: int = 1
    device: str = OWN_DEVICE

    @property
    def is_usual(self) -> bool:
        """Whether it is how students are graded: only then does it count as a run of its own."""
        return self.threads == 1 and self.device == OWN_DEVICE


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One run to make."""

    trial: Trial
    condition: Condition


def plan_runs(
    trials: Sequence[Trial], *, draws: int, seeds: int, devices: Sequence[str] = (OWN_DEVICE,)
) -> Iterator[Planned]:
    """Every run, in order."""
    right = [trial for trial in trials if trial.kind is not TrialKind.MUTANT]
    for variation in range(seeds):
        for draw in range(draws):
            for trial in trials:
                yield Planned(trial=trial, condition=Condition(draw=draw, variation=variation))
    for draw in range(draws):
        yield from plan_other_ways(right, draw, devices)


def plan_other_ways(right: Sequence[Trial], draw: int, devices: Sequence[str]) -> Iterator[Planned]:
    """Right solutions on other numbers of threads and other devices."""
    for trial in right:
        for threads in THREADS[1:]:
            yield Planned(trial=trial, condition=Condition(draw=draw, threads=threads))
        for device in devices[1:]:
            yield Planned(trial=trial, condition=Condition(draw=draw, device=device))
