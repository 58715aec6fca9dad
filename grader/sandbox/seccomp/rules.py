"""What a profile is made of, and what it decides: the meaning that both compiled forms must keep."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from grader.sandbox.seccomp.numbers import KNOWN_CALLS

__all__ = ["ALWAYS", "EVERY_BIT", "Condition", "Decision", "Group", "Profile", "Way", "none_of", "one_of", "without"]

EVERY_BIT = 0xFFFF_FFFF


class Decision(Enum):
    """What becomes of a system call. The value is the error number that its caller sees, 0 for none."""

    ALLOW = 0
    EPERM = 1  # known, and not for programs in here
    ENOSYS = 38  # as on a kernel that doesn't have it: callers fall back to an older one


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What one argument of a call must be.

    Only the lower 32 bits are looked at: each argument with a condition is an `int` to the kernel, which ignores the
    others, and a caller may leave anything there. A filter that compared all 64 would forbid what is honest, or, where
    a value is forbidden, be got round by setting one of them.

    Attributes:
        argument: which, from 0.
        values: compared with the argument's bits below `mask`.
        wanted: whether it must be one of the values, or none of them.
        mask: the bits that count.
    """

    argument: int
    values: frozenset[int]
    wanted: bool = True
    mask: int = EVERY_BIT

    def __post_init__(self) -> None:
        if not self.values or any(value & ~self.mask for value in self.values) or self.mask & ~EVERY_BIT:
            raise ValueError(f"{self!r}; values should be at least one, each within the mask of at most 32 bits")

    def fits(self, value: int) -> bool:
        """Whether the argument may have this value."""
        return (value & self.mask in self.values) == self.wanted

    def holds(self, arguments: Sequence[int]) -> bool:
        """Whether six arguments of a call meet it."""
        return self.fits(arguments[self.argument])


def one_of(argument: int, values: Iterable[int], *, mask: int = EVERY_BIT) -> Condition:
    """The argument is one of these."""
    return Condition(argument=argument, values=frozenset(values), mask=mask)


def none_of(argument: int, values: Iterable[int]) -> Condition:
    """The argument is none of these."""
    return Condition(argument=argument, values=frozenset(values), wanted=False)


def without(argument: int, bits: int) -> Condition:
    """None of these bits is set in the argument."""
    return Condition(argument=argument, values=frozenset({0}), mask=bits)


Way = tuple[Condition, ...]
"""One way in which a call may be made: all conditions hold."""

ALWAYS: tuple[Way, ...] = ((),)
"""The ways of a call that is allowed with any arguments."""


@dataclass(frozen=True)
class Group:
    """System calls that are allowed, or refused, for one reason."""

    title: str
    why: str
    calls: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Which system calls a program may make.

    Attributes:
        name: for people.
        calls: an allowed call -> the ways in which it may be made; any one of them will do.
        absent: other known calls, that are said not to exist, so that callers fall back.
    """

    name: str
    calls: Mapping[str, tuple[Way, ...]]
    absent: frozenset[str]

    def __post_init__(self) -> None:
        wrong = (self.calls.keys() & self.absent) | ((self.calls.keys() | self.absent) - KNOWN_CALLS)
        if wrong:
            raise ValueError(f"{sorted(wrong)!r} in a profile; a call should be a known one, and allowed or absent")
        for call, ways in self.calls.items():
            masks = {(condition.argument, condition.mask) for way in ways for condition in way}
            if len(masks) > len({argument for argument, _ in masks}):
                raise ValueError(f"conditions of {call!r} with several masks for an argument; there should be one")

    def decide(self, call: str | None, arguments: Sequence[int] = (0,) * 6) -> Decision:
        """What becomes of a call with these six arguments; None is one that no table knows."""
        if call not in KNOWN_CALLS or call in self.absent:
            return Decision.ENOSYS
        ways = self.calls.get(call, ())
        is_allowed = any(all(condition.holds(arguments) for condition in way) for way in ways)
        return Decision.ALLOW if is_allowed else Decision.EPERM
