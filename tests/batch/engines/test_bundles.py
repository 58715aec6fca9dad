"""Files and folders that travel by digest."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from grader.batch.engines.bundles import (
    Bundle,
    PackedFile,
    PackedFolder,
    find_unpacked,
    name_file,
    name_folder,
    pack_content,
    unpack_bundle,
)
from grader.batch.engines.place import Content
from grader.batch.engines.wire import pack_value
from grader.errors import ProvisionError, UsageError
from grader.spec.digest import digest_bytes


def make_folder(parent: Path) -> Path:
    """A small folder with what is sent and what isn't."""
    folder = parent / "hw"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "x.bin").write_bytes(b"\x00\x01")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "a.pyc").write_bytes(b"x")
    (folder / ".DS_Store").write_bytes(b"x")
    return folder


def test_a_folder_arrives(tmp_path: Path) -> None:
    """Its files, executable or not; not what Python or a desktop left in it. Nobody else may look at it."""
    content = name_folder(make_folder(tmp_path))
    there = unpack_bundle(content, pack_content(content), tmp_path / "cache")
    files = {path.relative_to(there).as_posix(): path for path in there.rglob("*") if path.is_file()}

    assert set(files) == {"data/x.bin", "run.sh"}
    assert files["data/x.bin"].read_bytes() == b"\x00\x01"
    assert [files[name].stat().st_mode & 0o777 for name in sorted(files)] == [0o644, 0o755]
    assert find_unpacked(content, tmp_path / "cache") == there
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700


def test_the_same_files_have_the_same_digest(tmp_path: Path) -> None:
    """Wherever they lie, and in whatever order they were made; another byte has another."""
    one, other = make_folder(tmp_path / "one"), make_folder(tmp_path / "other")
    named = name_folder(one).digest, name_folder(other).digest
    (other / "data" / "x.bin").write_bytes(b"\x00\x02")

    assert named[0] == named[1]
    assert name_folder(other).digest != named[0]


def test_a_file_keeps_its_name(tmp_path: Path) -> None:
    """A library looks for it by that."""
    (tmp_path / "resnet18-f37072fd.pth").write_bytes(b"weights")
    content = name_file(tmp_path / "resnet18-f37072fd.pth")
    there = unpack_bundle(content, pack_content(content), tmp_path / "cache")

    assert (there.name, there.read_bytes()) == ("resnet18-f37072fd.pth", b"weights")


def test_damaged_bytes_are_refused(tmp_path: Path) -> None:
    """Nothing of them is left behind."""
    content = name_folder(make_folder(tmp_path))
    bundle = pack_content(content)
    with pytest.raises(ProvisionError, match="damaged"):
        unpack_bundle(content, Bundle(digest=bundle.digest, packed=bytes(bundle.packed)[:-1]), tmp_path / "cache")

    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("name", ["../out", "/tmp/out", "a/../../out"])
def test_a_path_stays_inside(name: str, tmp_path: Path) -> None:
    """However a folder was packed."""
    packed = pack_value(PackedFolder(files=(PackedFile(path=name, content=b"x"),)))
    content = Content(digest=digest_bytes(packed), path=Path("hw"), is_folder=True)
    with pytest.raises(ProvisionError, match="came here with the path"):
        unpack_bundle(content, Bundle(digest=content.digest, packed=packed), tmp_path / "cache")

    assert list((tmp_path / "cache").iterdir()) == []


def test_several_at_once(tmp_path: Path) -> None:
    """Workers of one node that unpack the same content at the same time all find it whole."""
    content = name_folder(make_folder(tmp_path))
    bundle, found = pack_content(content), list[Path]()
    threads = [
        threading.Thread(target=lambda: found.append(unpack_bundle(content, bundle, tmp_path / "cache")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [found[0].name]


def test_what_changed_since_it_was_named_isnt_sent(tmp_path: Path) -> None:
    """Its digest would be wrong at every node."""
    content = name_folder(make_folder(tmp_path))
    (content.path / "run.sh").write_text("other")

    with pytest.raises(UsageError, match="has changed"):
        pack_content(content)


def test_a_link_to_nothing_is_refused(tmp_path: Path) -> None:
    """Said where it lies, before anything is sent."""
    folder = make_folder(tmp_path)
    (folder / "link").symlink_to(tmp_path / "nowhere")

    with pytest.raises(UsageError, match="can't be sent"):
        name_folder(folder)


def test_another_digest_isnt_taken(tmp_path: Path) -> None:
    """A bundle is only ever unpacked as what was asked for."""
    content = name_folder(make_folder(tmp_path))

    with pytest.raises(ProvisionError, match="damaged"):
        unpack_bundle(replace(content, digest="sha256:" + "0" * 64), pack_content(content), tmp_path / "cache")
