"""Named places at which a test has the grader die as if the plug were pulled. Unarmed, and outside tests, they do
nothing.

Armed by a value that comes from a test, never by the environment. SIGKILL: no handler, no `finally`, no flush.
"""

import os
import signal

__all__ = ["FAILPOINTS", "arm", "disarm", "reach"]

FAILPOINTS: dict[str, str] = {
    "artefact-written": "an artefact lies beside its place, and isn't renamed",
    "artefact-renamed": "it is in its place, and no row names it",
    "before-commit": "rows are written, and the transaction isn't committed",
    "after-commit": "it is committed, and nobody was told",
}
"""Every name that may be reached, and what the grader has done by then."""

_armed: dict[str, int] = {}


def arm(name: str, count: int = 1) -> None:
    """Have the process killed when a failpoint is reached for the `count`-th time from now."""
    if name not in FAILPOINTS:
        raise ValueError(f"{name!r} is no failpoint; there are {', '.join(FAILPOINTS)}")
    _armed[name] = count


def disarm() -> None:
    """Have nothing happen any more."""
    _armed.clear()


def reach(name: str) -> None:
    """Say that a failpoint is reached."""
    if not _armed or name not in _armed:
        return
    _armed[name] -= 1
    if _armed[name] <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
