"""Every refused call is made from inside real sandboxes, one by one, and answers with the error number that is told."""

import errno
import json
import os
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from grader.sandbox import BubblewrapSandbox
from grader.sandbox.bubblewrap import find_bubblewrap
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.sandbox.docker import find_docker_trouble
from grader.sandbox.seccomp import STRICT, ZYGOTE, Profile, compile_filter
from grader.sandbox.seccomp.numbers import NUMBERS
from tests.contract.rig import VARIANTS, Rig
from tests.sandbox.tiny import TINY_GUEST, make_request, texts_of

MACHINE = os.uname().machine
HERE = NUMBERS[MACHINE]
NAMES = {number: name for name, number in HERE.items()}
HIGHEST = max(NAMES) + 60
INSIDE = (Path(__file__).parent / "inside.py").read_text("utf-8")
BAD = (2**64 - 1,) * 6  # as a pointer it faults, as a descriptor, process or size it isn't one
REQUESTS = [(-1 if NAMES.get(number) == "pause" else number, BAD) for number in range(HIGHEST)]  # pause would wait
PASSED_BY_THE_KERNEL = {335, 336} if MACHINE == "x86_64" else set[int]()  # uretprobe, uprobe: no filter sees them
NEWEST_OF_OLD_LIBRARIES = 450
FAMILIES = range(46)
LARGE = (1 << 32) - 1  # bits above the 32nd that the kernel doesn't read

REAL = [name for name, variant in VARIANTS.items() if variant.keeps_in and variant.counted] or [
    name for name, variant in VARIANTS.items() if variant.keeps_in
]
needs_bubblewrap = pytest.mark.skipif(find_bubblewrap_trouble() is not None, reason="bubblewrap doesn't work here")
on_x86_64 = pytest.mark.skipif(MACHINE != "x86_64", reason="of x86-64")

Answers = list[list[int] | None]


def run_plainly(program: bytes | None, code: str) -> Any:
    """What code returns as `answer` in a bubblewrap of a few flags, with a filter or without any."""
    source = f"{INSIDE}\nimport json\n{code}\nprint(json.dumps(answer))"
    command = [str(find_bubblewrap()), "--unshare-user", "--unshare-all", "--die-with-parent", "--cap-drop", "ALL"]
    command += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
    command += ["--ro-bind", sys.prefix, sys.prefix]  # a fresh clone is tried below /tmp
    with os.fdopen(os.memfd_create("filter"), "wb", buffering=0) as file:
        if program is not None:
            file.write(program)
            file.seek(0)
            command += ["--seccomp", str(file.fileno())]
        command += ["--", sys.executable, "-I", "-c", source]
        answer = subprocess.run(command, pass_fds=[file.fileno()], capture_output=True, text=True, timeout=300)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout.splitlines()[-1])


@cache
def sweep_plainly(profile: str | None) -> Answers:
    """Every number with bad arguments, in the bubblewrap of a few flags."""
    program = {"strict": STRICT, "zygote": ZYGOTE}[profile] if profile is not None else None
    answers: Answers = run_plainly(
        compile_filter(program, MACHINE) if program is not None else None, f"answer = sweep({REQUESTS!r})"
    )
    return answers


@cache
def sweep_in(variant: str) -> Answers:
    """Every number with bad arguments, as a student's code makes them in a run."""
    if VARIANTS[variant].in_bubblewrap and (trouble := find_bubblewrap_trouble()) is not None:
        pytest.skip(trouble.text)
    if VARIANTS[variant].in_docker and (fault := find_docker_trouble()) is not None:
        pytest.skip(fault.message)
    student = f"{INSIDE}\nimport json\ndef first():\n    return json.dumps(sweep({REQUESTS!r}))\n"
    outcome = Rig(VARIANTS[variant], Path()).run(student, questions={"first": 100.0})
    answers: Answers = json.loads(outcome["first"].texts["value"])
    return answers


def expect(profile: Profile, number: int, arguments: tuple[int, ...] = BAD) -> int:
    """The error number by the table, 0 where the call is allowed."""
    return profile.decide(NAMES.get(number), arguments).value


def expect_in(variant: str, number: int) -> set[int]:
    """The error numbers that a refused call may have in a sandbox.

    Docker 20.10 gives EPERM where today's gives ENOSYS, and what its libseccomp doesn't know is unknown.
    """
    expected = expect(STRICT, number)
    if not VARIANTS[variant].in_docker:
        return {expected}
    if expected == errno.ENOSYS and NAMES.get(number) is None and number < NEWEST_OF_OLD_LIBRARIES:
        return {errno.ENOSYS, errno.EPERM}
    if expected == errno.EPERM and number > NEWEST_OF_OLD_LIBRARIES:
        return {errno.ENOSYS, errno.EPERM}
    return {expected}


