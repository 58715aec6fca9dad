"""Weights on a node: what the vault of the batch's own machine has, brought into the node's where it lacks them."""

import contextlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.batch.engines.bundles import name_file
from grader.batch.engines.place import Content, Place
from grader.errors import ProvisionError
from grader.weights.manifest import WeightsKind
from grader.weights.vault import Vault

__all__ = ["SentCheckpoint", "bring_checkpoints", "list_checkpoints"]


@dataclass(frozen=True, kw_only=True)
class SentCheckpoint:
    """One checkpoint as a node is told about it."""

    name: str
    kind: WeightsKind
    sha256: str
    tensors: Mapping[str, int] = field(repr=False)
    content: Content


def list_checkpoints(vault: Vault, names: Sequence[str]) -> tuple[SentCheckpoint, ...]:
    """The checkpoints of a vault that runs would use. Raises as `Vault.require` does."""
    return tuple(
        SentCheckpoint(
            name=entry.name,
            kind=entry.kind,
            sha256=entry.sha256,
            tensors=dict(entry.tensors),
            content=name_file(entry.path, sha256=entry.sha256),
        )
        for entry in vault.require(names)
    )


def bring_checkpoints(checkpoints: Sequence[SentCheckpoint], place: Place, home: Path) -> Vault:
    """A vault at `home` that uses exactly these checkpoints.

    Raises:
        ProvisionError: one can't be had or kept, or a real checkpoint would be used there in place of a stand-in.
    """
    vault = Vault(home)
    for checkpoint in checkpoints:
        entry = vault.find_whole(checkpoint.name, checkpoint.kind)
        if entry is None or entry.sha256 != checkpoint.sha256:
            keep_checkpoint(checkpoint, place.find(checkpoint.content), vault)
    used = {entry.name: entry.sha256 for entry in vault.require([checkpoint.name for checkpoint in checkpoints])}
    for checkpoint in checkpoints:
        if used[checkpoint.name] != checkpoint.sha256:
            raise ProvisionError(
                f"node {place.node!r} would use other weights of {checkpoint.name!r} than the batch's own machine",
                details=(f"Its vault is {vault.folder}; the batch uses the {checkpoint.kind.value} ones.",),
            )
    return vault


def keep_checkpoint(checkpoint: SentCheckpoint, file: Path, vault: Vault) -> None:
    """Put a checkpoint's file into a vault: as a second name of the same file where the disk can do that.

    Raises:
        ProvisionError: the disk is full or can't be written.
    """
    with vault.open_workplace(checkpoint.name) as folder:
        target = folder / file.name
        try:
            with contextlib.suppress(OSError):
                target.hardlink_to(file)
            if not target.exists():
                shutil.copyfile(file, target)
        except OSError as error:
            raise ProvisionError(f"{checkpoint.name!r} can't be kept in {vault.folder}: {error.strerror}") from error
        vault.keep(checkpoint.name, checkpoint.kind, target, tensors=checkpoint.tensors)
