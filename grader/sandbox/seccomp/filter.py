"""Profiles as programs for the kernel: classic BPF, as `bwrap --seccomp` and prctl(PR_SET_SECCOMP) take it.

Theory of operation
-------------------
The program looks at the machine, then finds the call's number by halving: neighbouring numbers with one answer are one
range, so a call is decided after about seven comparisons, and the kernel keeps the answer of every call that is always
allowed in a table of its own. A call with conditions ends in a few more instructions that load one argument after the
other. All jumps go forward, and every path ends in an answer.

A call of another machine (32-bit x86 on a 64-bit kernel) and one of the x32 kind, whose numbers lie above 2^30, are
unknown calls.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.errors import SandboxError
from grader.sandbox.seccomp.numbers import NUMBERS
from grader.sandbox.seccomp.rules import EVERY_BIT, Condition, Decision, Profile, Way

__all__ = ["MACHINES", "compile_filter"]

_AUDIT_ARCH = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
MACHINES = tuple(_AUDIT_ARCH)
"""The machines that there is a table for; both are little-endian."""

_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06  # BPF_LD|W|ABS, BPF_ALU|AND|K, BPF_RET|K
_JUMP, _JUMP_EQUAL, _JUMP_AT_LEAST = 0x05, 0x15, 0x35
_NUMBER_AT, _MACHINE_AT, _ARGUMENTS_AT = 0, 4, 16  # offsets in struct seccomp_data
_RET_ALLOW, _RET_ERRNO = 0x7FFF_0000, 0x0005_0000
_FAR = 255  # a conditional jump reaches no further


@dataclass(frozen=True)
class _Instruction:
    code: int
    value: int
    if_true: int = 0
    if_false: int = 0


@dataclass(frozen=True)
class _Range:
    """Numbers from `first` up to the next range, and the instructions that decide them."""

    first: int
    code: tuple[_Instruction, ...]


def compile_filter(profile: Profile, machine: str) -> bytes:
    """The profile as an array of `struct sock_filter`.

    Args:
        profile: what is allowed.
        machine: as `os.uname().machine` names it.

    Raises:
        SandboxError: there is no table of system calls for this machine.
    """
    if machine not in _AUDIT_ARCH:
        raise SandboxError(f"no table of system calls for {machine!r}; there is one for {', '.join(MACHINES)}")
    unknown = _answer(Decision.ENOSYS)
    program = [
        _Instruction(_LOAD, _MACHINE_AT),
        _Instruction(_JUMP_EQUAL, _AUDIT_ARCH[machine], if_true=len(unknown)),
        *unknown,
        _Instruction(_LOAD, _NUMBER_AT),
        *_choose(list(_list_ranges(profile, machine))),
    ]
    return b"".join(struct.pack("<HBBI", each.code, each.if_true, each.if_false, each.value) for each in program)


def _list_ranges(profile: Profile, machine: str) -> Iterator[_Range]:
    names = {number: name for name, number in NUMBERS[machine].items()}
    before: tuple[_Instruction, ...] = ()
    for number in range(max(names) + 2):  # one more: everything above is unknown
        code = _decide(profile, names.get(number))
        if code != before:
            yield _Range(number, code)
        before = code


def _decide(profile: Profile, call: str | None) -> tuple[_Instruction, ...]:
    if call is not None and call in profile.calls:
        return _check(profile.calls[call])
    return _answer(profile.decide(call))


def _answer(decision: Decision) -> tuple[_Instruction, ...]:
    return (_Instruction(_RETURN, _RET_ALLOW if decision is Decision.ALLOW else _RET_ERRNO | decision.value),)


def _check(ways: Sequence[Way]) -> tuple[_Instruction, ...]:
    """Try one way after the other; what fits none is refused."""
    if () in ways:
        return _answer(Decision.ALLOW)
    return (*(each for way in ways for each in _try_way(way)), *_answer(Decision.EPERM))


def _try_way(way: Way) -> tuple[_Instruction, ...]:
    """Answer if all conditions hold, else go on behind these instructions."""
    if not way:
        return _answer(Decision.ALLOW)
    rest = _try_way(way[1:])
    return (*_test(way[0]), _Instruction(_JUMP, len(rest)), *rest)


def _test(condition: Condition) -> Iterator[_Instruction]:
    """Skip the instruction behind these if the condition holds."""
    yield _Instruction(_LOAD, _ARGUMENTS_AT + 8 * condition.argument)  # the lower half, as little-endian has it
    if condition.mask != EVERY_BIT:
        yield _Instruction(_AND, condition.mask)
    for left, value in zip(range(len(condition.values) - 1, -1, -1), sorted(condition.values), strict=True):
        if condition.wanted:
            yield _Instruction(_JUMP_EQUAL, value, if_true=left + 1)
        else:
            yield _Instruction(_JUMP_EQUAL, value, if_true=left, if_false=0 if left else 1)


def _choose(ranges: Sequence[_Range]) -> tuple[_Instruction, ...]:
    """Find the range of the loaded number."""
    if len(ranges) == 1:
        return ranges[0].code
    middle = len(ranges) // 2
    below, above = _choose(ranges[:middle]), _choose(ranges[middle:])
    first = ranges[middle].first
    if len(below) <= _FAR:
        return (_Instruction(_JUMP_AT_LEAST, first, if_true=len(below)), *below, *above)
    return (_Instruction(_JUMP_AT_LEAST, first, if_false=1), _Instruction(_JUMP, len(below)), *below, *above)
