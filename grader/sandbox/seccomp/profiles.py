"""The two profiles, made from the table."""

from collections.abc import Iterable, Mapping

from grader.sandbox.seccomp.rules import ALWAYS, Group, Profile, Way
from grader.sandbox.seccomp.table import ABSENT, ALLOWED, CONDITIONS, ZYGOTE_CONDITIONS, ZYGOTE_GROUP

__all__ = ["STRICT", "ZYGOTE"]


def _make_profile(name: str, groups: Iterable[Group], conditions: Mapping[str, tuple[Way, ...]]) -> Profile:
    calls = {call: conditions.get(call, ALWAYS) for group in groups for call in group.calls}
    return Profile(name=name, calls=calls, absent=ABSENT)


STRICT = _make_profile("strict", ALLOWED, CONDITIONS)
"""What anything with a student's code among its processes runs under."""

ZYGOTE = _make_profile("zygote", (*ALLOWED, ZYGOTE_GROUP), ZYGOTE_CONDITIONS)
"""STRICT, and what a zygote needs to fork runs. It is never all that stands between a student and the kernel: each run
installs STRICT before the student's first byte."""
