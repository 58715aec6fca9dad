"""The vault keeps whole files, tells real ones from stand-ins, and notices a damaged one."""

import json
import os
import shutil
import threading
from pathlib import Path

import pytest

from grader.errors import ProvisionError, UsageError
from grader.weights import CATALOGUE, State, Vault, WeightsKind
from tests.weights.places import MOBILENET, RESNET18, RESNET50, TENSORS, put_file


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "home")


def test_a_kept_file_is_found_with_what_is_known_of_it(vault: Vault) -> None:
    """What `keep` took comes back: bytes, kind, tensors, licence and source."""
    put_file(vault, RESNET18, WeightsKind.REAL, b"checkpoint")
    found = vault.find(RESNET18)

    assert found is not None
    assert found.path.name == "resnet18-f37072fd.pth"
    assert found.path.read_bytes() == b"checkpoint"
    assert found.kind is WeightsKind.REAL
    assert found.tensors == TENSORS
    assert found.licence == "BSD-3-Clause"
    assert found.source == "https://download.pytorch.org/models/resnet18-f37072fd.pth"
    assert vault.path_of(RESNET18) == found.path
    assert vault.checkpoints([RESNET18]) == {RESNET18: TENSORS}


def test_an_empty_vault_says_what_to_run(vault: Vault) -> None:
    """A missing checkpoint is named with its size, source and licence, and both ways to get it."""
    with pytest.raises(ProvisionError) as caught:
        vault.mounts([RESNET18], needed_by="hw1")

    assert caught.value.message == "hw1 needs ResNet-18's weights (45 MB), and they aren't on this machine"
    assert caught.value.details == (
        "torchvision/resnet18/IMAGENET1K_V1 from download.pytorch.org (BSD-3-Clause)",
        "Get them once:                  grade weights fetch hw1",
        "No network? A stand-in (scores are marked as such, never post them):",
        "                                grade weights standin hw1",
    )


def test_all_missing_checkpoints_are_named_at_once(vault: Vault) -> None:
    """Two missing ones are two lines, not two tries."""
    with pytest.raises(ProvisionError) as caught:
        vault.require([RESNET18, RESNET50])

    assert "2 checkpoints (142 MB)" in caught.value.message
    assert [line.split(" from ")[0] for line in caught.value.details[:2]] == [RESNET18, RESNET50]


def test_an_unknown_name_gets_a_suggestion(vault: Vault) -> None:
    """A misspelt name is refused with the one that it is close to."""
    with pytest.raises(UsageError, match="no checkpoint 'torchvision/resnet18/IMAGENET1K_V2' is known") as caught:
        vault.find("torchvision/resnet18/IMAGENET1K_V2")

    assert RESNET18 in caught.value.details[0]


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "", "torchvision/resnet18"])
def test_a_name_is_never_a_path(vault: Vault, name: str) -> None:
    """Only names of the catalogue reach the disk."""
    with pytest.raises(UsageError):
        vault.find(name)
    with pytest.raises(UsageError), vault.open_workplace(name):
        pass


def test_mounts_stand_where_the_libraries_look(vault: Vault) -> None:
    """torchvision's file is under TORCH_HOME, Keras' under KERAS_HOME, and the paths inside say so."""
    torch = put_file(vault, RESNET18, WeightsKind.STANDIN, b"torch")
    keras = put_file(vault, MOBILENET, WeightsKind.STANDIN, b"keras")
    names = [RESNET18, MOBILENET]
    keras_file = "/weights/keras/models/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_96_no_top.h5"

    assert [(m.source, m.target) for m in vault.mounts(names)] == [
        (torch.path, "/weights/torch/hub/checkpoints/resnet18-f37072fd.pth"),
        (keras.path, keras_file),
    ]
    assert vault.environment(names) == {"TORCH_HOME": "/weights/torch", "KERAS_HOME": "/weights/keras"}
    assert vault.environment([RESNET18]) == {"TORCH_HOME": "/weights/torch"}
    assert vault.inside(names)[MOBILENET] == keras_file
    assert vault.mounts([]) == () and vault.environment([]) == {}


@pytest.mark.parametrize("order", [(WeightsKind.REAL, WeightsKind.STANDIN), (WeightsKind.STANDIN, WeightsKind.REAL)])
def test_the_real_checkpoint_is_taken_before_a_stand_in(vault: Vault, order: tuple[WeightsKind, ...]) -> None:
    """Whatever came last, a stand-in never takes the place of a real checkpoint, and a real one takes a stand-in's."""
    for kind in order:
        put_file(vault, RESNET18, kind, kind.value.encode())

    assert vault.kinds([RESNET18]) == {RESNET18: WeightsKind.REAL}
    assert vault.path_of(RESNET18).read_bytes() == b"real"


