"""The engine of a cluster: runs on all nodes that Ray has, answers back to the one ledger.

Theory of operation
-------------------
For each run that the cluster can hold at a time there is a *slot*, an actor with the resources of one run: Ray's
scheduler finds it a node and keeps count. A slot opens its worker, then gets one item at a time. All else happens here,
in the thread that takes the answers: items are drawn, at most twice as many on the way as slots are wanted; each slot
that is free gets the next; what has come back is yielded, and the slots that it came from have their next item first.

An item belongs to a slot until its answer is here, in this process. Where the slot or its node is lost before that, or
the answer is lost with the node that held it, the slot is given up and the item goes to another one: so it is answered
once, whatever was done with it there. Three times; then the answer is an error, for it may be the item that ends nodes.
Slots that are lost are replaced while the cluster has room, and more are started when nodes come.

At the end each worker is closed, which ends its run, then the actors are killed. Where this process is killed, Ray ends
its actors, and a sandbox ends with the process that started it.
"""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, Generic

import numpy as np
import ray
from ray.exceptions import RayError, RayTaskError

from grader import __version__
from grader.batch.engines.bundles import pack_content
from grader.batch.engines.engine import Answer, ItemT, Needs, OpenWorker, ResultT, name_fault
from grader.batch.engines.ray_cluster import connect_cluster, count_places, describe_nodes, list_nodes
from grader.batch.engines.ray_slot import Opening, Reply, Slot
from grader.batch.engines.wire import pack_value, unpack_value
from grader.errors import ProvisionError, SandboxError
from grader.limits import GIB

__all__ = ["RayEngine"]

_MOST_TRIES = 3
_MOST_FAILED_OPENINGS = 5
_SECONDS_TO_JOIN = 30.0
_LOOK_SECONDS = 2.0  # between two looks at which nodes there are
_WAIT_SECONDS = 1.0
_SECONDS_TO_CLOSE = 3.0


class RayEngine:
    """Runs on a Ray cluster.

    Args:
        address: "host:port" of the cluster; None: the one that runs on this machine.
        jobs: how many runs at a time, whatever the cluster has now; None: as many as it holds.
        node_home: a folder on each node for what is kept there; None: the user's cache.
        patience_seconds: how long to go on without any node that has room.
    """

    name = "ray"

    def __init__(
        self,
        address: str | None = None,
        jobs: int | None = None,
        *,
        node_home: Path | None = None,
        patience_seconds: float = 300.0,
    ) -> None:
        self._address = address
        self._jobs = jobs
        self._node_home = node_home
        self._patience_seconds = patience_seconds

    def map(
        self,
        open_worker: OpenWorker[ItemT, ResultT],
        items: Iterable[ItemT],
        *,
        needs: Needs,
        on_start: Callable[[ItemT, str], None] = lambda item, node: None,
    ) -> Generator[Answer[ItemT, ResultT], None, None]:
        """Answer every item once, see `Engine.map`.

        Raises:
            ProvisionError: there is no cluster, or none of its nodes can hold a run.
            GraderError: a worker can't be opened.
        """
        drawn = iter(items)
        first = list(islice(drawn, 1))
        if not first:
            return
        with connect_cluster(self._address):
            if self._jobs is None:
                await_room(needs, seconds=min(self._patience_seconds, _SECONDS_TO_JOIN))
            opening = Opening(
                open_worker=open_worker,
                contents={content.digest: put_bytes(pack_content(content).packed) for content in open_worker.contents},
                home=self._node_home,
                version=__version__,
            )
            fleet: _Fleet[ItemT, ResultT] = _Fleet(opening, needs, self._jobs, self._patience_seconds)
            with closing(fleet):
                yield from fleet.answer(chain(first, drawn), on_start)


def await_room(needs: Needs, *, seconds: float) -> None:
    """Wait until there is a node that can hold a run: they may have been started together with the batch.

    Raises:
        ProvisionError: there is none.
    """
    until = time.monotonic() + seconds
    while not count_places(list_nodes(), needs):
        if time.monotonic() > until:
            gpus = f", {needs.gpus:g} graphics processors" if needs.gpus else ""
            raise ProvisionError(
                f"no node of the cluster holds a run: it needs {needs.cpus:g} processors, "
                f"{needs.memory_bytes / GIB:.1f} GiB{gpus}",
                details=describe_nodes(list_nodes()) or ("It has no nodes.",),
            )
        time.sleep(_WAIT_SECONDS)


