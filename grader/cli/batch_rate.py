"""How fast a batch goes, and how long it will still take: from what ended lately, not from its whole past."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

__all__ = ["Rate", "show_left", "show_rate"]

WINDOW_SECONDS = 60.0
LEAST_EVENTS = 5  # however long ago: long runs end seldom
MOST_EVENTS = 4096


@dataclass
class Rate:
    """Ends within a window. The time since the last one counts too, so a batch that stands still gets slower."""

    clock: Callable[[], float] = time.monotonic
    moments: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_EVENTS))

    def start(self) -> None:
        """Something begins; from the first of these the time runs."""
        if not self.moments:
            self.moments.append(self.clock())

    def end(self) -> None:
        """Something ended. What ends before anything began took no work: it says nothing of how fast that goes."""
        if self.moments:
            self.moments.append(self.clock())

    @property
    def per_second(self) -> float | None:
        """Ends a second; None before the first one."""
        moments = list(self.moments)
        if len(moments) < 2:
            return None
        now = self.clock()
        begin = next((n for n, moment in enumerate(moments) if now - moment <= WINDOW_SECONDS), len(moments))
        begin = max(min(begin, len(moments) - 1 - LEAST_EVENTS), 0)
        seconds = now - moments[begin]
        return (len(moments) - 1 - begin) / seconds if seconds > 0 else None

    def seconds_left(self, count: int) -> float | None:
        """How long `count` more will take at this rate; None where nobody knows."""
        if not count:
            return 0.0
        rate = self.per_second
        return count / rate if rate else None


def show_rate(per_second: float | None) -> str:
    """A rate as people read it: 1.4/s, or by the minute where it is slow."""
    if per_second is None:
        return "–"
    if per_second >= 9.95:
        return f"{per_second:,.0f}/s"
    return f"{per_second:.1f}/s" if per_second >= 0.95 else f"{per_second * 60:.1f}/min"


def show_left(seconds: float | None) -> str:
    """A time to go: 0:00:49, 2 days, 1:10:00."""
    return "–" if seconds is None else str(timedelta(seconds=round(seconds)))
