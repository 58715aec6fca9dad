"""A header: which of the columns a format needs are there, and where."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from grader.batch.roster.students import Students
from grader.batch.roster.table import Row, Table

__all__ = ["Columns", "Line", "fold_heading", "list_lines"]


@dataclass(frozen=True)
class Columns:
    """Where each column stands, by its heading in small letters."""

    places: dict[str, int]
    count: int

    def __contains__(self, heading: str) -> bool:
        return heading in self.places


@dataclass(frozen=True)
class Line:
    """One row with its headings: a cell of a column that isn't there is empty."""

    number: int
    cells: tuple[str, ...]
    columns: Columns

    def __getitem__(self, heading: str) -> str:
        place = self.columns.places.get(heading)
        return self.cells[place].strip() if place is not None and place < len(self.cells) else ""


def read_columns(header: Row, taken: Iterable[str], students: Students) -> Columns:
    """The columns of a header. One of `taken` that stands there twice is a fault: which is meant can't be known."""
    wanted = set(taken)
    places: dict[str, int] = {}
    for place, cell in enumerate(header.cells):
        heading = fold_heading(cell)
        if heading in places and heading in wanted:
            students.complain(header.line, f"the column {heading!r} stands there twice", "remove one of them")
        places.setdefault(heading, place)
    return Columns(places=places, count=len(header.cells))


def fold_heading(cell: str) -> str:
    """A heading in small letters, with single spaces."""
    return re.sub(r"\s+", " ", cell.strip()).casefold()


def list_lines(table: Table, taken: Iterable[str], students: Students) -> Iterator[Line]:
    """The rows below a header. One with more or fewer cells is a fault: which is whose can't be known."""
    columns = read_columns(table.header, taken, students)
    for row in table.rows:
        cells = row.cells
        if len(cells) != columns.count and (len(cells) < columns.count or any(cells[columns.count :])):
            message = f"{len(cells)} cells; the header has {columns.count}"
            students.complain(row.line, message, "a cell with a comma in it is written in quotes")
            continue
        yield Line(number=row.line, cells=cells, columns=columns)
