"""Docker's form of a profile decides as the table does: read as it is, and as libseccomp makes a filter of it."""

import ctypes
import ctypes.util
import json
import os
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.sandbox.seccomp import STRICT, ZYGOTE, Profile, docker_profile
from grader.sandbox.seccomp.numbers import KNOWN_CALLS, NUMBERS
from grader.sandbox.seccomp.rules import Decision, Way, none_of, one_of, without
from tests.sandbox.seccomp.bpf import MACHINE_CODES, find_faults, read_errno, run_program
from tests.sandbox.seccomp.test_filter import ARGUMENTS, TELLING, WITH_CONDITIONS

PROFILES = {profile.name: profile for profile in (STRICT, ZYGOTE)}
LIBRARY = ctypes.util.find_library("seccomp")
NEWEST_OF_OLD_LIBRARIES = 450  # what a libseccomp doesn't know it leaves to the default


def find_rules(document: dict[str, Any], call: str, arguments: tuple[int, ...]) -> list[dict[str, Any]]:
    """The rules of a profile that meet a call, as runc reads them: all comparisons of a rule must hold."""
    return [
        rule
        for rule in document["syscalls"]
        if call in rule["names"]
        and all(arguments[each["index"]] & each["value"] == each["valueTwo"] for each in rule["args"])
    ]


def read_document(profile: Profile) -> Any:
    """The profile as a daemon receives it."""
    return json.loads(json.dumps(docker_profile(profile)))


DOCUMENTS = {name: read_document(profile) for name, profile in PROFILES.items()}


def decide(document: dict[str, Any], call: str, arguments: tuple[int, ...]) -> int:
    """The error number by the document alone; two rules that meet one call would leave it to their order."""
    met = find_rules(document, call, arguments)
    assert len(met) <= 1, met
    action = met[0] if met else {"action": document["defaultAction"], "errnoRet": document["defaultErrnoRet"]}
    return 0 if action["action"] == "SCMP_ACT_ALLOW" else int(action["errnoRet"])


@pytest.mark.parametrize("name", PROFILES)
def test_the_document_has_only_what_every_daemon_reads(name: str) -> None:
    """Fields of Docker 20.10 and of today's; the number of the default is the one that older ones pass over."""
    document = DOCUMENTS[name]

    assert document.keys() == {"defaultAction", "defaultErrnoRet", "archMap", "syscalls"}
    assert all(each["subArchitectures"] == [] for each in document["archMap"])
    for rule in document["syscalls"]:
        assert rule.keys() - {"errnoRet"} == {"names", "action", "args"}
        assert ("errnoRet" in rule) == (rule["action"] == "SCMP_ACT_ERRNO")
        assert len({each["index"] for each in rule["args"]}) == len(rule["args"])  # runc takes a second one apart
        assert {each["op"] for each in rule["args"]} <= {"SCMP_CMP_MASKED_EQ"}


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("call", [*sorted(KNOWN_CALLS), "brew_coffee"])
def test_every_call_is_decided_as_the_table_says(name: str, call: str) -> None:
    """Known and unknown ones."""
    for arguments in ((0,) * 6, ((1 << 64) - 1,) * 6, (2,) * 6):
        assert decide(DOCUMENTS[name], call, arguments) == PROFILES[name].decide(call, arguments).value


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("call", WITH_CONDITIONS)
def test_telling_arguments_are_decided_as_the_table_says(name: str, call: str) -> None:
    """Each edge of each condition, in every argument."""
    for place in range(6):
        for value in TELLING:
            arguments = (*(0,) * place, value, *(0,) * (5 - place))

            assert decide(DOCUMENTS[name], call, arguments) == PROFILES[name].decide(call, arguments).value


@pytest.mark.parametrize("name", PROFILES)
@settings(max_examples=600, deadline=None)
@given(call=st.sampled_from(WITH_CONDITIONS), arguments=ARGUMENTS)
def test_any_arguments_are_decided_as_the_table_says(name: str, call: str, arguments: tuple[int, ...]) -> None:
    """Never by two rules at once, for libseccomp promises no order."""
    assert decide(DOCUMENTS[name], call, arguments) == PROFILES[name].decide(call, arguments).value


FEW_VALUES = st.lists(st.integers(0, 0xFFFF_FFFF), min_size=1, max_size=3)
CONDITION = st.one_of(
    st.builds(one_of, st.integers(0, 1), FEW_VALUES),
    st.builds(none_of, st.integers(0, 1), FEW_VALUES),
    st.builds(without, st.just(4), st.just(0x7E02_0000)),
    st.builds(one_of, st.just(5), st.sets(st.integers(0, 15), min_size=1), mask=st.just(0xF)),
)
WAYS = st.lists(st.lists(CONDITION, min_size=1, max_size=2).map(tuple), min_size=1, max_size=2).map(tuple)


@settings(max_examples=150, deadline=None)
@given(ways=WAYS, arguments=ARGUMENTS, data=st.data())
def test_any_ways_are_written_rightly(ways: tuple[Way, ...], arguments: tuple[int, ...], data: st.DataObject) -> None:
    """All that they allow and all others, each by one rule."""
    profile = Profile(name="one", calls={"ioctl": ways}, absent=frozenset())
    document = docker_profile(profile)
    listed = [value for way in ways for condition in way for value in condition.values]
    near = st.sampled_from([*listed, *(value ^ 1 for value in listed)])

    for chosen in (arguments, data.draw(st.tuples(*[near] * 6)), data.draw(st.tuples(*[near] * 6))):
        assert decide(document, "ioctl", chosen) == profile.decide("ioctl", chosen).value


