"""The digest of a tree of files: one formula for assignments and submissions.

    "sha256:" + SHA-256 of the lines "<SHA-256 of the content, hex>  <path>\\n", sorted by path

Paths have forward slashes and are NFC; they are sorted by their UTF-8 bytes. The lines are those that `sha256sum`
prints, so `LC_ALL=C` and `sort -k 2` let anyone compute it again without this program.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from grader.errors import SpecError

__all__ = ["ALONGSIDE", "digest_assignment", "digest_bytes", "digest_file", "digest_tree"]

CHUNK_BYTES = 1024 * 1024
ALONGSIDE = ("__pycache__", ".ipynb_checkpoints", ".DS_Store")


def digest_bytes(content: bytes | memoryview) -> str:
    """ "sha256:…" of some bytes."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def digest_file(path: Path) -> str:
    """ "sha256:…" of a file's content, read in pieces.

    Raises:
        SpecError: it can't be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise SpecError(f"{path} can't be read: {error.strerror}") from None
    return "sha256:" + digest.hexdigest()


def digest_tree(digests: Mapping[str, str]) -> str:
    """ "sha256:…" of a tree, from the digests ("sha256:…") of its files by path."""
    lines = (f"{digests[path].removeprefix('sha256:')}  {path}\n" for path in sorted(digests, key=str.encode))
    return digest_bytes("".join(lines).encode())


def digest_assignment(folder: Path) -> str:
    """The digest of what decides about points: assignment.toml, probe.py and everything in data/.

    Raises:
        SpecError: a file can't be read.
    """
    return digest_tree({path.relative_to(folder).as_posix(): digest_file(path) for path in list_deciding(folder)})


def list_deciding(folder: Path) -> Iterator[Path]:
    """The files that decide about points."""
    candidates = [folder / "assignment.toml", folder / "probe.py", *(folder / "data").rglob("*")]
    for path in candidates:
        if path.is_file() and not set(path.relative_to(folder).parts) & set(ALONGSIDE):
            yield path
