"""The draws of an assignment with their data, each made once for a whole batch."""

import threading

from grader.draws import Data, Draw, Pick, load_data, name_pick
from grader.spec.model import Assignment

__all__ = ["DrawBook"]


class DrawBook:
    """Draws and their data by pick; made when first asked for, then kept. For several threads."""

    def __init__(self, assignment: Assignment, *, secret: bytes) -> None:
        self._assignment = assignment
        self._secret = secret
        self._lock = threading.Lock()
        self._draws: dict[Pick, Draw] = {}
        self._data: dict[str, Data] = {}  # by the draw's key, which names its variant too

    def draw(self, pick: Pick) -> Draw:
        """The draw that a pick names."""
        with self._lock:
            if pick not in self._draws:
                self._draws[pick] = name_pick(self._assignment, pick, secret=self._secret)
            return self._draws[pick]

    def data(self, pick: Pick) -> Data:
        """The data of the draw that a pick names.

        Raises:
            SpecError: the author's `data.py` can't make them.
        """
        return self.data_of(self.draw(pick))

    def data_of(self, draw: Draw) -> Data:
        """The data of a draw that was named elsewhere, by the secret of the batch's own machine. Raises as `data`."""
        with self._lock:
            if draw.key not in self._data:
                self._data[draw.key] = load_data(self._assignment, draw)
            return self._data[draw.key]