REFUSED = sorted(name for name, number in HERE.items() if expect(STRICT, number))
UNKNOWN = sorted(set(range(HIGHEST)) - set(NAMES) - PASSED_BY_THE_KERNEL)
ALLOWED = sorted(name for name, number in HERE.items() if not expect(STRICT, number))


@pytest.mark.parametrize("variant", REAL)
@pytest.mark.parametrize("call", REFUSED)
def test_a_refused_call_answers_as_told(variant: str, call: str) -> None:
    """From a student's code in a run: EPERM, and ENOSYS for clone3."""
    answer = sweep_in(variant)[HERE[call]]

    assert answer is not None
    assert answer[0] == -1
    assert answer[1] in expect_in(variant, HERE[call])


@pytest.mark.parametrize("variant", REAL)
def test_unknown_numbers_are_unknown(variant: str) -> None:
    """Gaps, and numbers that a newer kernel may have: ENOSYS, as on a kernel without them."""
    answers = {number: sweep_in(variant)[number] for number in UNKNOWN}

    wrong = {n: answer for n, answer in answers.items() if answer is None or answer[1] not in expect_in(variant, n)}
    assert wrong == {}


@needs_bubblewrap
@pytest.mark.parametrize("profile", ["strict", "zygote"])
def test_an_allowed_call_answers_as_without_a_filter(profile: str) -> None:
    """The filter changes nothing of them; it is the kernel that finds the arguments bad."""
    table = {"strict": STRICT, "zygote": ZYGOTE}[profile]
    allowed = [number for number in NAMES if not expect(table, number)]
    filtered, free = sweep_plainly(profile), sweep_plainly(None)

    errors = {number: (answer and answer[1]) for number in allowed for answer in [filtered[number]]}
    assert errors == {number: (answer and answer[1]) for number in allowed for answer in [free[number]]}


@needs_bubblewrap
@pytest.mark.parametrize("profile", ["strict", "zygote"])
def test_a_refused_call_is_refused_by_the_filter(profile: str) -> None:
    """Without it most of these calls reach the kernel, whose answer to bad arguments is another."""
    table = {"strict": STRICT, "zygote": ZYGOTE}[profile]
    refused = [number for number in NAMES if expect(table, number)]
    filtered, free = sweep_plainly(profile), sweep_plainly(None)

    assert [NAMES[number] for number in refused if filtered[number] != [-1, expect(table, number)]] == []
    reached = {NAMES[number] for number in refused if free[number] not in ([-1, errno.EPERM], [-1, errno.ENOSYS])}
    assert reached >= {"setns", "ptrace", "keyctl", "bpf", "process_vm_readv", "mbind", "shmget", "io_setup"}
    assert len(reached) > 60


@pytest.mark.parametrize("variant", REAL)
def test_only_chosen_kinds_of_sockets_are_made(variant: str) -> None:
    """By a student's code: plain ones of three families and one of netlink's, none that would load a module."""
    kinds: list[tuple[int, int, int]] = [(family, 2, 0) for family in FAMILIES]
    kinds += [(socket.AF_INET, 3, 6), (socket.AF_INET, 2, 1)]  # raw; the kernel's own ping
    kinds += [(socket.AF_INET, 1, 132), (socket.AF_INET6, 6, 33), (socket.AF_UNIX, 3, 0)]
    kinds += [(LARGE << 32 | 40, 1, 0), (socket.AF_NETLINK, 3, 12), (socket.AF_NETLINK, 3, 6)]
    allowed = [(socket.AF_UNIX, 0x80801, 0), (socket.AF_INET, 1, 6), (LARGE << 32 | 1, LARGE << 32 | 2, LARGE << 32)]
    answers = ask(variant, [("socket", kind) for kind in (*kinds, *allowed)])

    refused = [kind for kind in kinds if expect(STRICT, HERE["socket"], (*kind, 0, 0, 0))]
    assert len(refused) == len(kinds) - 4
    assert {answers["socket", kind] for kind in refused} == {errno.EPERM}
    for kind in (*allowed, (socket.AF_UNIX, 2, 0), (socket.AF_INET, 2, 0), (socket.AF_NETLINK, 2, 0)):
        assert answers["socket", kind] == 0, kind


def ask(variant: str, calls: list[tuple[str, tuple[int, ...]]]) -> dict[tuple[str, tuple[int, ...]], int | None]:
    """The error numbers of some calls as a student's code makes them, 0 where they worked."""
    requests = [(HERE[call], tuple(map(int, (*arguments, *(0,) * (6 - len(arguments)))))) for call, arguments in calls]
    student = f"{INSIDE}\nimport json\ndef first():\n    return json.dumps(sweep({requests!r}))\n"
    outcome = Rig(VARIANTS[variant], Path()).run(student, questions={"first": 60.0})
    answers = json.loads(outcome["first"].texts["value"])
    return {call: answer and (answer[1] if answer[0] == -1 else 0) for call, answer in zip(calls, answers, strict=True)}


