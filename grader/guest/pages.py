"""Large pages for what forks share: of small ones there is an entry for each, and a fork and an exit visit them all.

Linux 6.1 and newer; elsewhere, and where large pages are switched off, nothing happens and forks take longer.
"""

import contextlib
import ctypes
import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["use_large_pages"]

LARGE_BYTES = 2 << 20
MADV_COLLAPSE = 25
OWN_MEMORY = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw-p 0+ \S+ 0\s*(?:\[heap\])?")


def use_large_pages() -> None:
    """Put this process's own memory, as it is now, into large pages as far as the kernel can."""
    with contextlib.suppress(OSError, AttributeError):
        advise = ctypes.CDLL(None).madvise
        for start, length in list_own_memory(Path("/proc/self/maps").read_text()):
            advise(ctypes.c_void_p(start), ctypes.c_size_t(length), MADV_COLLAPSE)


def list_own_memory(maps: str) -> Iterator[tuple[int, int]]:
    """Start and length of what of a process's anonymous memory can be large pages."""
    for line in maps.splitlines():
        if found := OWN_MEMORY.fullmatch(line):
            start = -(-int(found[1], 16) // LARGE_BYTES) * LARGE_BYTES
            end = int(found[2], 16) // LARGE_BYTES * LARGE_BYTES
            if start < end:
                yield start, end - start
