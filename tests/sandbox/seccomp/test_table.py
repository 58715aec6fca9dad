"""The table itself: every call stands once, numbers are the kernel's, and what must never be allowed isn't."""

import re
from collections import Counter
from pathlib import Path

import pytest

from grader.sandbox.seccomp import STRICT, ZYGOTE
from grader.sandbox.seccomp.numbers import KNOWN_CALLS, NUMBERS
from grader.sandbox.seccomp.rules import ALWAYS, Condition, Decision, Group, Profile, Way, one_of, without
from grader.sandbox.seccomp.table import ABSENT, ALLOWED, CONDITIONS, REFUSED, ZYGOTE_CONDITIONS, ZYGOTE_GROUP
from tests.house.reading import CHECKOUT

HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"),
    "aarch64": ("/usr/include/asm-generic/unistd.h",),
}
NEVER = (
    *("bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("keyctl", "add_key", "request_key", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd"),
    *("setns", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsmount", "fsconfig", "fspick"),
    *("mount_setattr", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module"),
    *("swapon", "swapoff", "reboot", "name_to_handle_at", "open_by_handle_at", "iopl", "ioperm", "clone3"),
)
NO_CALLS = {"arch_specific_syscall", "syscalls", "sync_file_range2"}  # the last is of other machines
ONLY_A_ZYGOTE = {"unshare", "mount", "umount2", "sethostname", "setgroups", "capset", "seccomp"}


def read_header(text: str) -> dict[str, int]:
    """Names and numbers of a header, of 64-bit machines: `__NR_x 1`, or `__NR3264_x 1` and `__NR_x __NR3264_x`."""
    text = text.rpartition("\n#else")[0] or text  # the last alternative is that of 32-bit machines
    text = re.sub(r"#if defined\(__SYSCALL_COMPAT\) \|\| __BITS_PER_LONG == 32\n.*?#endif", "", text, flags=re.DOTALL)
    plain = {name: int(number) for name, number in re.findall(r"(?m)^#define __NR_(\w+)\s+(\d+)$", text)}
    shared = dict(re.findall(r"(?m)^#define __NR3264_(\w+)\s+(\d+)$", text))
    linked = re.findall(r"(?m)^#define __NR_(\w+) __NR3264_(\w+)$", text)
    return plain | {name: int(shared[other]) for name, other in linked if other in shared}


def test_every_known_call_stands_in_one_group() -> None:
    """What is refused is refused on purpose, and has a reason."""
    counted = Counter(call for group in (*ALLOWED, *REFUSED) for call in group.calls)

    assert set(counted) == KNOWN_CALLS
    assert [call for call, count in counted.items() if count > 1] == []
    assert all(group.title and group.why for group in (*ALLOWED, *REFUSED, ZYGOTE_GROUP))


@pytest.mark.parametrize("machine", NUMBERS)
def test_numbers_belong_to_one_call_each(machine: str) -> None:
    """And they are numbers that a system call can have."""
    numbers = list(NUMBERS[machine].values())

    assert len(set(numbers)) == len(numbers)
    assert min(numbers) == 0
    assert max(numbers) < 1000


@pytest.mark.parametrize("machine", NUMBERS)
def test_numbers_are_those_of_the_kernels_headers(machine: str) -> None:
    """Where the headers are installed, none of their calls is missing and none is numbered otherwise."""
    found = [Path(path) for path in HEADERS[machine] if Path(path).exists()]
    if not found:
        pytest.skip("the kernel's headers aren't installed (linux-libc-dev)")
    told = read_header(found[0].read_text())
    told = {name: number for name, number in told.items() if name not in NO_CALLS}

    assert len(told) > 300
    assert {name: NUMBERS[machine].get(name) for name in told} == told
    newest = max(told.values())
    assert {name for name, number in NUMBERS[machine].items() if number <= newest} == set(told)


@pytest.mark.parametrize("profile", [STRICT, ZYGOTE], ids=lambda profile: profile.name)
@pytest.mark.parametrize("call", NEVER)
def test_no_profile_allows_what_leads_out(profile: Profile, call: str) -> None:
    """Neither the student's nor the zygote's."""
    assert profile.decide(call) is not Decision.ALLOW


def test_a_zygote_may_do_little_more() -> None:
    """The difference between the profiles is written out here: whoever widens it meets this test."""
    assert ZYGOTE.calls.keys() - STRICT.calls.keys() == ONLY_A_ZYGOTE
    assert STRICT.calls.keys() - ZYGOTE.calls.keys() == set()
    assert CONDITIONS.keys() - ZYGOTE_CONDITIONS.keys() == {"clone"}
    assert {call for call in ZYGOTE_CONDITIONS if ZYGOTE_CONDITIONS[call] != CONDITIONS[call]} == {"prctl"}


def test_conditions_are_of_allowed_calls() -> None:
    """A condition of a call that isn't allowed would be a mistake that nobody sees."""
    assert CONDITIONS.keys() <= STRICT.calls.keys()
    assert ABSENT.isdisjoint(STRICT.calls)


@pytest.mark.parametrize(
    ("call", "arguments", "decision"),
    [
        ("socket", (1, 0x80001, 0), Decision.ALLOW),
        ("socket", (2, 2, 17), Decision.ALLOW),
        ("socket", (2, 3, 0), Decision.EPERM),  # raw
        ("socket", (2, 1, 132), Decision.EPERM),  # SCTP
        ("socket", (16, 0x80003, 0), Decision.ALLOW),  # netlink, for getifaddrs
        ("socket", (16, 3, 12), Decision.EPERM),  # netlink, for netfilter
        ("socket", (16, 3, 6), Decision.EPERM),  # netlink, for IPsec: TCP's number
        ("socket", (16, 5, 0), Decision.EPERM),
        ("socket", (40, 1, 0), Decision.EPERM),  # vsock
        ("clone", (0x3D0F00, 0, 0), Decision.ALLOW),  # a thread
        ("clone", (0x1000_0011, 0, 0), Decision.EPERM),  # a user namespace
        ("ioctl", (0, 0x5413, 0), Decision.ALLOW),  # TIOCGWINSZ
        ("ioctl", (0, 0x5412, 0), Decision.EPERM),  # TIOCSTI
        ("ioctl", (0, 0x7_0000_5412, 0), Decision.EPERM),  # the kernel reads the lower half
        ("prctl", (15, 0, 0), Decision.ALLOW),
        ("prctl", (35, 0, 0), Decision.EPERM),  # PR_SET_MM
        ("prctl", (22, 2, 0), Decision.EPERM),  # PR_SET_SECCOMP
        ("mknodat", (0, 0, 0o010644), Decision.ALLOW),
        ("mknodat", (0, 0, 0o020644), Decision.EPERM),  # a device
        ("personality", (0xFFFF_FFFF,), Decision.ALLOW),
        ("personality", (0x0040_0000,), Decision.EPERM),
        ("clone3", (), Decision.ENOSYS),
        ("getpid", (), Decision.ALLOW),
        ("bpf", (), Decision.EPERM),
        ("brew_coffee", (), Decision.ENOSYS),
        (None, (), Decision.ENOSYS),
    ],
)
def test_the_strict_profile_decides(call: str | None, arguments: tuple[int, ...], decision: Decision) -> None:
    """By call and by argument."""
    assert STRICT.decide(call, (*arguments, *(0,) * (6 - len(arguments)))) is decision


@pytest.mark.parametrize("values", [frozenset[int](), frozenset({0x100}), frozenset({-1})])
def test_a_condition_that_says_nothing_is_refused(values: frozenset[int]) -> None:
    """No values, or values outside the mask, would allow or refuse everything without a word."""
    with pytest.raises(ValueError, match="within the mask"):
        Condition(argument=0, values=values, mask=0xFF)


@pytest.mark.parametrize(
    ("calls", "absent"), [({"reed": ALWAYS}, frozenset()), ({"read": ALWAYS}, frozenset({"read"}))]
)
def test_a_profile_of_calls_that_nobody_knows_is_refused(
    calls: dict[str, tuple[Way, ...]], absent: frozenset[str]
) -> None:
    """A misspelt call would be refused to programs that need it; an absent one isn't allowed."""
    with pytest.raises(ValueError, match="should be a known one"):
        Profile(name="wrong", calls=calls, absent=absent)


def test_an_argument_has_one_mask() -> None:
    """Docker's form looks at each argument once."""
    ways = ((one_of(0, (1,)),), (one_of(0, (1,), mask=0xF),))

    with pytest.raises(ValueError, match="several masks"):
        Profile(name="wrong", calls={"ioctl": ways}, absent=frozenset())


def test_conditions_ignore_what_the_kernel_ignores() -> None:
    """Bits above the 32nd, and bits outside the mask."""
    assert one_of(0, (2,)).holds((0xDEAD_BEEF_0000_0002, 0, 0, 0, 0, 0))
    assert one_of(0, (1,), mask=0xF).holds((0x80001, 0, 0, 0, 0, 0))
    assert without(0, 0x10).holds((0xF_0000_0007, 0, 0, 0, 0, 0))
    assert not without(0, 0x10).holds((0x30, 0, 0, 0, 0, 0))


def word_group(group: Group) -> str:
    """A group as docs/seccomp.md has it."""
    return f"| {group.title} | {group.why} | `{'` `'.join(group.calls)}` |"


@pytest.mark.parametrize("group", [*REFUSED, ZYGOTE_GROUP], ids=lambda group: group.title)
def test_the_documented_groups_are_these(group: Group) -> None:
    """docs/seccomp.md shows what is refused, with the very words of the table."""
    assert word_group(group) in (CHECKOUT / "docs" / "seccomp.md").read_text("utf-8")
