"""Which of a student's attempts counts."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol, TypeVar

from grader.batch.rules.lateness import Lateness
from grader.batch.rules.model import ClassRules, Counting

__all__ = ["Attempt", "choose_attempt"]


class Attempt(Protocol):
    """What choosing needs to know. `final_points` are after the penalty, None where they aren't known yet, because a
    person must look or because of a fault of ours; `could_reach` is the most that they could become.
    """

    @property
    def attempt(self) -> int:
        """Its number; later ones have higher numbers."""
        ...

    @property
    def lateness(self) -> Lateness:
        """How late it was."""
        ...

    @property
    def final_points(self) -> Decimal | None:
        """What it is worth."""
        ...

    @property
    def could_reach(self) -> Decimal:
        """What it could be worth at most."""
        ...


T = TypeVar("T", bound=Attempt)


def choose_attempt(rules: ClassRules, attempts: Sequence[T]) -> T:
    """The attempt that counts, of one student's. At least one is there.

    What came after the assignment had closed counts only where there is nothing else: who hands in once more, too
    late, keeps what was accepted.

    The last attempt counts whether its points are known or not. For the best, one without points doesn't lose
    quietly to a worse one: where it could still win, it is the one that is returned, the row waits with it for a
    person or for a rerun, and the next judging decides. Where it couldn't, waiting would change nothing, and the best
    of the others counts.

    Raises:
        ValueError: there are none.
    """
    counting = [attempt for attempt in attempts if attempt.lateness.accepted] or list(attempts)
    if rules.attempts is Counting.LAST:
        return max(counting, key=lambda attempt: attempt.attempt)
    return choose_best(counting)


def choose_best(attempts: Sequence[T]) -> T:
    """The best; one whose points aren't known where it could be better than all that are. The earlier of equals."""
    ordered = sorted(attempts, key=lambda attempt: attempt.attempt)
    known = [(attempt.final_points, attempt) for attempt in ordered if attempt.final_points is not None]
    waiting = [(attempt.could_reach, attempt) for attempt in ordered if attempt.final_points is None]
    best = max(known, key=lambda pair: pair[0], default=None)
    hope = max(waiting, key=lambda pair: pair[0], default=None)
    if best is None or (hope is not None and hope[0] > best[0]):
        best = hope
    if best is None:
        raise ValueError("there are no attempts")
    return best[1]