SIGCHLD = 17
NEW = {
    "user": 0x1000_0000,
    "pid": 0x2000_0000,
    "net": 0x4000_0000,
    "mount": 0x0002_0000,
    "cgroup": 0x0200_0000,
    "uts": 0x0400_0000,
    "ipc": 0x0800_0000,
}


@pytest.mark.parametrize("variant", REAL)
def test_arguments_that_matter_are_refused(variant: str) -> None:
    """clone into namespaces, dangerous prctl, ioctl on terminals, devices, personalities; also with upper bits set."""
    refused: list[tuple[str, tuple[int, ...]]] = [
        *(("clone", (flag | SIGCHLD,)) for flag in NEW.values()),
        ("clone", (LARGE << 32 | NEW["user"] | SIGCHLD,)),
        *(("prctl", (option, 0)) for option in (8, 22, 24, 26, 28, 31, 33, 35, 43, 47, 53, 57, 59, 62, 65, 67)),
        ("prctl", (0x5961_6D61, LARGE)),
        ("prctl", (LARGE << 32 | 35, 1)),
        *(("ioctl", (2**64 - 1, command)) for command in (0x5412, 0x541C, 0x541D, 0x5423, LARGE << 32 | 0x5412)),
        *(("mknodat", (2**64 - 100, 0, kind | 0o600, 0)) for kind in (0o020000, 0o060000, 0o040000)),
        *(("personality", (kind,)) for kind in (0x0040_0000, 0x0004_0000, 0x8, 0x0200_0000, LARGE << 32 | 0x8)),
        ("prlimit64", (1, 0)),
        ("socketpair", (socket.AF_INET, 1, 0, 0)),
    ]
    answers = ask(variant, refused)

    assert {call: number for call, number in answers.items() if number != errno.EPERM} == {}


@pytest.mark.parametrize("variant", REAL)
def test_arguments_that_matter_little_are_not(variant: str) -> None:
    """The same calls as honest programs make them; EFAULT and EBADF are the kernel's."""
    answers = ask(
        variant,
        [
            ("clone", (SIGCHLD,)),
            ("clone", (LARGE << 32 | SIGCHLD,)),
            ("prctl", (38, 1, 0, 0, 0)),
            ("prctl", (LARGE << 32 | 3,)),
            ("personality", (LARGE,)),
            ("ioctl", (2**64 - 1, 0x5413)),
            ("mknodat", (2**64 - 100, 0, 0o010600)),
            ("prlimit64", (0, 0)),
            ("socketpair", (socket.AF_UNIX, 1, 0, 0)),
        ],
    )

    assert list(answers.values()) == [0, 0, 0, 0, 0, errno.EBADF, errno.EFAULT, 0, errno.EFAULT]


@on_x86_64
@pytest.mark.parametrize("variant", REAL)
def test_other_entrances_are_closed(variant: str) -> None:
    """getpid by its x32 number and by interrupt 0x80. Docker kills; our own filter says that there is no such call."""
    student = (
        f"{INSIDE}\nimport json\ndef first():\n"
        "    return json.dumps([*sweep([(0x40000000 | 39, (0,) * 6)]), enter_as_32_bit(20)])\n"
    )
    outcome = Rig(VARIANTS[variant], Path()).run(student, questions={"first": 60.0})
    x32, interrupt = json.loads(outcome["first"].texts["value"])

    assert x32 in ([-1, errno.ENOSYS], None)
    assert interrupt in ([-errno.ENOSYS, 0], None)
    if VARIANTS[variant].in_bubblewrap:
        assert x32 == [-1, errno.ENOSYS]


@on_x86_64
@needs_bubblewrap
def test_the_filter_is_what_closes_the_32_bit_entrance() -> None:
    """Where the kernel has it, it works without the filter; else there is nothing to close."""
    free = run_plainly(None, "answer = enter_as_32_bit(20)")
    filtered = run_plainly(compile_filter(STRICT, MACHINE), "answer = enter_as_32_bit(20)")

    if free is not None:
        assert free[0] > 0
        assert filtered == [-errno.ENOSYS, 0]


