"""The engine of one machine: a worker, and threads that share it.

Theory of operation
-------------------
`map` is a generator. In the thread that takes its answers it draws items and puts them into a queue; threads take them
out, call the worker, and put into a second queue that they start and what came of it. No more items are on the way
than twice the threads: one for each to work on, and one to go on with while an answer is dealt with.

At the end, and where the generator is closed in the middle, the worker is closed first: that ends the runs, and so the
threads. The threads are daemons: a worker that doesn't end its runs can't keep the program from ending.
"""

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice
from typing import Generic

from grader.batch.engines.engine import Answer, ItemT, Needs, OpenWorker, ResultT, Worker, name_fault
from grader.batch.engines.place import LocalPlace
from grader.errors import GraderError

__all__ = ["LocalEngine"]

_SECONDS_TO_END = 5.0
_POLL_SECONDS = 1.0  # where a signal doesn't break a wait
_NODE = LocalPlace().node


@dataclass(frozen=True)
class _Started(Generic[ItemT]):
    """An item has been taken up."""

    item: ItemT


class LocalEngine:
    """Runs on this machine, so many at a time.

    Args:
        jobs: how many. Who chooses it knows the machine and what a run needs.
    """

    name = "local"

    def __init__(self, jobs: int) -> None:
        assert jobs > 0
        self._jobs = jobs

    def map(
        self,
        open_worker: OpenWorker[ItemT, ResultT],
        items: Iterable[ItemT],
        *,
        needs: Needs,
        on_start: Callable[[ItemT, str], None] = lambda item, node: None,
    ) -> Generator[Answer[ItemT, ResultT], None, None]:
        """Answer every item once, see `Engine.map`. `needs` went into the number of jobs."""
        drawn = iter(items)
        first = list(islice(drawn, 1))
        if not first:
            return
        crew = _Crew(open_worker.open(LocalPlace()), self._jobs)
        with closing(crew):
            yield from crew.answer(chain(first, drawn), on_start)


class _Crew(Generic[ItemT, ResultT]):
    """Threads that share one worker."""

    def __init__(self, worker: Worker[ItemT, ResultT], jobs: int) -> None:
        self._worker = worker
        self._most = 2 * jobs
        self._todo: queue.SimpleQueue[ItemT | None] = queue.SimpleQueue()
        self._told: queue.SimpleQueue[_Started[ItemT] | Answer[ItemT, ResultT]] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._threads = [threading.Thread(target=self._work, name=f"run-{n}", daemon=True) for n in range(jobs)]

    def answer(
        self, items: Iterator[ItemT], on_start: Callable[[ItemT, str], None]
    ) -> Generator[Answer[ItemT, ResultT], None, None]:
        """Give items out, and yield what comes back."""
        for thread in self._threads:
            thread.start()
        on_the_way = 0
        while True:
            for item in islice(items, self._most - on_the_way):
                self._todo.put(item)
                on_the_way += 1
            if not on_the_way:
                return
            answer = self._await_answer(on_start)
            on_the_way -= 1
            yield answer

    def _await_answer(self, on_start: Callable[[ItemT, str], None]) -> Answer[ItemT, ResultT]:
        while True:
            try:
                told = self._told.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            if isinstance(told, Answer):
                return told
            on_start(told.item, _NODE)

    def _work(self) -> None:
        """What each thread does. None is the sign to end."""
        while (item := self._todo.get()) is not None and not self._closed.is_set():
            self._told.put(_Started(item))
            self._told.put(make_answer(self._worker, item))

    def close(self) -> None:
        """End the runs, then the threads."""
        self._closed.set()
        for _ in self._threads:
            self._todo.put(None)
        try:
            self._worker.close()
        finally:
            until = time.monotonic() + _SECONDS_TO_END
            for thread in self._threads:
                if thread.ident is not None:
                    thread.join(max(0.0, until - time.monotonic()))


def make_answer(worker: Worker[ItemT, ResultT], item: ItemT) -> Answer[ItemT, ResultT]:
    """Call the worker; whatever it raises is the answer."""
    started = time.monotonic()
    try:
        result = worker(item)
    except GraderError as error:
        return Answer(item=item, error=error, node=_NODE, seconds=time.monotonic() - started)
    except BaseException as error:  # in a thread nobody else would hear of it, and the item would be lost
        return Answer(item=item, error=name_fault(error), node=_NODE, seconds=time.monotonic() - started)
    return Answer(item=item, result=result, node=_NODE, seconds=time.monotonic() - started)
