"""A place where a worker is opened, and how it gets there what lies on the batch's own machine: by digest."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

__all__ = ["Content", "LocalPlace", "Place"]


@dataclass(frozen=True, kw_only=True)
class Content:
    """A file or a folder on the batch's own machine, named by what is in it: made by `bundles.name_folder` and
    `name_file`."""

    digest: str
    path: Path
    is_folder: bool


class Place(Protocol):
    """What a worker is told about where it is opened."""

    @property
    def node(self) -> str:
        """The machine's name, for the ledger."""
        ...

    @property
    def home(self) -> Path | None:
        """A folder on this node for what outlives a batch: its vault. None on the batch's own machine."""
        ...

    @property
    def gpus(self) -> tuple[str, ...] | None:
        """The graphics processors that runs made here may use: numbers or UUIDs; None: all of the machine's."""
        ...

    def find(self, content: Content) -> Path:
        """Where this content lies here. Nobody changes it there.

        Raises:
            ProvisionError: it can't be had.
        """
        ...


@dataclass(frozen=True)
class LocalPlace:
    """The batch's own machine: everything lies where it always did."""

    node: str = "local"
    home: Path | None = None
    gpus: tuple[str, ...] | None = None

    def find(self, content: Content) -> Path:
        """The path itself."""
        return content.path
