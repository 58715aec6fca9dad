"""Which memory the zygote puts into large pages, and that it really is in them afterwards."""

import mmap
from pathlib import Path

import pytest

from grader.guest.pages import LARGE_BYTES, MADV_COLLAPSE, list_own_memory, use_large_pages

MAPS = """\
55d0c0000000-55d0c0001000 r-xp 00000000 fe:00 1234                       /usr/bin/python3
55d0c1800000-55d0c2100000 rw-p 00000000 00:00 0                          [heap]
7f0000001000-7f0000802000 rw-p 00000000 00:00 0
7f0001000000-7f0001800000 rw-p 00001000 fe:00 99                         /usr/lib/libtorch.so
7f0002000000-7f0002800000 rw-s 00000000 00:01 7                          /dev/zero (deleted)
7f0003000000-7f0003100000 rw-p 00000000 00:00 0
7ffc00000000-7ffc00400000 rw-p 00000000 00:00 0                          [stack]
"""


def test_only_own_memory_is_taken_and_whole_pages_of_it() -> None:
    """No file's pages, nothing shared, no stack, and nothing smaller than a large page."""
    assert [(hex(start), length) for start, length in list_own_memory(MAPS)] == [
        ("0x55d0c1800000", 8 << 20),
        ("0x7f0000200000", 6 << 20),
    ]


def test_memory_is_in_large_pages_afterwards() -> None:
    """As the kernel itself counts them; the contents are what they were."""
    refuse_without(make_content())
    content = make_content()
    before = count_large_bytes()
    use_large_pages()

    assert count_large_bytes() >= before + 8 * LARGE_BYTES
    assert all(content[start] == start // 4096 % 251 for start in range(0, len(content), 4096))


def make_content() -> mmap.mmap:
    """32 MiB of our own, in small pages."""
    content = mmap.mmap(-1, 16 * LARGE_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for start in range(0, len(content), 4096):
        content[start] = start // 4096 % 251
    return content


def refuse_without(content: mmap.mmap) -> None:
    """Skip where the kernel has no large pages on request."""
    try:
        content.madvise(MADV_COLLAPSE, LARGE_BYTES, 8 * LARGE_BYTES)
    except OSError as error:
        pytest.skip(f"no large pages on request here (Linux before 6.1, or switched off): {error}")


def count_large_bytes() -> int:
    """This process's memory in large pages."""
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("AnonHugePages:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("the kernel doesn't count them")
