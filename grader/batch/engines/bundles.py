"""Files and folders under the name of their content: packed on one machine, unpacked on another, once for all there.

Packing is deterministic: the same files have the same bytes and the same digest. What Python or a desktop leaves in a
folder (`__pycache__`, names that begin with a dot) isn't packed. Unpacking compares the digest first, writes beside
the place and renames: the place is there whole or not at all, and who finds it there uses it.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from grader.batch.engines.place import Content
from grader.batch.engines.wire import pack_value, unpack_value
from grader.durable import flush
from grader.errors import GraderError, ProvisionError, UsageError
from grader.spec.digest import digest_bytes

__all__ = ["Bundle", "find_unpacked", "name_file", "name_folder", "pack_content", "unpack_bundle"]

_DIGITS = 32  # of a digest in a name: 128 bits


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A content's bytes. `digest` is "sha256:…" of `packed`."""

    digest: str
    packed: bytes | memoryview = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class PackedFile:
    """One file. Whether it may be executed is kept, no other right and no time."""

    path: str
    content: bytes
    executable: bool = False


@dataclass(frozen=True, kw_only=True)
class PackedFolder:
    """The files of a folder, in the order of their paths."""

    files: tuple[PackedFile, ...]


def name_folder(folder: Path) -> Content:
    """A folder as a content.

    Raises:
        UsageError: there is something in it that can't be sent.
    """
    return Content(digest=digest_bytes(pack_folder(folder)), path=folder, is_folder=True)


def name_file(path: Path, *, sha256: str | None = None) -> Content:
    """A file as a content; `sha256` saves reading it where its digest is known.

    Raises:
        UsageError: it can't be read.
    """
    digest = f"sha256:{sha256}" if sha256 is not None else digest_bytes(read_bytes(path))
    return Content(digest=digest, path=path, is_folder=False)


def pack_content(content: Content) -> Bundle:
    """The bytes of a content, from the machine where it lies.

    Raises:
        UsageError: it can't be read, or has changed since it was named.
    """
    packed = pack_folder(content.path) if content.is_folder else read_bytes(content.path)
    if digest_bytes(packed) != content.digest:
        raise UsageError(f"{str(content.path)!r} has changed while the batch began: start it again")
    return Bundle(digest=content.digest, packed=packed)


def find_unpacked(content: Content, cache: Path) -> Path | None:
    """Where a content lies in a cache; None where it doesn't."""
    place = cache / content.digest.removeprefix("sha256:")[:_DIGITS]
    found = place if content.is_folder else place / content.path.name
    return found if found.exists() else None


def unpack_bundle(content: Content, bundle: Bundle, cache: Path) -> Path:
    """Put a content into a cache; the path of the file or folder.

    Raises:
        ProvisionError: the bytes aren't those of the digest, or the disk is full or can't be written.
    """
    if bundle.digest != content.digest or digest_bytes(bundle.packed) != content.digest:
        raise ProvisionError(f"{content.path.name!r} came here damaged: its digest isn't {content.digest[:23]}…")
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)  # a reference is private
        beside = Path(tempfile.mkdtemp(prefix=".part-", dir=cache))
        try:
            write_content(content, bundle.packed, beside)
            beside.chmod(0o755)  # a sandbox reads it as another user
            with contextlib.suppress(OSError):  # another worker of this node was first
                beside.rename(cache / content.digest.removeprefix("sha256:")[:_DIGITS])
            flush(cache)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise ProvisionError(f"{content.path.name!r} can't be kept in {cache}: {error.strerror or error}") from error
    found = find_unpacked(content, cache)
    if found is None:
        raise ProvisionError(f"{content.path.name!r} can't be kept in {cache}")
    return found


def write_content(content: Content, packed: bytes | memoryview, folder: Path) -> None:
    """Write a content's files into an empty folder.

    Raises:
        ProvisionError: it isn't a packed folder.
        OSError: the disk is full or can't be written.
    """
    if not content.is_folder:
        write_file(folder / content.path.name, packed, mode=0o644)
        return
    try:
        files = unpack_value(PackedFolder, bytes(packed)).files
    except GraderError as error:
        raise ProvisionError(f"{content.path.name!r} came here damaged", details=error.details) from error
    for file in files:
        path = PurePosixPath(file.path)
        if path.is_absolute() or ".." in path.parts:
            raise ProvisionError(f"{content.path.name!r} came here with the path {file.path!r}")
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        write_file(folder / path, file.content, mode=0o755 if file.executable else 0o644)


def write_file(path: Path, content: bytes | memoryview, *, mode: int) -> None:
    """Write a file, to the disk.

    Raises:
        OSError: the disk is full or can't be written.
    """
    path.write_bytes(content)
    path.chmod(mode)
    flush(path)


def pack_folder(folder: Path) -> bytes:
    """The bytes of a folder.

    Raises:
        UsageError: there is something in it that can't be sent.
    """
    files = tuple(
        PackedFile(path=name, content=read_bytes(path), executable=bool(path.stat().st_mode & 0o100))
        for name, path in sorted(list_files(folder))
    )
    return pack_value(PackedFolder(files=files))


def list_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files of a folder and of the folders in it. A link to a file counts as that file.

    Raises:
        UsageError: it isn't a folder, or a link in it leads to a folder or to nothing.
    """
    if not folder.is_dir():
        raise UsageError(f"{str(folder)!r} isn't a folder")
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if any(part.startswith(".") or part == "__pycache__" for part in name.parts):
            continue
        if path.is_file():
            yield name.as_posix(), path
        elif path.is_symlink() or not path.is_dir():
            raise UsageError(f"{str(path)!r} is no file and no folder, so it can't be sent to another machine")


def read_bytes(path: Path) -> bytes:
    """A file's content.

    Raises:
        UsageError: it can't be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{str(path)!r} can't be read: {error.strerror}") from error
