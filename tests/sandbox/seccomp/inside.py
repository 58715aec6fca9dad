"""Makes raw system calls inside a sandbox. It is read as text there and stands alone; outside, nothing of it is run."""

import ctypes
import mmap
import os
import select
import struct
from collections.abc import Callable, Sequence
from functools import partial

ANSWER = struct.Struct("qi")
SECONDS = 15.0  # against hanging
SYSCALL = ctypes.CDLL(None, use_errno=True).syscall
SYSCALL.restype = ctypes.c_long


def call(number: int, arguments: Sequence[int]) -> tuple[int, int]:
    """One system call: what it returned, and the error number."""
    ctypes.set_errno(0)
    result = SYSCALL(ctypes.c_long(number), *(ctypes.c_ulong(argument) for argument in arguments))
    return result, ctypes.get_errno()


def try_apart(attempt: Callable[[], tuple[int, int]]) -> list[int] | None:
    """Make a call in a forked child, which may crash, hang, exit or fork by it; None if no answer comes."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(write, ANSWER.pack(*attempt()))
        os._exit(0)
    os.close(write)
    answer = os.read(read, ANSWER.size) if select.select([read], [], [], SECONDS)[0] else b""
    os.close(read)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    return list(ANSWER.unpack(answer)) if answer else None


def sweep(requests: Sequence[tuple[int, Sequence[int]]]) -> list[list[int] | None]:
    """Make many calls, each in a process of its own."""
    return [try_apart(partial(call, number, arguments)) for number, arguments in requests]


def enter_as_32_bit(number: int) -> list[int] | None:
    """Make a call of 32-bit x86, without arguments, by interrupt 0x80: minus the error number, or the result."""
    code = b"\xb8" + struct.pack("<I", number) + b"\xcd\x80\xc3"  # mov eax, number; int 0x80; ret

    def enter() -> tuple[int, int]:
        area = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        area.write(code)
        address = ctypes.addressof(ctypes.c_char.from_buffer(area))
        return int(ctypes.CFUNCTYPE(ctypes.c_int)(address)()), 0

    return try_apart(enter)
