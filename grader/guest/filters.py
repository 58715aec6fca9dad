"""The run's own filter of system calls, put on by the run itself. The program comes from the host; here is no table.

A filter can't be taken off, and every program that is started from here on has it too. It comes on top of the filter
that the sandbox was started with: a call must be allowed by both.
"""

import ctypes
import errno
import os

__all__ = ["install_filter"]

_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_INSTRUCTION_BYTES = 8
_MOST_INSTRUCTIONS = 4096


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("count", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def install_filter(program: bytes) -> None:
    """Filter the system calls of this thread, and of all threads and processes that it starts.

    Args:
        program: an array of `struct sock_filter`.

    Raises:
        OSError: the kernel took no filter: EACCES without no_new_privs, EINVAL for a program that isn't one.
    """
    count, rest = divmod(len(program), _INSTRUCTION_BYTES)
    if rest or not 0 < count <= _MOST_INSTRUCTIONS:
        raise OSError(errno.EINVAL, f"a filter of {len(program)} bytes; it should be instructions of 8 bytes each")
    library = ctypes.CDLL(None, use_errno=True)
    handed = _Program(count, program)
    if library.prctl(_PR_SET_SECCOMP, ctypes.c_ulong(_SECCOMP_MODE_FILTER), ctypes.byref(handed)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"the filter of system calls can't be installed: {os.strerror(number)}")
