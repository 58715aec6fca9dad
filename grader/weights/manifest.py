"""What the vault writes down of a file: an entry, its manifest on disk. Read strictly; no checkpoint is opened."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from grader.durable import write_whole
from grader.errors import ProvisionError
from grader.weights.catalogue import Checkpoint

__all__ = ["Entry", "WeightsKind", "damaged", "describe", "read_manifest", "write_manifest"]

SHA256 = re.compile(r"[0-9a-f]{64}")


class WeightsKind(Enum):
    """What a file of the vault is."""

    REAL = "real"  # the published checkpoint
    STANDIN = "standin"  # made here, of the same names and shapes: for trying out and for tests


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One file of the vault and what its manifest says.

    `tensors` maps the digest of a tensor to how many of the checkpoint's tensors have it.
    """

    name: str
    kind: WeightsKind
    path: Path
    sha256: str
    size_bytes: int
    changed_ns: int
    tensors: Mapping[str, int] = field(repr=False)
    licence: str
    source: str


def describe(
    checkpoint: Checkpoint, kind: WeightsKind, path: Path, *, sha256: str, tensors: Mapping[str, int]
) -> Entry:
    """The entry of a file that lies in its place."""
    found = path.stat()
    real = kind is WeightsKind.REAL
    return Entry(
        name=checkpoint.name,
        kind=kind,
        path=path,
        sha256=sha256,
        size_bytes=found.st_size,
        changed_ns=found.st_mtime_ns,
        tensors=dict(tensors),
        licence=checkpoint.licence if real else "none: made on this machine",
        source=checkpoint.url if real else "grade weights standin",
    )


def write_manifest(path: Path, entry: Entry) -> None:
    """Write a manifest whole or not at all.

    Raises:
        OSError: the disk is full or can't be written.
    """
    content: dict[str, Any] = asdict(entry)
    content |= {"kind": entry.kind.value, "path": f"{entry.path.parent.name}/{entry.path.name}"}
    write_whole(path, json.dumps(content, indent=1, sort_keys=True, allow_nan=False).encode())


def read_manifest(text: str, checkpoint: Checkpoint, kind: WeightsKind, *, folder: Path) -> Entry:
    """A manifest's entry. Manifests are ours, but an older grader may have written them, or a person's hand.

    Raises:
        ProvisionError: it doesn't say what an entry needs.
    """
    try:
        content = json.loads(text)
        entry = Entry(
            name=checkpoint.name,
            kind=kind,
            path=folder / expect_path(content["path"], checkpoint),
            sha256=expect_digest(content["sha256"]),
            size_bytes=int(content["size_bytes"]),
            changed_ns=int(content["changed_ns"]),
            tensors={expect_digest(digest): int(count) for digest, count in content["tensors"].items()},
            licence=str(content["licence"]),
            source=str(content["source"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise damaged(checkpoint.name, kind, f"its manifest {folder / kind.value}.json can't be used") from error
    return entry


def expect_digest(value: object) -> str:
    """A SHA-256 in hexadecimal."""
    if not isinstance(value, str) or not SHA256.fullmatch(value):
        raise ValueError(value)
    return value


def expect_path(value: object, checkpoint: Checkpoint) -> Path:
    """The path of a checkpoint's file in its folder: one folder deep, under the library's name."""
    path = Path(str(value))
    if path.is_absolute() or len(path.parts) != 2 or ".." in path.parts or path.name != checkpoint.file:
        raise ValueError(value)
    return path


def damaged(name: str, kind: WeightsKind, reason: str) -> ProvisionError:
    """What to say about a file that isn't what it was."""
    verb = "fetch" if kind is WeightsKind.REAL else "standin"
    return ProvisionError(f"{name!r} is damaged in the vault: {reason}", command=f"grade weights {verb} {name}")
