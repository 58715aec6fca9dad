"""Which file, cell and line of the submission a code object comes from."""

import contextlib
import linecache
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Source", "Sources", "refuse_null_bytes", "tell_too_deep"]


@dataclass(frozen=True)
class Source:
    """A file, or one cell of a notebook. `line_map[i]` is the line as written of the line i + 1 as run."""

    path: str
    lines: Sequence[str]
    cell: int | None = None
    cells: int | None = None
    line_map: Sequence[int] | None = None

    def line_as_written(self, line: int) -> int:
        """The line that the student sees."""
        if self.line_map and 1 <= line <= len(self.line_map):
            return self.line_map[line - 1]
        return line

    @property
    def begins(self) -> str | None:
        """How a cell begins, so that a person finds it."""
        if self.cell is None:
            return None
        return next((line.strip() for line in self.lines if line.strip()), "")


@dataclass
class Sources:
    """The sources by the file name in their code objects. `files` are the submission's, as they were handed in."""

    root: Path
    files: Mapping[str, bytes] = field(default_factory=dict)
    known: dict[str, Source] = field(default_factory=dict)
    probe: Source | None = None
    probe_filename: str = ""

    def add(self, filename: str, source: Source) -> None:
        """Let tracebacks through this code show its lines, Python's own included."""
        self.known[filename] = source
        text = [line + "\n" for line in source.lines]
        linecache.cache[filename] = (sum(map(len, text)), None, text, filename)

    def add_probe(self, filename: str, text: str) -> None:
        """The author's code: no student frame, but its lines can be shown."""
        self.probe_filename = filename
        self.probe = Source(path=filename, lines=text.splitlines())
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)

    def find(self, filename: str) -> Source | None:
        """The student's source of this name, another module of the submission included."""
        if filename in self.known:
            return self.known[filename]
        prefix = str(self.root) + os.sep
        if not filename.startswith(prefix):
            return None
        path = filename[len(prefix) :].replace(os.sep, "/")
        content = self.files.get(path)
        lines = content.decode("utf-8", "replace").splitlines() if content is not None else []
        self.known[filename] = Source(path=path, lines=lines)
        return self.known[filename]


def refuse_null_bytes(text: str, filename: str) -> None:
    """Python's own error for them names no file and no line.

    Raises:
        SyntaxError: there is one; with its place.
    """
    before, null, _after = text.partition("\0")
    if null:
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1)
        raise SyntaxError("source code can't contain null bytes", (filename, line, column + 1, None))


@contextlib.contextmanager
def tell_too_deep(filename: str) -> Iterator[None]:
    """Python's own errors for text that is nested too deeply to be read name no file either.

    Raises:
        SyntaxError: it is, or it is so long that no memory is left to read it.
    """
    try:
        yield
    except (RecursionError, MemoryError):
        message = "this is nested too deeply, or is too long, for Python to read it"
        raise SyntaxError(message, (filename, 1, None, None)) from None
