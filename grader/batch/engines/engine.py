"""What a batch asks of whoever makes its runs, and what it gets back.

An engine knows items, answers and resources; nothing of courses or points. It opens a *worker* at each place where
runs are made and gives it items until there are none. Its promise: every item is answered once, in any order, or
`map` raises; and what `map` started has ended when its generator is closed.
"""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from grader.batch.engines.place import Content, Place
from grader.errors import GraderError, SandboxError

__all__ = ["Answer", "Engine", "ItemT", "Needs", "OpenWorker", "ResultT", "Worker", "name_fault"]

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")
ItemT_contra = TypeVar("ItemT_contra", contravariant=True)
ResultT_co = TypeVar("ResultT_co", covariant=True)


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What one run needs of a machine. `gpus` may be a fraction: so many runs then share one."""

    cpus: float = 1
    memory_bytes: int = 0
    gpus: float = 0


@dataclass(frozen=True, kw_only=True)
class Answer(Generic[ItemT, ResultT]):
    """What came of one item: a result, or an error that isn't the item's to mend. Exactly one of the two is None.

    `seconds` are those of the try that counts; `tries` tells how often the item was given out, more than once only
    where a node was lost.
    """

    item: ItemT
    result: ResultT | None = None
    error: GraderError | None = None
    node: str
    seconds: float
    tries: int = 1


class Worker(Protocol[ItemT_contra, ResultT_co]):
    """Lives where runs are made, and keeps there what they share: a sandbox with warm guests. For several threads."""

    def __call__(self, item: ItemT_contra, /) -> ResultT_co:
        """Make one run.

        Raises:
            GraderError: it couldn't be made: the item's answer. Anything else counts as a fault of the grader.
        """
        ...

    def close(self) -> None:
        """End everything, runs that are going on in other threads too; a call after that raises. Harmless again."""
        ...


class OpenWorker(Protocol[ItemT, ResultT_co]):
    """How a worker is opened: a frozen dataclass of plain values at the top of a module, for it travels to the nodes.

    Items and results travel as bytes, by `wire`: dataclasses of plain values, whose types are named here.
    """

    @property
    def item_type(self) -> type[ItemT]:
        """What an item is."""
        ...

    @property
    def result_type(self) -> type[ResultT_co]:
        """What a result is."""
        ...

    @property
    def contents(self) -> tuple[Content, ...]:
        """The files and folders that the worker asks its place for."""
        ...

    def open(self, place: Place) -> Worker[ItemT, ResultT_co]:
        """Open a worker. What it needs of the batch's own machine it asks `place` for, never a path of its own.

        Raises:
            GraderError: it can't be opened; the batch can't be made.
        """
        ...


class Engine(Protocol):
    """One way to make many runs."""

    @property
    def name(self) -> str:
        """ "local" or "ray"."""
        ...

    def map(
        self,
        open_worker: OpenWorker[ItemT, ResultT],
        items: Iterable[ItemT],
        *,
        needs: Needs,
        on_start: Callable[[ItemT, str], None] = ...,
    ) -> Generator[Answer[ItemT, ResultT], None, None]:
        """Answer every item once, as they end.

        Items are drawn in the thread that takes the answers, a few more than run at a time and no further; `on_start`
        is called in that thread too, with the item and its node. No worker is opened where there is no item.
        Closing the generator, or any exception in it, ends the runs that are going on.

        Raises:
            GraderError: a worker can't be opened, or the cluster isn't there.
        """
        ...


def name_fault(error: BaseException) -> SandboxError:
    """What to say of an exception that no part of the grader should have raised."""
    return SandboxError(
        "a fault of the grader, not of what was handed in",
        details=(f"{type(error).__name__}: {error}"[:500],),
    )