HONEST = r"""
import asyncio, ctypes, fcntl, json, mmap, multiprocessing, os, pty, select, shutil, signal, socket, sqlite3
import subprocess, tempfile, threading, time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import shared_memory
from pathlib import Path

done = {}
def attempt(function):
    try:
        done[function.__name__] = repr(function())
    except BaseException as error:
        done[function.__name__] = f"{type(error).__name__}: {error}"

@attempt
def threads():
    with ThreadPoolExecutor(4) as pool:
        return sum(pool.map(abs, range(-9, 0)))
@attempt
def processes():
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
        return sum(pool.map(abs, range(-9, 0)))
@attempt
def spawned_pool():
    with multiprocessing.get_context("forkserver").Pool(1) as pool:
        return pool.apply(abs, (-45,))
@attempt
def shell():
    return subprocess.run("echo a | cat | tr a b; ls / > /dev/null", shell=True, capture_output=True, text=True).stdout
@attempt
def shared():
    block = shared_memory.SharedMemory(create=True, size=4096)
    block.buf[0] = 7; value = block.buf[0]; block.close(); block.unlink()
    return value
@attempt
def semaphores():
    lock = multiprocessing.Lock()
    with lock:
        return 1
@attempt
def database():
    with tempfile.TemporaryDirectory() as folder:
        with sqlite3.connect(f"{folder}/a.db") as connection:
            connection.execute("pragma journal_mode=wal")
            connection.execute("create table t (x)"); connection.execute("insert into t values (3)")
            return connection.execute("select sum(x) from t").fetchone()[0]
@attempt
def loop():
    async def main():
        process = await asyncio.create_subprocess_exec("echo", "hi", stdout=subprocess.PIPE)
        server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        await reader.read(); writer.close(); server.close()
        return (await process.communicate())[0]
    return asyncio.run(main())
@attempt
def memory_file():
    fd = os.memfd_create("m"); os.write(fd, b"x"); os.close(fd)
    os.eventfd(1)
    return len(mmap.mmap(-1, 4096))
@attempt
def fifo():
    os.mkfifo("/tmp/fifo"); os.unlink("/tmp/fifo")
@attempt
def copies():
    Path("/tmp/a").write_bytes(b"x" * 100_000); os.setxattr("/tmp/a", "user.x", b"1") if 0 else None
    shutil.copy2("/tmp/a", "/tmp/b"); os.utime("/tmp/b", (1, 1)); os.chmod("/tmp/b", 0o600); os.link("/tmp/b", "/tmp/c")
    fcntl.flock(os.open("/tmp/b", os.O_RDWR), fcntl.LOCK_EX); os.truncate("/tmp/b", 10)
    return os.stat("/tmp/c").st_size
@attempt
def terminal():
    pair = pty.openpty()
    return os.get_terminal_size(pair[1]).columns >= 0
@attempt
def alarms():
    signal.signal(signal.SIGALRM, lambda *_: None); signal.setitimer(signal.ITIMER_REAL, 0.05); signal.pause()
    return select.select([], [], [], 0.01)
@attempt
def scheduling():
    os.sched_setaffinity(0, os.sched_getaffinity(0)); os.nice(1)
    return os.cpu_count() > 0
@attempt
def handle():
    child = subprocess.Popen(["sleep", "60"]); fd = os.pidfd_open(child.pid)
    signal.pidfd_send_signal(fd, signal.SIGKILL); return child.wait()
@attempt
def nowhere():
    try:
        socket.create_connection(("192.0.2.1", 80), 1)
    except PermissionError:
        raise
    except OSError as error:
        return "unreachable"
@attempt
def interfaces():
    return [name for _, name in socket.if_nameindex()]
@attempt
def no_name():
    try:
        socket.getaddrinfo("example.org", 80)
    except socket.gaierror:
        return "no such name"
"""
HONEST_ANSWERS = {
    "threads": "45",
    "processes": "45",
    "spawned_pool": "45",
    "shell": "'b\\n'",
    "shared": "7",
    "semaphores": "1",
    "database": "3",
    "loop": "b'hi\\n'",
    "memory_file": "4096",
    "fifo": "None",
    "copies": "10",
    "terminal": "True",
    "alarms": "([], [], [])",
    "scheduling": "True",
    "handle": "-9",
    "nowhere": "'unreachable'",
    "interfaces": "['lo']",
    "no_name": "'no such name'",
}


@pytest.mark.parametrize("variant", REAL)
def test_honest_programs_notice_nothing(variant: str) -> None:
    """Threads, pools, shell commands, databases, event loops, shared memory, terminals, timers."""
    student = f"{HONEST}\ndef first():\n    return json.dumps(done)\n"
    outcome = Rig(VARIANTS[variant], Path()).run(student, questions={"first": 30.0})

    assert json.loads(outcome["first"].texts["value"]) == HONEST_ANSWERS


@needs_bubblewrap
def test_a_run_in_bubblewrap_has_one_filter() -> None:
    """The kernel says so of every process in it."""
    program = "send(17, open('/proc/self/status').read().encode())"
    (status,) = texts_of(BubblewrapSandbox(guest=TINY_GUEST).run(make_request(program)))

    assert "Seccomp:\t2\n" in status
    assert "Seccomp_filters:\t1\n" in status
    assert "NoNewPrivs:\t1\n" in status