def test_a_stand_in_is_marked_and_has_no_publisher(vault: Vault) -> None:
    """A stand-in's entry names neither the licence nor the address of the real checkpoint."""
    entry = put_file(vault, RESNET18, WeightsKind.STANDIN, b"stand-in")

    assert vault.kinds([RESNET18]) == {RESNET18: WeightsKind.STANDIN}
    assert "BSD" not in entry.licence and "pytorch.org" not in entry.source


def test_digests_tell_other_bytes_and_other_kinds_apart(vault: Vault, tmp_path: Path) -> None:
    """Evidence made with other weights can be recognised by their digests."""
    put_file(vault, RESNET18, WeightsKind.STANDIN, b"the same")
    other = Vault(tmp_path / "other")
    put_file(other, RESNET18, WeightsKind.REAL, b"the same")

    assert vault.digests([RESNET18]) != other.digests([RESNET18])
    assert vault.digests([RESNET18]) == Vault(tmp_path / "home").digests([RESNET18])


def test_a_changed_file_is_damaged(vault: Vault) -> None:
    """Bytes that were changed after they were kept are noticed at the next use, with what to run."""
    entry = put_file(vault, RESNET18, WeightsKind.REAL, b"checkpoint")
    entry.path.write_bytes(b"chequpoint")
    os.utime(entry.path, ns=(1, 1))

    with pytest.raises(ProvisionError, match="is damaged in the vault") as caught:
        vault.mounts([RESNET18])
    assert caught.value.command == f"grade weights fetch {RESNET18}"
    assert vault.list_status([RESNET18])[0].state is State.DAMAGED


def test_a_missing_file_is_damaged_and_no_stand_in_takes_its_place(vault: Vault) -> None:
    """A lost file of a real checkpoint is said, although there is a stand-in."""
    put_file(vault, RESNET18, WeightsKind.STANDIN, b"stand-in")
    entry = put_file(vault, RESNET18, WeightsKind.REAL, b"checkpoint")
    entry.path.unlink()

    with pytest.raises(ProvisionError, match="No such file"):
        vault.find(RESNET18)


def test_a_change_that_hides_its_time_is_found_by_verify(vault: Vault) -> None:
    """Size and time are compared at each use; the digest on request."""
    entry = put_file(vault, RESNET18, WeightsKind.REAL, b"checkpoint")
    entry.path.write_bytes(b"chequpoint")
    os.utime(entry.path, ns=(entry.changed_ns, entry.changed_ns))

    assert vault.list_status([RESNET18])[0].state is State.READY
    assert vault.list_status([RESNET18], verify=True)[0].state is State.DAMAGED
    assert vault.find_whole(RESNET18, WeightsKind.REAL) is None


def test_a_copied_home_is_used_as_it_is(vault: Vault, tmp_path: Path) -> None:
    """A copy has other times; its digest decides, once: the manifest then has the new time."""
    put_file(vault, RESNET18, WeightsKind.REAL, b"checkpoint")
    shutil.copytree(tmp_path / "home", tmp_path / "copy", copy_function=shutil.copyfile)
    copied = Vault(tmp_path / "copy")
    path = copied.path_of(RESNET18)
    manifest = json.loads(copied.manifest_path(RESNET18, WeightsKind.REAL).read_text())

    assert path.read_bytes() == b"checkpoint"
    assert manifest["changed_ns"] == path.stat().st_mtime_ns


@pytest.mark.parametrize(
    "change",
    [
        {"path": "/etc/passwd"},
        {"path": "../../x/resnet18-f37072fd.pth"},
        {"path": "real-0/other.pth"},
        {"sha256": "short"},
        {"tensors": {"x": 1}},
        {"tensors": None},
        {"size_bytes": "many"},
    ],
)
def test_a_manifest_that_says_something_else_is_damaged(vault: Vault, change: dict[str, object]) -> None:
    """A manifest is read strictly: no path out of its folder, no digest that isn't one."""
    put_file(vault, RESNET18, WeightsKind.STANDIN, b"stand-in")
    manifest = vault.manifest_path(RESNET18, WeightsKind.STANDIN)
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), **change}))

    with pytest.raises(ProvisionError, match="its manifest"):
        vault.find(RESNET18)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"path": 3}'])
