"""Provisioning with a real guest: PyTorch makes a stand-in in a sandbox, and reads a checkpoint's tensors there."""

from pathlib import Path

import pytest

from grader.errors import ProvisionError
from grader.sandbox import find_interpreter
from grader.sandbox.process import ProcessSandbox
from grader.weights import Vault, WeightsKind, find_checkpoint
from grader.weights.provision import count_tensors, make_standin, run_provision
from tests.weights.places import RESNET18

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    """A vault with a stand-in for ResNet-18."""
    vault = Vault(tmp_path_factory.mktemp("home"))
    make_standin(RESNET18, vault=vault, sandbox=ProcessSandbox(), interpreter=find_interpreter("torch"))
    return vault


def test_a_stand_in_has_the_checkpoints_size_and_tensors(vault: Vault) -> None:
    """122 tensors as ResNet-18 has, in a file of PyTorch's own format."""
    entry = vault.find(RESNET18)

    assert entry is not None and entry.kind is WeightsKind.STANDIN
    assert sum(entry.tensors.values()) == 122
    assert abs(entry.size_bytes - find_checkpoint(RESNET18).about_bytes) < 1_000_000
    assert entry.path.read_bytes()[:2] == b"PK"


def test_a_stand_in_is_the_same_every_time(vault: Vault, tmp_path: Path) -> None:
    """Its tensors are computed from a fixed seed."""
    again = Vault(tmp_path)
    make_standin(RESNET18, vault=again, sandbox=ProcessSandbox(), interpreter=find_interpreter("torch"))

    assert again.checkpoints([RESNET18]) == vault.checkpoints([RESNET18])


def test_a_files_tensors_are_digested_as_those_of_the_stand_in(vault: Vault) -> None:
    """Read back in another run, the file holds the very tensors that were recorded when it was made."""
    checkpoint = find_checkpoint(RESNET18)
    found = run_provision(
        "digest",
        checkpoint,
        file=vault.path_of(RESNET18),
        sandbox=ProcessSandbox(),
        interpreter=find_interpreter("torch"),
    )

    assert count_tensors(found, checkpoint) == vault.checkpoints([RESNET18])[RESNET18]


def test_a_file_that_is_no_checkpoint_is_said(tmp_path: Path) -> None:
    """Bytes that PyTorch can't read end as our fault, with what it said."""
    file = tmp_path / "resnet18-f37072fd.pth"
    file.write_bytes(b"<html>404</html>")

    with pytest.raises(ProvisionError, match="can't be provisioned"):
        run_provision(
            "digest",
            find_checkpoint(RESNET18),
            file=file,
            sandbox=ProcessSandbox(),
            interpreter=find_interpreter("torch"),
        )
