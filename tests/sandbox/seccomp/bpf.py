"""A tiny interpreter of seccomp's classic BPF, by the kernel's rules: an independent reader of compiled filters."""

import struct

__all__ = ["ALLOW", "MACHINE_CODES", "find_faults", "read_errno", "run_program"]

MACHINE_CODES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOW = 0x7FFF0000
KILLS = {0x00000000, 0x80000000}
MOST_INSTRUCTIONS = 4096

LOAD, AND, RETURN = 0x20, 0x54, 0x06
JUMP, EQUAL, GREATER, AT_LEAST, ANY_BIT = 0x05, 0x15, 0x25, 0x35, 0x45


def unpack(program: bytes) -> list[tuple[int, int, int, int]]:
    """The instructions: code, jump if true, jump if false, value."""
    return list(struct.iter_unpack("<HBBI", program))


def run_program(program: bytes, *, machine: int, number: int, arguments: tuple[int, ...]) -> int:
    """What the program returns for one system call; the arguments are six unsigned 64-bit numbers."""
    data = struct.pack("<iIQ6Q", number - (1 << 32) if number >> 31 else number, machine, 0x7000_1234_5678, *arguments)
    instructions = unpack(program)
    accumulator, place = 0, 0
    while True:
        code, if_true, if_false, value = instructions[place]
        place += 1
        if code == LOAD:
            (accumulator,) = struct.unpack_from("<I", data, value)
        elif code == AND:
            accumulator &= value
        elif code == RETURN:
            return value
        elif code == JUMP:
            place += value
        else:
            taken = {
                EQUAL: accumulator == value,
                GREATER: accumulator > value,
                AT_LEAST: accumulator >= value,
                ANY_BIT: accumulator & value != 0,
            }[code]
            place += if_true if taken else if_false


def read_errno(answer: int) -> int | None:
    """The error number of an answer: 0 for none, None for a kill."""
    if answer in KILLS:
        return None
    assert answer == ALLOW or answer >> 16 == 5, hex(answer)
    return 0 if answer == ALLOW else answer & 0xFFFF


def find_faults(program: bytes) -> list[str]:
    """What the kernel's own checker would refuse: it is asked for by `bwrap --seccomp` only once a run starts."""
    instructions = unpack(program)
    faults = [] if 0 < len(instructions) <= MOST_INSTRUCTIONS else [f"{len(instructions)} instructions"]
    for place, (code, if_true, if_false, value) in enumerate(instructions):
        left = len(instructions) - place - 1
        if code == LOAD and (value % 4 or value > 60):
            faults.append(f"{place}: loads {value}")
        if code == JUMP and value >= left:
            faults.append(f"{place}: jumps out")
        if code in {EQUAL, GREATER, AT_LEAST, ANY_BIT} and max(if_true, if_false) >= left:
            faults.append(f"{place}: jumps out")
        if code not in {LOAD, AND, RETURN, JUMP, EQUAL, GREATER, AT_LEAST, ANY_BIT}:
            faults.append(f"{place}: code {code:#x}")
    if not instructions or instructions[-1][0] != RETURN:
        faults.append("it has an open end")
    return faults
