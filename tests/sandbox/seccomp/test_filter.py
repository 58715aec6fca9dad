"""The compiled program decides as the table does, for every call and any arguments."""

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grader.errors import SandboxError
from grader.sandbox.seccomp import STRICT, ZYGOTE, Profile, compile_filter
from grader.sandbox.seccomp.filter import MACHINES
from grader.sandbox.seccomp.numbers import KNOWN_CALLS, NUMBERS
from grader.sandbox.seccomp.rules import ALWAYS, Way, none_of, one_of, without
from tests.sandbox.seccomp.bpf import MACHINE_CODES, find_faults, read_errno, run_program

PROFILES = {profile.name: profile for profile in (STRICT, ZYGOTE)}
PROGRAMS = {(name, machine): compile_filter(PROFILES[name], machine) for name in PROFILES for machine in MACHINES}
NAMES = {machine: {number: name for name, number in NUMBERS[machine].items()} for machine in MACHINES}
HIGHEST = 600
TELLING = sorted(
    {
        value & mask | above
        for profile in PROFILES.values()
        for ways in profile.calls.values()
        for way in ways
        for condition in way
        for listed in condition.values
        for value in (listed - 1, listed, listed + 1, listed | condition.mask)
        for mask, above in ((0xFFFF_FFFF, 0), (0xFFFF_FFFF, 0xFFFF_FFFF << 32), (0xFFFF_FFFF, 1 << 32))
    }
    | {1 << place for place in range(64)}
)
ARGUMENT = st.sampled_from(TELLING) | st.integers(0, (1 << 64) - 1)
ARGUMENTS = st.tuples(*[ARGUMENT] * 6)
WITH_CONDITIONS = sorted(
    {call for profile in PROFILES.values() for call, ways in profile.calls.items() if ways != ALWAYS}
)


def ask(name: str, machine: str, number: int, arguments: tuple[int, ...]) -> int | None:
    program = PROGRAMS[name, machine]
    return read_errno(
        run_program(program, machine=MACHINE_CODES[machine], number=number & 0xFFFF_FFFF, arguments=arguments)
    )


@pytest.mark.parametrize(("name", "machine"), PROGRAMS)
def test_every_number_is_decided_as_the_table_says(name: str, machine: str) -> None:
    """All that are known, the gaps between them, and those above."""
    for number in range(HIGHEST):
        for arguments in ((0,) * 6, ((1 << 64) - 1,) * 6, (2,) * 6):
            expected = PROFILES[name].decide(NAMES[machine].get(number), arguments).value

            assert ask(name, machine, number, arguments) == expected, (number, arguments)


@pytest.mark.parametrize(("name", "machine"), PROGRAMS)
@settings(max_examples=1500, deadline=None)
@given(data=st.data())
def test_any_arguments_are_decided_as_the_table_says(name: str, machine: str, data: st.DataObject) -> None:
    """Calls with conditions, and every other, with arguments near what the conditions say and far from it."""
    call = data.draw(st.sampled_from([call for call in WITH_CONDITIONS if call in NUMBERS[machine]]) | st.none())
    number = data.draw(st.integers(0, HIGHEST)) if call is None else NUMBERS[machine][call]
    arguments = data.draw(ARGUMENTS)

    expected = PROFILES[name].decide(NAMES[machine].get(number), arguments).value
    assert ask(name, machine, number, arguments) == expected


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("call", WITH_CONDITIONS)
def test_every_telling_value_of_an_argument_is_decided_as_the_table_says(machine: str, call: str) -> None:
    """One argument at a time takes each value at the edges, the others fit."""
    if call not in NUMBERS[machine]:
        assert call == "mknod"  # the generic table has mknodat alone
        return
    for way in STRICT.calls[call]:
        fitting = [0] * 6
        for condition in way:
            fitting[condition.argument] = min(condition.values) if condition.wanted else 0
        for place, value in itertools.product(range(6), TELLING):
            arguments = (*fitting[:place], value, *fitting[place + 1 :])

            for name, profile in PROFILES.items():
                assert ask(name, machine, NUMBERS[machine][call], arguments) == profile.decide(call, arguments).value