def put_bytes(packed: bytes | memoryview) -> "ray.ObjectRef[Any]":
    """Have Ray keep bytes for its nodes: as an array, which they read where it lies."""
    return ray.put(np.frombuffer(packed, dtype=np.uint8))


@dataclass
class _Task(Generic[ItemT]):
    """An item on the way."""

    item: ItemT
    tries: int = 0


@dataclass
class _Held(Generic[ItemT]):
    """A slot, as it is seen from here: opening, free, or with a task."""

    actor: Any
    node: str | None = None  # None: not open yet
    task: _Task[ItemT] | None = None


class _Fleet(Generic[ItemT, ResultT]):
    """The slots of one call of `map`."""

    def __init__(self, opening: Opening, needs: Needs, jobs: int | None, patience_seconds: float) -> None:
        self._opening = ray.put(opening)
        self._result_type: type[ResultT] = opening.open_worker.result_type
        self._options = {
            "num_cpus": needs.cpus,
            "num_gpus": needs.gpus,
            "memory": needs.memory_bytes or None,
            "max_restarts": 0,
            "max_concurrency": 2,  # `close` comes while `run` is going on
            "scheduling_strategy": "SPREAD",
        }
        self._needs = needs
        self._jobs = jobs
        self._patience_seconds = patience_seconds
        self._wanted = 0
        self._looked_at = -_LOOK_SECONDS
        self._last_open = time.monotonic()
        self._failed_openings = 0  # in a row
        self._start_after = 0.0
        self._waiting: deque[_Task[ItemT]] = deque()
        self._free: list[_Held[ItemT]] = []
        self._pending: dict[Any, _Held[ItemT]] = {}  # by what it will answer with
        self._answers: deque[Answer[ItemT, ResultT]] = deque()

    def answer(
        self, items: Iterator[ItemT], on_start: Callable[[ItemT, str], None]
    ) -> Generator[Answer[ItemT, ResultT], None, None]:
        """Give items out, and yield what comes back."""
        while True:
            self._look()
            self._draw(items, on_start)
            if not self._count_on_the_way():
                return
            self._take(0 if self._answers else _WAIT_SECONDS)
            self._give_out(on_start)
            if self._answers:
                yield self._answers.popleft()

    def _count_on_the_way(self) -> int:
        return len(self._waiting) + sum(held.task is not None for held in self._pending.values()) + len(self._answers)

    # Slots

    def _look(self) -> None:
        """Now and then: how many slots are wanted, and whether there is hope."""
        now = time.monotonic()
        if now - self._looked_at < _LOOK_SECONDS:
            return
        self._looked_at = now
        self._wanted = self._jobs or count_places(list_nodes(), self._needs)
        if self._list_open():
            self._last_open = now
        elif now - self._last_open > self._patience_seconds:
            raise ProvisionError(
                f"for {self._patience_seconds:.0f} s no node of the cluster had room for a run",
                details=describe_nodes(list_nodes()) or ("It has no nodes.",),
            )

    def _start_slots(self) -> None:
        """Start slots, so many as are wanted and have something to do."""
        if time.monotonic() < self._start_after:
            return
        slots = len(self._free) + len(self._pending)
        for _ in range(min(self._wanted, self._count_on_the_way() - len(self._answers)) - slots):
            actor: Any = ray.remote(Slot).options(**self._options).remote()
            self._pending[actor.open.remote(self._opening)] = _Held(actor)

    # Items

    def _draw(self, items: Iterator[ItemT], on_start: Callable[[ItemT, str], None]) -> None:
        """Draw items; each is on its way before the next is drawn, for that may take its time."""
        for item in islice(items, max(0, 2 * max(self._wanted, 1) - self._count_on_the_way())):
            self._waiting.append(_Task(item))
            self._take(0)
            self._give_out(on_start)

    def _give_out(self, on_start: Callable[[ItemT, str], None]) -> None:
        """Give each free slot an item."""
        self._start_slots()
        while self._free and self._waiting:
            held, task = self._free.pop(), self._waiting.popleft()
            task.tries += 1
            held.task = task
            self._pending[held.actor.run.remote(pack_value(task.item))] = held
            on_start(task.item, held.node or "")

    # What comes back

    def _take(self, seconds: float) -> None:
        """Take all that has come back; wait so long for the first."""
        if not self._pending:
            time.sleep(seconds)
            return
        refs = list(self._pending)
        ready, _ = ray.wait(refs, num_returns=1, timeout=seconds)
        if ready:
            ready, _ = ray.wait(refs, num_returns=len(refs), timeout=0)
        for ref in ready:
            self._take_one(ref, self._pending.pop(ref))

    def _take_one(self, ref: Any, held: _Held[ItemT]) -> None:
        try:
            reply = unpack_value(Reply, ray.get(ref))
        except RayTaskError as error:
            self._take_fault(held, name_fault(error.cause or error))
        except SandboxError as error:
            self._take_fault(held, error)
        except RayError as error:
            self._lose(held, error)
        else:
            self._take_reply(held, reply)

    def _take_reply(self, held: _Held[ItemT], reply: Reply) -> None:
        task, held.task = held.task, None
        if task is None:
            if reply.error is not None:
                raise reply.error.rebuild()
            held.node, self._failed_openings = reply.node, 0
        else:
            self._answers.append(self._make_answer(task, reply))
        self._free.append(held)

    def _make_answer(self, task: _Task[ItemT], reply: Reply) -> Answer[ItemT, ResultT]:
        result, error = None, None if reply.error is None else reply.error.rebuild()
        if error is None:
            try:
                result = unpack_value(self._result_type, reply.result or b"")
            except SandboxError as damaged:
                error = damaged
        return Answer(
            item=task.item, result=result, error=error, node=reply.node, seconds=reply.seconds, tries=task.tries
        )

    def _take_fault(self, held: _Held[ItemT], fault: SandboxError) -> None:
        """Something in the slot went wrong that is no answer: the slot may be in any state."""
        task = self._drop(held)
        if task is None:
            raise fault
        self._answers.append(self._fail(task, held, fault))

    def _lose(self, held: _Held[ItemT], error: RayError) -> None:
        """The slot, its node, or what it answered is lost."""
        task = self._drop(held)
        said = " ".join(str(error).split())[:300]
        if task is None:
            self._lose_opening(said)
            return
        for other in [other for other in self._free if other.node == held.node]:
            self._free.remove(other)  # lost too, perhaps: an item must not spend its tries on them
            self._drop(other)
        if task.tries < _MOST_TRIES:
            self._waiting.appendleft(task)
        else:
            fault = SandboxError(f"the node that made the run was lost, {task.tries} times", details=(said,))
            self._answers.append(self._fail(task, held, fault))

    def _lose_opening(self, said: str) -> None:
        """A slot ended before it was open: once, and it was its node; always, and no node has what a slot needs."""
        self._failed_openings += 1
        self._start_after = time.monotonic() + min(30, self._failed_openings)
        if not self._list_open() and self._failed_openings > _MOST_FAILED_OPENINGS + self._wanted:
            raise ProvisionError(
                "no worker can be started on the cluster's nodes",
                details=(said, f"Every node needs grader {__version__}, in the Python that runs Ray there."),
            )

    def _list_open(self) -> list[_Held[ItemT]]:
        return [held for held in (*self._free, *self._pending.values()) if held.node is not None]

    def _fail(self, task: _Task[ItemT], held: _Held[ItemT], fault: SandboxError) -> Answer[ItemT, ResultT]:
        return Answer(item=task.item, error=fault, node=held.node or "", seconds=0.0, tries=task.tries)

    def _drop(self, held: _Held[ItemT]) -> _Task[ItemT] | None:
        """Give a slot up; the task that it had."""
        ray.kill(held.actor)
        task, held.task = held.task, None
        return task

    # The end

    def close(self) -> None:
        """End the runs, then the slots."""
        slots = [*self._free, *self._pending.values()]
        try:
            closed = [held.actor.close.remote() for held in self._list_open()]
            if closed:
                ray.wait(closed, num_returns=len(closed), timeout=_SECONDS_TO_CLOSE)
        finally:
            for held in slots:
                ray.kill(held.actor)
