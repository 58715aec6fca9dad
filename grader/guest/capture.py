"""A question's printed output: its head and its tail are kept, what lies between is counted and dropped."""

from collections.abc import Callable

__all__ = ["START_MARK", "Capture", "MarkedOutput"]

START_MARK = b"\0GRD1 student\n"
"""What a started loader prints between the imports of ours and the student's code, so that the two aren't mixed up."""


class Capture:
    """Takes any number of bytes and holds at most `most_bytes` of them."""

    def __init__(self, most_bytes: int, head: bytes = b"") -> None:
        self.head_bytes = most_bytes // 2
        self.tail_bytes = most_bytes - self.head_bytes
        self.head = bytearray()
        self.tail = bytearray()
        self.total_bytes = 0
        self.take(head)

    def take(self, content: bytes) -> None:
        """Keep what fits, count everything."""
        self.total_bytes += len(content)
        room = self.head_bytes - len(self.head)
        if room > 0:
            self.head += content[:room]
            content = content[room:]
        self.tail += content[-self.tail_bytes :] if self.tail_bytes else b""
        if len(self.tail) > 2 * self.tail_bytes:  # trimmed now and then, not at each read
            del self.tail[: len(self.tail) - self.tail_bytes]

    def text(self) -> str:
        """The output as text, with a marker where some was dropped."""
        tail = bytes(self.tail[-self.tail_bytes :]) if self.tail_bytes else b""
        dropped = self.total_bytes - len(self.head) - len(tail)
        if not dropped:
            return (bytes(self.head) + tail).decode("utf-8", "replace")
        marker = f"\n[… {dropped:,} bytes of output left out …]\n"
        return self.head.decode("utf-8", "replace") + marker + tail.decode("utf-8", "replace")


class MarkedOutput:
    """Divides a stream at the first START_MARK, however it's cut."""

    def __init__(self, before: Callable[[bytes], None], after: Callable[[bytes], None]) -> None:
        self.before = before
        self.after = after
        self.held = b""
        self.seen = False

    def take(self, content: bytes) -> None:
        """Hand on some bytes to the side where they belong."""
        if self.seen:
            self.after(content)
            return
        ours, mark, students = (self.held + content).partition(START_MARK)
        if mark:
            self.seen, self.held = True, b""
            self.before(ours)
            self.after(students)
            return
        keep = max(0, len(ours) - len(START_MARK) + 1)  # the rest may be the beginning of the mark
        self.before(ours[:keep])
        self.held = ours[keep:]

    def end(self) -> None:
        """The stream has ended; what was held was no mark."""
        self.before(self.held)
        self.held = b""