@pytest.mark.parametrize(("name", "machine"), PROGRAMS)
@given(number=st.integers(1 << 30, (1 << 32) - 1), arguments=ARGUMENTS)
@example(number=0x4000_0000, arguments=(0,) * 6)
@example(number=0x4000_0000 | 59, arguments=(0,) * 6)
@example(number=0xFFFF_FFFF, arguments=(0,) * 6)
def test_numbers_of_the_x32_kind_are_unknown(name: str, machine: str, number: int, arguments: tuple[int, ...]) -> None:
    """They carry bit 30; so does -1, which a tracer sets."""
    assert ask(name, machine, number, arguments) == 38


@pytest.mark.parametrize(("name", "machine"), PROGRAMS)
@given(code=st.sampled_from([0x4000_0003, 0x4000_0028, 0xC000_003E, 0xC000_00B7]) | st.integers(0, (1 << 32) - 1))
def test_calls_of_another_machine_are_unknown(name: str, machine: str, code: int) -> None:
    """Number 1 of 32-bit x86 isn't number 1 of the 64-bit one: none of them is looked up."""
    answer = read_errno(run_program(PROGRAMS[name, machine], machine=code, number=39, arguments=(0,) * 6))

    allowed = PROFILES[name].decide(NAMES[machine].get(39)).value
    assert answer == (allowed if code == MACHINE_CODES[machine] else 38)


@pytest.mark.parametrize(("name", "machine"), PROGRAMS)
def test_the_kernel_will_take_the_program(name: str, machine: str) -> None:
    """Not too long, all jumps inside, an answer at every end; and short enough to cost nothing."""
    program = PROGRAMS[name, machine]

    assert find_faults(program) == []
    assert len(program) // 8 < 500


SOME_VALUES = st.lists(st.integers(0, (1 << 32) - 1), min_size=1, max_size=30, unique=True)
CONDITION = st.one_of(
    st.builds(one_of, st.integers(0, 3), SOME_VALUES),
    st.builds(none_of, st.integers(0, 3), SOME_VALUES),
    st.builds(without, st.just(4), st.just(0x7E02_0000)),
    st.builds(one_of, st.just(5), st.sets(st.integers(0, 15), min_size=1), mask=st.just(0xF)),
)
WAYS = st.just(ALWAYS) | st.lists(st.lists(CONDITION, max_size=4).map(tuple), min_size=1, max_size=3).map(tuple)


@settings(max_examples=150, deadline=None)
@given(
    allowed=st.dictionaries(st.sampled_from(sorted(KNOWN_CALLS - {"clone3"})), WAYS, max_size=300),
    machine=st.sampled_from(MACHINES),
    arguments=ARGUMENTS,
)
def test_any_profile_is_compiled_rightly(
    allowed: dict[str, tuple[Way, ...]], machine: str, arguments: tuple[int, ...]
) -> None:
    """Also one with so many conditions that jumps must go further than an instruction can say."""
    profile = Profile(name="any", calls=allowed, absent=frozenset({"clone3"}))
    program = compile_filter(profile, machine)
    listed = [value for ways in allowed.values() for way in ways for condition in way for value in condition.values]

    for number in range(500):
        chosen = (
            arguments if number % 2 or not listed else tuple(listed[(number * 7 + i) % len(listed)] for i in range(6))
        )
        answer = run_program(program, machine=MACHINE_CODES[machine], number=number, arguments=chosen)
        assert read_errno(answer) == profile.decide(NAMES[machine].get(number), chosen).value


def test_long_jumps_are_taken() -> None:
    """A profile of many long conditions is wider than a conditional jump reaches."""
    calls = {call: ((one_of(0, range(0, 5000, 125)),),) for call in sorted(KNOWN_CALLS - {"clone3"})[::5]}
    profile = Profile(name="wide", calls=calls, absent=frozenset())
    program = compile_filter(profile, "x86_64")

    assert len(program) // 8 > 2000
    assert find_faults(program) == []
    for number in range(500):
        for first in (0, 1, 125, 4875, 5000):
            arguments = (first, 0, 0, 0, 0, 0)
            answer = run_program(program, machine=MACHINE_CODES["x86_64"], number=number, arguments=arguments)
            assert read_errno(answer) == profile.decide(NAMES["x86_64"].get(number), arguments).value


def test_a_machine_without_a_table_is_told() -> None:
    """There is no filter to fall back to: a run there would be less than it claims."""
    with pytest.raises(SandboxError, match="no table of system calls for 'riscv64'"):
        compile_filter(STRICT, "riscv64")
