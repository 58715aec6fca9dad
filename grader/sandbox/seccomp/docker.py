"""Profiles in Docker's JSON, with the same decisions.

Theory of operation
-------------------
What is in no rule gets the default, ENOSYS. So every refusal with EPERM must be a rule, also where a call is allowed
with some arguments only: the arguments that aren't allowed are written down as blocks of values that share their upper
bits, which is all that a masked comparison can say. Each rule has the conditions of those before it that hold, so no
two rules of a call meet.

A daemon older than 21 doesn't know the default's number and takes EPERM. There runc itself answers ENOSYS to the calls
that are newer than all in the profile, so what differs are numbers that no kernel has.

The profile is for containers with no-new-privileges: runc then installs it last, right before the container's program.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from grader.sandbox.seccomp.numbers import KNOWN_CALLS
from grader.sandbox.seccomp.rules import EVERY_BIT, Decision, Profile, Way

__all__ = ["docker_profile"]

_ARCHITECTURES = ("SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64")
_Block = tuple[int, int]  # a mask, and what the bits below it are


def docker_profile(profile: Profile) -> dict[str, Any]:
    """The profile as `--security-opt seccomp=` takes it, when written as JSON."""
    always = sorted(call for call, ways in profile.calls.items() if () in ways)
    sometimes = sorted(profile.calls.keys() - set(always))
    refused = sorted(KNOWN_CALLS - profile.calls.keys() - profile.absent)
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": Decision.ENOSYS.value,
        # Of the machine itself alone: calls of its 32-bit kinds are killed.
        "archMap": [{"architecture": name, "subArchitectures": []} for name in _ARCHITECTURES],
        "syscalls": [
            _write_rule(always, Decision.ALLOW),
            _write_rule(refused, Decision.EPERM),
            _write_rule(sorted(profile.absent), Decision.ENOSYS),
            *(rule for call in sometimes for rule in _write_rules(call, profile.calls[call])),
        ],
    }


def _write_rule(
    calls: Sequence[str], decision: Decision, arguments: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    if decision is Decision.ALLOW:
        return {"names": list(calls), "action": "SCMP_ACT_ALLOW", "args": list(arguments)}
    return {
        "names": list(calls),
        "action": "SCMP_ACT_ERRNO",
        "errnoRet": decision.value,
        "args": list(arguments),
    }


def _write_rules(call: str, ways: Sequence[Way]) -> Iterator[dict[str, Any]]:
    order = dict.fromkeys(condition.argument for way in ways for condition in way)
    for decision, arguments in _split(ways, tuple(order), ()):
        yield _write_rule([call], decision, arguments)


def _split(
    ways: Sequence[Way], order: Sequence[int], before: tuple[Mapping[str, Any], ...]
) -> Iterator[tuple[Decision, tuple[Mapping[str, Any], ...]]]:
    """All arguments, each once: those that leave no way, and those that go through one to its end."""
    if not ways or not order:
        yield Decision.ALLOW if ways else Decision.EPERM, before
        return
    argument, later = order[0], order[1:]
    conditions = [condition for way in ways for condition in way if condition.argument == argument]
    if not conditions:
        yield from _split(ways, later, before)
        return
    mask = conditions[0].mask
    values = frozenset(value for condition in conditions for value in condition.values)
    for block in [*((mask, value) for value in sorted(values)), *_cover_others(values, mask)]:
        left = [way for way in ways if all(each.fits(block[1]) for each in way if each.argument == argument)]
        yield from _split(left, later, (*before, _compare(argument, block)))


def _compare(argument: int, block: _Block) -> Mapping[str, Any]:
    mask, value = block
    return {"index": argument, "value": mask, "valueTwo": value, "op": "SCMP_CMP_MASKED_EQ"}


def _cover_others(values: frozenset[int], mask: int) -> Iterator[_Block]:
    """The fewest blocks that hold every number below the mask but these values, and no number twice."""
    bits = [1 << place for place in range(EVERY_BIT.bit_length() - 1, -1, -1) if mask >> place & 1]
    fixed = 0
    prefixes = {0}
    for bit in bits:
        fixed |= bit
        inside = {value & fixed for value in values}
        for prefix in sorted(prefixes):
            yield from ((fixed, half) for half in (prefix, prefix | bit) if half not in inside)
        prefixes = inside
