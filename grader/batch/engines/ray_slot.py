"""What stands on a node of a Ray cluster: one worker, which makes one run at a time, in a process of Ray's.

Everything that passes between a slot and the batch's own machine is bytes of `wire`, but for the opening: that is ours
alone, a class of the grader by its name and plain values. An exception crosses as text, and is built anew.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from platform import node as name_machine
from typing import Any

import ray

from grader import __version__
from grader.batch.engines.bundles import Bundle, find_unpacked, unpack_bundle
from grader.batch.engines.engine import OpenWorker, Worker, name_fault
from grader.batch.engines.place import Content
from grader.batch.engines.wire import pack_value, unpack_value
from grader.errors import (
    EvidenceError,
    GraderError,
    ProvisionError,
    SandboxError,
    SpecError,
    SubmissionError,
    UsageError,
)

__all__ = ["NodePlace", "Opening", "Reply", "SentError", "Slot"]

_ERRORS = {kind.__name__: kind for kind in (GraderError, UsageError, SpecError, ProvisionError, SandboxError)}


@dataclass(frozen=True, kw_only=True)
class SentError:
    """A GraderError, on its way."""

    kind: str
    message: str
    details: tuple[str, ...] = ()
    command: str | None = None
    code: str | None = None

    @classmethod
    def of(cls, error: GraderError) -> "SentError":
        """Take an error apart."""
        return cls(
            kind=type(error).__name__,
            message=error.message,
            details=tuple(error.details),
            command=error.command,
            code=getattr(error, "code", None),
        )

    def rebuild(self) -> GraderError:
        """The error again. One of a kind that isn't known here is ours."""
        if self.kind == SubmissionError.__name__:
            return SubmissionError(self.message, code=self.code or "", details=self.details)
        if self.kind == EvidenceError.__name__:
            return EvidenceError(self.message, code=self.code or "")
        return _ERRORS.get(self.kind, SandboxError)(self.message, details=self.details, command=self.command)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a slot says: where it is, and a packed result or an error; neither where it was opened."""

    node: str
    seconds: float = 0.0
    result: bytes | None = None
    error: SentError | None = None


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What a slot is opened with. `contents` maps digests to where Ray has the bytes; `home` None: the user's cache."""

    open_worker: OpenWorker[Any, Any]
    contents: Mapping[str, "ray.ObjectRef[Any]"] = field(repr=False)
    home: Path | None
    version: str


class NodePlace:
    """A node as a worker sees it.

    Raises:
        ProvisionError: there can't be a folder for what is kept here.
    """

    def __init__(self, node: str, opening: Opening) -> None:
        self.node = node
        home = opening.home or find_home()
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ProvisionError(f"node {node!r} can't make {str(home)!r}: {error.strerror or error}") from error
        self.home: Path | None = home
        self.gpus: tuple[str, ...] | None = tuple(ray.get_runtime_context().get_accelerator_ids().get("GPU", ()))
        self._contents = opening.contents
        self._cache = home / "contents"

    def find(self, content: Content) -> Path:
        """Where a content lies here; fetched where this node hasn't it yet.

        Raises:
            ProvisionError: it can't be had.
        """
        found = find_unpacked(content, self._cache)
        if found is not None:
            return found
        if content.digest not in self._contents:
            raise ProvisionError(f"a worker asked for {content.path.name!r}, which isn't among its contents")
        try:
            packed = memoryview(ray.get(self._contents[content.digest]))
        except ray.exceptions.RayError as error:
            raise ProvisionError(f"{content.path.name!r} can't be fetched", details=(str(error)[:300],)) from error
        return unpack_bundle(content, Bundle(digest=content.digest, packed=packed), self._cache)


def find_home() -> Path:
    """Where this node keeps things, if nobody says another place."""
    import platformdirs  # takes its time to ask the platform

    return platformdirs.user_cache_path("grader", appauthor=False) / "node"


class Slot:
    """The actor. `run` is called by one at a time; `close` may come meanwhile."""

    def __init__(self) -> None:
        self._worker: Worker[Any, Any] | None = None
        self._item_type: type[Any] = object
        self._node = f"{name_machine()}/{ray.get_runtime_context().get_node_id()[:8]}"

    def open(self, opening: Opening) -> bytes:
        """Open the worker: a packed `Reply`."""
        if opening.version != __version__:
            return self._refuse(
                ProvisionError(
                    f"node {self._node!r} has grader {__version__}; the batch was started by grader {opening.version}",
                    details=("Install the same version on every node.",),
                )
            )
        try:
            self._worker = opening.open_worker.open(NodePlace(self._node, opening))
            self._item_type = opening.open_worker.item_type
        except Exception as error:
            return self._refuse(error)
        return pack_value(Reply(node=self._node))

    def run(self, packed: bytes) -> bytes:
        """Make one run: a packed `Reply`."""
        started = time.monotonic()
        try:
            assert self._worker is not None, "a slot is opened before it is used"
            result = pack_value(self._worker(unpack_value(self._item_type, packed)))
        except Exception as error:
            return self._refuse(error, seconds=time.monotonic() - started)
        return pack_value(Reply(node=self._node, seconds=time.monotonic() - started, result=result))

    def close(self) -> None:
        """End the run that is going on, and everything else."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()

    def _refuse(self, error: Exception, *, seconds: float = 0.0) -> bytes:
        said = error if isinstance(error, GraderError) else name_fault(error)
        return pack_value(Reply(node=self._node, seconds=seconds, error=SentError.of(said)))
