"""A CSV file as hostile bytes: bounded front end to Python's reader. Rows come one by one, each with its line.

Theory of operation
-------------------
The reader of the standard library takes any number of columns and joins any number of lines between two quotes. So it
is fed line by line, and what one row may take of the file is counted where it asks for the next line. Each line is
decoded by itself, so that a byte which isn't UTF-8 is told with its line.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from grader.errors import Fault, SpecError
from grader.limits import KIB, MIB
from grader.spec.faults import make_plain

__all__ = ["MOST_BYTES", "Row", "Table", "open_table", "refuse_file"]

MOST_BYTES = 32 * MIB
MOST_ROWS = 200_000
MOST_COLUMNS = 500
MOST_CELL_CHARACTERS = 64 * KIB
MOST_ROW_BYTES = 512 * KIB
DELIMITERS = (",", ";", "\t")
WIDE_MARKS = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
SAVE_AGAIN = "save it again as CSV UTF-8"
KINDS = ((b"PK\x03\x04", "a spreadsheet or a zip"), (b"\xd0\xcf\x11\xe0", "an old spreadsheet"), (b"%PDF", "a PDF"))


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row, and the line on which it begins, counted from 1."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A file's header, and its other rows, which can be gone through once."""

    name: str
    header: Row
    rows: Iterator[Row]


def open_table(content: bytes, name: str) -> Table:
    """The table in a file's bytes. Of `,`, `;` and tab, the one that parts the header into the most columns is taken.

    Raises:
        SpecError: it is empty, no text, or too large. `rows` raises it as well, at the line where that is seen.
    """
    refuse_kind(content, name)
    content = content.removeprefix(BYTE_ORDER_MARK)
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")  # as some old programs end lines
    headers = (next(read_rows(content, name, delimiter), None) for delimiter in DELIMITERS)
    found = [(header, delimiter) for header, delimiter in zip(headers, DELIMITERS, strict=True) if header is not None]
    if not found:
        raise refuse_file(name, 1, "there is nothing in it", "a header and a line for each student are right")
    header, delimiter = max(found, key=lambda each: len(each[0].cells))
    rows = read_rows(content, name, delimiter)
    next(rows)
    return Table(name=name, header=header, rows=rows)


def refuse_kind(content: bytes, name: str) -> None:
    """Refuse what is too large, or plainly something else than text."""
    if len(content) > MOST_BYTES:
        raise refuse_file(name, 1, f"it is larger than {MOST_BYTES // MIB} MiB", "no roster is: is it the right file?")
    for mark, encoding in WIDE_MARKS:
        if content.startswith(mark):
            raise refuse_file(name, 1, f"it is {encoding}, not UTF-8", SAVE_AGAIN)
    for magic, kind in KINDS:
        if content.startswith(magic):
            raise refuse_file(name, 1, f"it is {kind}, not CSV", "export it as CSV UTF-8")


def read_rows(content: bytes, name: str, delimiter: str) -> Iterator[Row]:
    """The rows that aren't blank."""
    feed = Feed(content, name)
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    count = 0
    while True:
        line = feed.begin_row()
        try:
            cells = next(reader, None)
        except csv.Error as error:
            message = f"this can't be read as CSV: {make_plain(str(error))}"
            raise refuse_file(name, line, message, "is a quote missing? One within a cell is written twice") from None
        if cells is None:
            return
        is_blank = not any(cell and not cell.isspace() for cell in cells)
        count += not is_blank
        check_row(cells, count, name, line)
        if not is_blank:
            yield Row(line=line, cells=tuple(cells))


def check_row(cells: list[str], count: int, name: str, line: int) -> None:
    """Refuse a row that is too wide, a cell that is too long, and a row too many."""
    if len(cells) > MOST_COLUMNS:
        raise refuse_file(name, line, f"more than {MOST_COLUMNS} columns", "is it the right file?")
    if max(map(len, cells), default=0) > MOST_CELL_CHARACTERS:
        raise refuse_file(name, line, f"a cell of more than {MOST_CELL_CHARACTERS:,} characters", "is a quote missing?")
    if count > MOST_ROWS + 1:
        raise refuse_file(name, line, f"more than {MOST_ROWS:,} rows", "a roster has a line for each student")


class Feed:
    """A file's lines as text, for the reader. It knows where a row begins, and ends one that takes too much."""

    def __init__(self, content: bytes, name: str) -> None:
        self._file = io.BytesIO(content)
        self._name = name
        self._line = 0
        self._row_bytes = 0

    def begin_row(self) -> int:
        """The number of the line that comes next."""
        self._row_bytes = 0
        return self._line + 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(MOST_ROW_BYTES + 1)
        if not line:
            raise StopIteration
        self._line += 1
        self._row_bytes += len(line)
        if self._row_bytes > MOST_ROW_BYTES:
            self._refuse(f"a row of more than {MOST_ROW_BYTES // KIB} KiB", "is a quote missing, or is it no roster?")
        if b"\0" in line:
            self._refuse("a NUL: the file is UTF-16, or damaged", SAVE_AGAIN)
        if b"\r" in line[:-1].removesuffix(b"\r"):
            self._refuse("a carriage return within a line", SAVE_AGAIN)
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError as error:
            self._refuse(f"the byte 0x{line[error.start]:02X} isn't UTF-8", SAVE_AGAIN)

    def _refuse(self, message: str, suggestion: str) -> NoReturn:
        raise refuse_file(self._name, self._line, message, suggestion) from None


def refuse_file(name: str, line: int, message: str, suggestion: str) -> SpecError:
    """What to raise where nothing after a line can be read."""
    return SpecError(f"{name} can't be used", faults=(Fault(f"{name}, line {line}", message, suggestion),))
