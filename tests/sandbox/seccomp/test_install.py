"""A process that runs under the zygote's filter closes what is left open, by a second one that it installs itself."""

import ctypes
import errno
import os
from pathlib import Path

import pytest

from grader.guest import filters
from grader.guest.filters import install_filter
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.sandbox.seccomp import STRICT, ZYGOTE, compile_filter
from tests.contract.rig import VARIANTS, Rig
from tests.sandbox.seccomp.test_inside import HERE, MACHINE, REAL, expect, run_plainly

WARM = [name for name in REAL if "warm" in name]
SOURCE = Path(filters.__file__).read_text("utf-8")
NO_FLAGS, NEW_USER = 0, 0x1000_0000
ANOTHER_USER = 64999
PR_SET_NO_NEW_PRIVS = 38

needs_bubblewrap = pytest.mark.skipif(find_bubblewrap_trouble() is not None, reason="bubblewrap doesn't work here")


def install_apart(program: bytes, *, no_new_privs: bool) -> int:
    """The error number of installing a filter in a forked child that isn't root, 0 if it worked."""
    pid = os.fork()
    if pid == 0:
        number = 255
        try:
            if os.geteuid() == 0:
                os.setresuid(ANOTHER_USER, ANOTHER_USER, ANOTHER_USER)
            if no_new_privs:
                ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
            install_filter(program)
            number = 0
        except OSError as error:
            number = error.errno or 255
        finally:
            os._exit(number)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@needs_bubblewrap
def test_the_second_filter_closes_what_the_first_leaves_open() -> None:
    """Under ZYGOTE a process may unshare, mount and install filters; from then on it is as under STRICT alone."""
    calls = ["unshare", "setgroups", "sethostname", "capset", "seccomp", "umount2", "mount", "getpid", "socket"]
    requests = [(HERE[call], (NO_FLAGS, *(2**64 - 1,) * 5)) for call in calls]
    code = f"""
{SOURCE}
first = sweep({requests!r})
install_filter({compile_filter(STRICT, MACHINE)!r})
second = sweep({requests!r})
status = open("/proc/self/status").read()
answer = [first, second, status]
"""
    first, second, status = run_plainly(compile_filter(ZYGOTE, MACHINE), code)

    assert "Seccomp_filters:\t2\n" in status
    before = {call: answer[1] for call, answer in zip(calls, first, strict=True)}
    after = {call: answer[1] for call, answer in zip(calls, second, strict=True)}
    assert before["unshare"] == 0
    assert before["seccomp"] == errno.EINVAL
    assert before["capset"] in {errno.EFAULT, errno.EINVAL}
    assert before["mount"] == errno.EFAULT
    assert after == {
        call: expect(STRICT, HERE[call], (NO_FLAGS, *(2**64 - 1,) * 5)) for call in calls if call != "getpid"
    } | {"getpid": 0}


@needs_bubblewrap
def test_a_second_filter_of_the_same_changes_nothing_more() -> None:
    """STRICT under STRICT can't be installed at all: a run makes no rules for itself."""
    code = f"""
{SOURCE}
try:
    install_filter({compile_filter(STRICT, MACHINE)!r})
    answer = 0
except OSError as error:
    answer = error.errno
"""
    assert run_plainly(compile_filter(STRICT, MACHINE), code) == errno.EPERM


@needs_bubblewrap
@pytest.mark.parametrize("variant", WARM)
def test_a_forked_run_has_two_filters(variant: str) -> None:
    """The zygote's, and its own: as the kernel counts them, in a student's process."""
    student = "def first():\n    return open('/proc/self/status').read()\n"
    status = Rig(VARIANTS[variant], Path()).run(student, questions={"first": 20.0})["first"].texts["value"]

    assert "Seccomp:\t2\n" in status
    assert "Seccomp_filters:\t2\n" in status


@pytest.mark.parametrize("program", [b"", b"1234567", b"\0" * 8 * 5000, b"\xff" * 8])
def test_what_is_no_program_is_refused(program: bytes) -> None:
    """Empty, cut short, too long, or no instructions."""
    assert install_apart(program, no_new_privs=True) == errno.EINVAL


@pytest.mark.skipif("NoNewPrivs:\t0" not in Path("/proc/self/status").read_text(), reason="no_new_privs is set already")
def test_a_process_that_may_gain_rights_gets_no_filter() -> None:
    """The kernel demands no_new_privs, and we don't set it on the way: the sandbox should have."""
    program = compile_filter(STRICT, MACHINE)

    assert install_apart(program, no_new_privs=False) == errno.EACCES
    assert install_apart(program, no_new_privs=True) == 0