def test_a_broken_manifest_is_damaged(vault: Vault, text: str) -> None:
    """Half a manifest is said, not a traceback."""
    put_file(vault, RESNET18, WeightsKind.STANDIN, b"stand-in")
    vault.manifest_path(RESNET18, WeightsKind.STANDIN).write_text(text)

    with pytest.raises(ProvisionError, match="its manifest"):
        vault.find(RESNET18)


def test_keeping_again_mends_a_damaged_file(vault: Vault) -> None:
    """The same content goes to the same place, over the damaged file."""
    entry = put_file(vault, RESNET18, WeightsKind.REAL, b"checkpoint")
    entry.path.write_bytes(b"x")
    put_file(vault, RESNET18, WeightsKind.REAL, b"checkpoint")

    assert vault.path_of(RESNET18).read_bytes() == b"checkpoint"


def test_a_workplace_leaves_nothing(vault: Vault) -> None:
    """An error while a file is got ready leaves neither an entry nor a temporary folder."""
    with pytest.raises(ZeroDivisionError), vault.open_workplace(RESNET18) as folder:
        (folder / "half").write_bytes(b"x")
        raise ZeroDivisionError

    assert vault.find(RESNET18) is None
    assert list(vault.entry_folder(RESNET18).iterdir()) == []


def test_what_a_killed_grader_left_is_removed_after_a_day(vault: Vault) -> None:
    """An old workplace goes when the next one is opened; a fresh one, which somebody may be using, stays."""
    parent = vault.entry_folder(RESNET18)
    for name in (".part-old", ".part-fresh"):
        (parent / name).mkdir(parents=True)
    os.utime(parent / ".part-old", (0, 0))
    with vault.open_workplace(RESNET18):
        pass

    assert [path.name for path in parent.iterdir()] == [".part-fresh"]


def test_two_graders_at_once_keep_one_whole_file(vault: Vault) -> None:
    """Many that provision the same weights at the same moment: each succeeds, and one entry is there in the end."""
    faults: list[BaseException] = []
    start = threading.Barrier(8)

    def provision() -> None:
        try:
            start.wait()
            put_file(vault, RESNET18, WeightsKind.STANDIN, b"x" * 100_000)
            assert vault.path_of(RESNET18).stat().st_size == 100_000
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=provision) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = sorted(path.name for path in vault.entry_folder(RESNET18).iterdir())

    assert faults == []
    assert len(names) == 2 and names[0].startswith("standin-") and names[1] == "standin.json"
    assert vault.find_whole(RESNET18, WeightsKind.STANDIN) is not None


def test_a_workplace_that_goes_while_it_is_looked_at_is_no_fault(vault: Vault) -> None:
    """Another grader that provisions the same weights finishes at any moment: what was listed isn't there any more."""
    parent = vault.entry_folder(RESNET18)
    parent.mkdir(parents=True)
    (parent / ".part-finished").symlink_to(parent / "gone")

    with vault.open_workplace(RESNET18) as folder:
        assert folder.is_dir()


def test_a_kept_file_can_be_read_by_another_user(vault: Vault) -> None:
    """A sandbox runs as a user of its own."""
    entry = put_file(vault, RESNET18, WeightsKind.REAL, b"checkpoint")

    assert entry.path.stat().st_mode & 0o777 == 0o644
    assert entry.path.parent.stat().st_mode & 0o777 == 0o755


def test_a_folder_that_cannot_be_made_is_our_fault(tmp_path: Path) -> None:
    """A home that is a file gives one line, not a traceback."""
    (tmp_path / "home").write_text("")

    with (
        pytest.raises(ProvisionError, match="the vault can't be written"),
        Vault(tmp_path / "home").open_workplace(RESNET18),
    ):
        pass


def test_status_lists_every_known_checkpoint(vault: Vault) -> None:
    """Without names all of the catalogue is shown, with what is there."""
    put_file(vault, RESNET18, WeightsKind.STANDIN, b"stand-in")
    states = {status.checkpoint.name: status.state for status in vault.list_status()}

    assert states.keys() == CATALOGUE.keys()
    assert states.pop(RESNET18) is State.READY
    assert set(states.values()) == {State.MISSING}


def test_digests_are_known_where_torch_hub_publishes_them() -> None:
    """A torchvision file carries the first digits of its SHA-256 in its name; Keras' carry none."""
    assert CATALOGUE[RESNET18].digest_prefix == "f37072fd"
    assert CATALOGUE[MOBILENET].digest_prefix is None
    assert {c.framework for c in CATALOGUE.values()} == {"torch", "tensorflow"}
