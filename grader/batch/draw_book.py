"""The draws of an assignment with their data, each made once for a whole batch."""

import threading

from grader.draws import Data, Draw, load_data, name_draw
from grader.spec.model import Assignment

__all__ = ["DrawBook"]


class DrawBook:
    """Draws and their data by number; made when first asked for, then kept. For several threads."""

    def __init__(self, assignment: Assignment, *, secret: bytes) -> None:
        self._assignment = assignment
        self._secret = secret
        self._lock = threading.Lock()
        self._pages: dict[int, tuple[Draw, Data]] = {}

    def draw(self, number: int) -> Draw:
        """The draw of that number."""
        return self._open(number)[0]

    def data(self, number: int) -> Data:
        """The data of the draw of that number.

        Raises:
            SpecError: the author's `data.py` can't make them.
        """
        return self._open(number)[1]

    def data_of(self, draw: Draw) -> Data:
        """The data of a draw that was named elsewhere, by the secret of the batch's own machine. Raises as `data`."""
        with self._lock:
            if draw.number not in self._pages:
                self._pages[draw.number] = (draw, load_data(self._assignment, draw))
            return self._pages[draw.number][1]

    def _open(self, number: int) -> tuple[Draw, Data]:
        with self._lock:
            if number not in self._pages:
                draw = name_draw(self._assignment, number, secret=self._secret)
                self._pages[number] = (draw, load_data(self._assignment, draw))
            return self._pages[number]
