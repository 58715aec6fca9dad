"""Checkpoints come into the vault through a sandbox, and only whole and verified."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.errors import ProvisionError
from grader.evidence.model import Exit
from grader.weights import CATALOGUE, Entry, Vault, WeightsKind
from grader.weights.provision import fetch_weights, make_standin, take_file
from tests.weights.places import INTERPRETER, RESNET18, TENSORS, Answer, ProvisioningSandbox, publish, put_file, serve

CONTENT = b"the bytes of a checkpoint" * 1000


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "home")


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a checkpoint that a server on this machine publishes."""
    answers: dict[str, Answer] = {}
    with serve(answers) as url:
        checkpoint = publish(CONTENT, url=url)
        answers[f"/{checkpoint.file}"] = Answer(CONTENT)
        monkeypatch.setitem(CATALOGUE, checkpoint.name, checkpoint)
        yield checkpoint.name


def fetch(name: str, vault: Vault, sandbox: ProvisioningSandbox | None = None) -> Entry:
    """Fetch from the server on this machine."""
    sandbox = sandbox or ProvisioningSandbox()
    return fetch_weights(name, vault=vault, sandbox=sandbox, interpreter=INTERPRETER, schemes=("http",))


def test_a_fetched_checkpoint_is_digested_in_a_sandbox_and_kept(vault: Vault, published: str) -> None:
    """The sandbox sees the very bytes, under the path of the library; its digests are in the manifest."""
    sandbox = ProvisioningSandbox()
    entry = fetch(published, vault, sandbox)
    header = sandbox.seen[0].job.header

    assert entry.kind is WeightsKind.REAL and entry.tensors == TENSORS
    assert vault.path_of(published).read_bytes() == CONTENT
    assert sandbox.read == [CONTENT]
    assert header["role"] == "provision" and header["framework"] == "torch" and header["program"] is None
    assert header["values"]["provision"] == {
        "task": "digest",
        "name": published,
        "path": sandbox.seen[0].launch.mounts[0].target,
    }


def test_what_is_there_is_not_fetched_again(vault: Vault, published: str) -> None:
    """A second fetch asks neither the server nor a sandbox."""
    fetch(published, vault)
    idle = ProvisioningSandbox()
    entry = fetch(published, vault, idle)

    assert entry.kind is WeightsKind.REAL
    assert idle.seen == []


def test_a_damaged_file_is_fetched_again(vault: Vault, published: str) -> None:
    """`grade weights fetch` mends what `status` calls damaged."""
    entry = fetch(published, vault)
    entry.path.write_bytes(b"x")
    fetch(published, vault)

    assert vault.path_of(published).read_bytes() == CONTENT


def test_a_fetched_checkpoint_takes_a_stand_ins_place(vault: Vault, published: str) -> None:
    """A stand-in is no reason not to fetch."""
    make_standin(published, vault=vault, sandbox=ProvisioningSandbox(), interpreter=INTERPRETER)
    fetch(published, vault)

    assert vault.kinds([published]) == {published: WeightsKind.REAL}


def test_a_stand_in_is_the_file_that_the_sandbox_made(vault: Vault) -> None:
    """Its bytes come out of the sandbox and go to disk unread."""
    sandbox = ProvisioningSandbox()
    entry = make_standin(RESNET18, vault=vault, sandbox=sandbox, interpreter=INTERPRETER)

    assert entry.path.read_bytes() == sandbox.file
    assert entry.kind is WeightsKind.STANDIN and entry.tensors == TENSORS
    assert sandbox.seen[0].launch.mounts == ()
    assert sandbox.seen[0].job.header["values"]["provision"]["path"] is None


def test_a_large_stand_in_comes_in_pieces(vault: Vault) -> None:
    """What doesn't fit into one frame is put together again, in order, past the tenth piece too."""
    sandbox = ProvisioningSandbox(file=bytes(range(256)), piece_bytes=20)
    entry = make_standin(RESNET18, vault=vault, sandbox=sandbox, interpreter=INTERPRETER)

    assert entry.path.read_bytes() == sandbox.file


def test_a_run_that_leaves_no_file_is_refused(vault: Vault) -> None:
    """A stand-in without bytes isn't kept."""
    with pytest.raises(ProvisionError, match="the run left no file"):
        make_standin(RESNET18, vault=vault, sandbox=ProvisioningSandbox(file=b""), interpreter=INTERPRETER)


def test_a_stand_in_never_replaces_a_real_checkpoint(vault: Vault) -> None:
    """Asked for a stand-in where the real one is, the real one is what comes back, and nothing is made."""
    put_file(vault, RESNET18, WeightsKind.REAL, b"real")
    idle = ProvisioningSandbox()
    entry = make_standin(RESNET18, vault=vault, sandbox=idle, interpreter=INTERPRETER)

    assert entry.kind is WeightsKind.REAL
    assert idle.seen == []


def test_a_run_that_does_not_finish_keeps_nothing(vault: Vault) -> None:
    """A provisioning run that was killed is our fault, said as such, and leaves no entry."""
    sandbox = ProvisioningSandbox(exit=Exit.SIGNALLED)

    with pytest.raises(ProvisionError, match="its standin run ended as 'signalled'"):
        make_standin(RESNET18, vault=vault, sandbox=sandbox, interpreter=INTERPRETER)
    assert vault.find(RESNET18) is None


def test_a_checkpoint_without_tensors_is_refused(vault: Vault) -> None:
    """A file in which no tensor is found isn't kept: a check against it would pass anyone."""
    with pytest.raises(ProvisionError, match="no tensors were found"):
        make_standin(RESNET18, vault=vault, sandbox=ProvisioningSandbox(tensors={}), interpreter=INTERPRETER)


def test_a_file_brought_on_a_disk_is_verified(vault: Vault, tmp_path: Path, published: str) -> None:
    """Without a network the file can be taken from a disk, if it is the published one; the original stays."""
    brought = tmp_path / "brought.pth"
    brought.write_bytes(CONTENT)
    take_file(published, brought, vault=vault, sandbox=ProvisioningSandbox(), interpreter=INTERPRETER)

    assert vault.path_of(published).read_bytes() == CONTENT
    assert brought.is_file()


def test_another_file_brought_on_a_disk_is_refused(vault: Vault, tmp_path: Path) -> None:
    """Bytes that aren't the published ones get no further than the comparison."""
    brought = tmp_path / "brought.pth"
    brought.write_bytes(b"something else")
    idle = ProvisioningSandbox()

    with pytest.raises(ProvisionError, match="isn't the published file"):
        take_file(RESNET18, brought, vault=vault, sandbox=idle, interpreter=INTERPRETER)
    assert idle.seen == [] and vault.find(RESNET18) is None
