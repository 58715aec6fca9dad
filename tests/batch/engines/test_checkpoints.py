"""Weights that a node is brought."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from grader.batch.engines import Content
from grader.batch.engines.checkpoints import bring_checkpoints, list_checkpoints
from grader.errors import ProvisionError
from grader.weights import Vault, WeightsKind
from tests.weights.places import put_file

NAME = "torchvision/resnet18/IMAGENET1K_V1"


@dataclass
class Node:
    """A place that counts what it is asked for; everything lies where it always did."""

    node: str = "n"
    home: Path | None = None
    gpus: tuple[str, ...] | None = None
    asked: list[str] = field(default_factory=list)

    def find(self, content: Content) -> Path:
        """The path itself."""
        self.asked.append(content.digest)
        return content.path


def fill_vault(home: Path, content: bytes, kind: WeightsKind = WeightsKind.STANDIN) -> Vault:
    """A vault with one file that stands for a checkpoint: nothing here opens it."""
    vault = Vault(home)
    put_file(vault, NAME, kind, content)
    return vault


def test_a_checkpoint_is_brought_once(tmp_path: Path) -> None:
    """The node's vault then says the same of it as the batch's own; the next worker asks for nothing."""
    vault = fill_vault(tmp_path / "home", b"weights")
    sent, place = list_checkpoints(vault, [NAME]), Node()
    there = bring_checkpoints(sent, place, tmp_path / "node")
    bring_checkpoints(sent, place, tmp_path / "node")

    assert len(place.asked) == 1
    assert there.digests([NAME]) == vault.digests([NAME])
    assert there.checkpoints([NAME]) == vault.checkpoints([NAME])
    assert there.path_of(NAME).read_bytes() == b"weights"


def test_other_weights_are_replaced(tmp_path: Path) -> None:
    """A node that has a file of the same name and another content gets the batch's."""
    vault = fill_vault(tmp_path / "home", b"weights")
    fill_vault(tmp_path / "node", b"older")
    there = bring_checkpoints(list_checkpoints(vault, [NAME]), Node(), tmp_path / "node")

    assert there.digests([NAME]) == vault.digests([NAME])


def test_a_node_that_would_use_others_is_refused(tmp_path: Path) -> None:
    """A real checkpoint goes before a stand-in, so its marks would not be those of the batch's machine."""
    vault = fill_vault(tmp_path / "home", b"weights")
    fill_vault(tmp_path / "node", b"real", WeightsKind.REAL)

    with pytest.raises(ProvisionError, match="would use other weights"):
        bring_checkpoints(list_checkpoints(vault, [NAME]), Node(), tmp_path / "node")
