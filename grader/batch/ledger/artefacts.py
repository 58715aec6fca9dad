"""Contents by digest: evidence, reports, what was handed in. The same content is kept once.

A small one is a deflated blob in the database, so that a quiz submission costs one flush a transaction and no file. A
large one is a file, as it is, named by its SHA-256: written beside, flushed, renamed, its folder flushed, all before
the row that names it. A file without a row is one whose writer was killed; the next writer removes it. Nothing is read
without its digest being verified.
"""

import contextlib
import hashlib
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, Row, bindparam, select, union

from grader.batch.failpoints import reach
from grader.batch.ledger.database import Database
from grader.batch.ledger.faults import translate_system_faults
from grader.batch.ledger.schema import artefacts, marks, results, submissions
from grader.durable import flush, write_pieces
from grader.errors import ProvisionError
from grader.limits import KIB

__all__ = ["Artefacts"]

MOST_BLOB_BYTES = 32 * KIB
MOST_DEFLATED_BYTES = 256 * KIB
"""Larger contents become files without a try at deflating them."""

Pieces = Callable[[], Iterable[bytes]]
"""A content in pieces, as often as it is asked for."""


class Artefacts:
    """The folder of large contents and the table of all."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self._database = database

    def add(self, connection: Connection, content: bytes) -> str:
        """Keep a content; its digest. Belongs into the caller's transaction."""
        return self.add_pieces(connection, lambda: (content,), size=len(content))

    def add_pieces(self, connection: Connection, pieces: Pieces, *, size: int) -> str:
        """The same for one that comes in pieces, `size` bytes in all."""
        hashing = hashlib.sha256()
        for piece in pieces():
            hashing.update(piece)
        digest = hashing.hexdigest()
        row = self._find(connection, digest)
        if row is not None and self._is_whole(row):
            return digest
        packed = self._pack(pieces, size)
        if packed is None:
            self._write_file(digest, pieces)
        if row is None:
            connection.execute(INSERT, {"digest": digest, "bytes": size, "packed": packed})
        elif packed is not None:
            connection.execute(artefacts.update().where(artefacts.c.digest == digest).values(packed=packed))
        return digest

    def _pack(self, pieces: Pieces, size: int) -> bytes | None:
        """The deflated content, None where it is to be a file."""
        if size > MOST_DEFLATED_BYTES:
            return None
        packed = zlib.compress(b"".join(pieces()), level=3)
        return packed if len(packed) <= MOST_BLOB_BYTES else None

    def _write_file(self, digest: str, pieces: Pieces) -> None:
        def follow() -> Iterator[bytes]:
            yield from pieces()
            reach("artefact-written")

        path = self.place(digest)
        with translate_system_faults(self.folder):
            if not path.parent.is_dir():
                path.parent.mkdir(mode=0o700)
                flush(self.folder)
            is_new = not path.exists()
            write_pieces(path, follow(), mode=0o600)
        if is_new:
            self._database.on_rollback(lambda: path.unlink(missing_ok=True))
        reach("artefact-renamed")

    def place(self, digest: str) -> Path:
        """Where a large content lies."""
        return self.folder / digest[:2] / digest

    def _find(self, connection: Connection, digest: str) -> Row[Any] | None:
        return connection.execute(FIND, {"wanted": digest}).one_or_none()

    def _is_whole(self, row: Row[Any]) -> bool:
        try:
            with self._open_row(row):
                return True
        except ProvisionError:
            return False

    def read(self, connection: Connection, digest: str) -> bytes:
        """A content, whole and verified.

        Raises:
            ProvisionError: it is damaged or gone.
        """
        with self.open(connection, digest) as file:
            return file.read()

    @contextmanager
    def open(self, connection: Connection, digest: str) -> Iterator[BinaryIO]:
        """The same to be read in pieces. It was verified before.

        Raises:
            ProvisionError: it is damaged or gone.
        """
        row = self._find(connection, digest)
        if row is None:
            raise ProvisionError(f"the ledger has no artefact {digest!r}")
        with self._open_row(row) as file:
            yield file

    @contextmanager
    def _open_row(self, row: Row[Any]) -> Iterator[BinaryIO]:
        if row.packed is not None:
            yield io.BytesIO(inflate(row))
            return
        try:
            file = self.place(row.digest).open("rb")
        except OSError as error:
            raise tell_loss(self.place(row.digest), error.strerror or str(error)) from error
        with file:
            with translate_system_faults(self.place(row.digest)):
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                file.seek(0)
            if digest != row.digest:
                raise tell_loss(self.place(row.digest), "its content isn't what it is named by")
            yield file

    def remove_unused(self, connection: Connection) -> int:
        """Remove what no row names any more; how many. Files go once that is committed."""
        unused = list(connection.execute(select(artefacts.c.digest, artefacts.c.packed.is_(None)).where(UNUSED)))
        connection.execute(artefacts.delete().where(UNUSED))
        files = [digest for digest, is_file in unused if is_file]
        self._database.on_commit(lambda: self._remove_files(connection, files))
        return len(unused)

    def _remove_files(self, connection: Connection, digests: list[str]) -> None:
        """Remove these files, but for those that the same transaction has kept anew."""
        for digest in digests:
            if self._find(connection, digest) is None:
                remove(self.place(digest))

    def find_orphans(self, connection: Connection) -> list[Path]:
        """The files that no row names."""
        named = set(connection.execute(select(artefacts.c.digest).where(artefacts.c.packed.is_(None))).scalars())
        with translate_system_faults(self.folder):
            return sorted(path for path in self.folder.glob("*/*") if path.name not in named)

    def sweep(self, connection: Connection) -> int:
        """Remove them; how many there were. For the one writer alone."""
        orphans = self.find_orphans(connection)
        for path in orphans:
            remove(path)
        return len(orphans)

    def check(self, connection: Connection) -> list[str]:
        """What is wrong with them, a line each."""
        wrong = [f"{str(path)!r} is named by no row" for path in self.find_orphans(connection)]
        for digest in connection.execute(select(artefacts.c.digest).order_by(artefacts.c.digest)).scalars().all():
            try:
                with self.open(connection, digest):
                    pass
            except ProvisionError as error:
                wrong.append(error.message)
        return wrong


USED = union(select(results.c.artefact), select(marks.c.report), select(submissions.c.artefact))
UNUSED = artefacts.c.digest.not_in(USED)
FIND = select(artefacts).where(artefacts.c.digest == bindparam("wanted"))
INSERT = artefacts.insert()


def inflate(row: Row[Any]) -> bytes:
    """A blob's content, verified.

    Raises:
        ProvisionError: it is damaged.
    """
    try:
        content = zlib.decompressobj().decompress(row.packed, row.bytes + 1)
    except zlib.error as error:
        raise ProvisionError(f"artefact {row.digest!r} of the ledger is damaged: {error}") from error
    if hashlib.sha256(content).hexdigest() != row.digest:
        raise ProvisionError(f"artefact {row.digest!r} of the ledger is damaged: its content has another digest")
    return content


def tell_loss(path: Path, why: str) -> ProvisionError:
    """What to say of a file that can't be used."""
    return ProvisionError(f"artefact {str(path)!r} is damaged or gone: {why}")


def remove(path: Path) -> None:
    """Remove a file, and its folder where it was the last one."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
        path.parent.rmdir()