# libseccomp is what runc makes its filters with; where it is installed, it is asked itself.


class Comparison(ctypes.Structure):
    """struct scmp_arg_cmp."""

    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


MASKED_EQUAL = 7
ALLOW, ERRNO = 0x7FFF0000, 0x00050000


@cache
def export_filter(name: str, machine: str, default: int) -> tuple[bytes, frozenset[str]]:
    """The filter that libseccomp makes of a profile, and the calls that it doesn't know."""
    assert LIBRARY is not None
    library = ctypes.CDLL(LIBRARY, use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(ERRNO | default)))
    native = library.seccomp_arch_native
    native.restype = ctypes.c_uint32
    wanted = MACHINE_CODES[machine]
    if native() != wanted:
        assert library.seccomp_arch_add(context, ctypes.c_uint32(wanted)) == 0
        assert library.seccomp_arch_remove(context, ctypes.c_uint32(native())) == 0
    missing = set()
    for rule in DOCUMENTS[name]["syscalls"]:
        action = ALLOW if rule["action"] == "SCMP_ACT_ALLOW" else ERRNO | rule["errnoRet"]
        if action == ERRNO | default:
            continue  # as runc does: it says nothing that the default doesn't
        comparisons = (Comparison * len(rule["args"]))(
            *(Comparison(each["index"], MASKED_EQUAL, each["value"], each["valueTwo"]) for each in rule["args"])
        )
        for call in rule["names"]:
            number = library.seccomp_syscall_resolve_name(call.encode())
            if number == -1:
                missing.add(call)
                continue
            added = library.seccomp_rule_add_array(
                context, ctypes.c_uint32(action), number, len(comparisons), comparisons
            )
            assert added == 0, (call, added)
    file = os.memfd_create("filter")
    assert library.seccomp_export_bpf(context, file) == 0
    library.seccomp_release(context)
    with os.fdopen(file, "rb") as exported:
        exported.seek(0)
        return exported.read(), frozenset(missing)


def expect(name: str, machine: str, number: int, arguments: tuple[int, ...], default: int) -> int:
    """What a filter by libseccomp answers to a number."""
    call = {number: call for call, number in NUMBERS[machine].items()}.get(number)
    _, missing = export_filter(name, machine, default)
    if call is None or call in missing:
        return default
    return PROFILES[name].decide(call, arguments).value


@pytest.mark.skipif(LIBRARY is None, reason="libseccomp isn't installed; a Docker daemon brings it")
@pytest.mark.parametrize("default", [Decision.ENOSYS.value, Decision.EPERM.value], ids=["today's", "20.10"])
@pytest.mark.parametrize(("name", "machine"), [(name, machine) for name in PROFILES for machine in NUMBERS])
def test_libseccomp_makes_the_same_decisions(name: str, machine: str, default: int) -> None:
    """For every number, and for every edge of every condition, with both defaults that daemons have."""
    program, missing = export_filter(name, machine, default)

    assert find_faults(program) == []
    assert all(NUMBERS["x86_64"][call] > NEWEST_OF_OLD_LIBRARIES for call in missing)
    numbers = [(number, (number * 3,) * 6) for number in range(600)]
    edges = [
        (NUMBERS[machine][call], (*(0,) * place, value, *(0,) * (5 - place)))
        for call in WITH_CONDITIONS
        if call in NUMBERS[machine]
        for place in range(3)
        for value in TELLING
    ]
    for number, arguments in (*numbers, *edges):
        answer = run_program(program, machine=MACHINE_CODES[machine], number=number, arguments=arguments)
        assert read_errno(answer) == expect(name, machine, number, arguments, default), (number, arguments)


@pytest.mark.skipif(LIBRARY is None, reason="libseccomp isn't installed; a Docker daemon brings it")
@pytest.mark.parametrize("default", [Decision.ENOSYS.value, Decision.EPERM.value], ids=["today's", "20.10"])
@settings(max_examples=800, deadline=None)
@given(call=st.sampled_from(WITH_CONDITIONS), arguments=ARGUMENTS)
def test_libseccomp_decides_any_arguments_as_the_table_says(
    default: int, call: str, arguments: tuple[int, ...]
) -> None:
    """Several conditions of one call at once, too."""
    number = NUMBERS["x86_64"][call]
    program, _ = export_filter("strict", "x86_64", default)

    answer = run_program(program, machine=MACHINE_CODES["x86_64"], number=number, arguments=arguments)
    assert read_errno(answer) == expect("strict", "x86_64", number, arguments, default)


@pytest.mark.skipif(LIBRARY is None, reason="libseccomp isn't installed; a Docker daemon brings it")
@pytest.mark.parametrize(("machine", "number"), [(0x4000_0003, 20), (MACHINE_CODES["x86_64"], 0x4000_0000 | 39)])
def test_libseccomp_refuses_what_is_of_another_kind(machine: int, number: int) -> None:
    """Of 32-bit x86, and of x32: there it kills, where our own filter says that there is no such call."""
    program, _ = export_filter("strict", "x86_64", Decision.ENOSYS.value)

    assert read_errno(run_program(program, machine=machine, number=number, arguments=(0,) * 6)) is None
