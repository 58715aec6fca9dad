"""Hand a submission in: a sealed archive in the course's inbox, and a receipt. Nothing of the submission runs.

    <inbox>/<assignment>/<student>/<attempt>/<student>-<attempt>-<digest>.zip      manifest.json, submission/…

The archive is written into a folder of its own beside its place, to the disk, and the folder is renamed. A rename onto
a folder that isn't empty fails, so an attempt exists whole or not at all, and of two that hand in at once each gets an
attempt of its own. `digest` is the archive's SHA-256, so an archive that was changed no longer has its own name.

A receipt is no proof against its holder: whoever holds it can also write one (docs/decisions/0007-receipts.md). It says
which archive to look for, and the one in the inbox decides.
"""

import hashlib
import io
import json
import os
import re
import secrets
import shutil
import unicodedata
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Any

from grader import __version__
from grader.durable import flush, write_whole
from grader.errors import ProvisionError, UsageError
from grader.ingest.submission import Submission
from grader.spec.model import Assignment

__all__ = [
    "Confirmation",
    "Receipt",
    "confirm_receipt",
    "count_attempts",
    "hand_in",
    "name_folder",
    "pack_members",
    "read_receipt",
    "word_receipt",
    "write_receipt",
]

FORMAT_VERSION = 1
PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
RESERVED_NAMES = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")  # of devices, on Windows
MOST_ID_CHARACTERS = 256
MOST_RECEIPT_BYTES = 64 * 1024
MOST_TRIES = 100
ARCHIVE_MODE = 0o100644 << 16
ARCHIVE_DATE = (1980, 1, 1, 0, 0, 0)  # the oldest that the zip format has; the true time is in the manifest


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What was handed in, where, and when. Digests are "sha256:…", `archive` is a path in the inbox."""

    assignment: str
    student: str
    attempt: int
    submission_digest: str
    archive: str
    archive_digest: str
    archive_bytes: int
    inbox: str
    handed_in_at: str  # ISO 8601 with microseconds and zone


class Confirmation(Enum):
    """What the inbox says about a receipt that is intact."""

    CONFIRMED = "confirmed"  # the archive is there, and it is the one
    UNREACHABLE = "unreachable"  # there is no such inbox here, or it may not be read
    MISSING = "missing"  # the inbox is there, the archive isn't
    CHANGED = "changed"  # an archive is there, with other content


def hand_in(
    submission: Submission,
    assignment: Assignment,
    *,
    student: str,
    inbox: Path,
    attempt: int | None = None,
    now: datetime | None = None,
) -> Receipt:
    """Put a sealed archive into the inbox, whole or not at all. `attempt` None: the next one.

    Raises:
        UsageError: no student to name it by, no attempt is left, or this attempt was handed in before.
        ProvisionError: there is no such inbox, or it can't be written.
    """
    handed_in_at = (now or datetime.now(UTC).astimezone()).isoformat(timespec="microseconds")
    expect_inbox(inbox)
    for _ in range(MOST_TRIES):
        number = count_attempts(inbox, assignment.slug, student) + 1 if attempt is None else attempt
        refuse_attempt(assignment, number)
        manifest = describe_hand_in(submission, assignment, student=student, attempt=number, handed_in_at=handed_in_at)
        receipt, archive = seal(manifest, submission, inbox=inbox)
        try:
            if place_archive(archive, inbox / receipt.archive):
                return receipt
        except OSError as error:
            raise cannot_hand_in(inbox, error) from error
        if attempt is not None:
            raise UsageError(f"attempt {attempt} of {student!r} at {assignment.slug!r} was handed in before")
    raise ProvisionError(f"the inbox {str(inbox)!r} is too busy: {MOST_TRIES} attempts were taken by others")


def count_attempts(inbox: Path, slug: str, student: str) -> int:
    """The number of the last attempt that was handed in; 0 where there is none.

    Raises:
        UsageError: no student to look for.
        ProvisionError: the inbox may not be read.
    """
    folder = inbox / name_folder(slug) / name_folder(student)
    try:
        names = [path.name for path in folder.iterdir() if path.name.isascii() and path.name.isdecimal()]
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise ProvisionError(f"the inbox can't be read: {folder}: {error.strerror}") from error
    return max(map(int, names), default=0)


def name_folder(text: str) -> str:
    """A name that is safe on every file system, the same for the same student and for no other.

    Plain lower-case ones stay as they are. Anything else, capitals too (some file systems don't tell them apart), gets
    what of it can be read, a `~`, which no plain one has, and a digest.

    Raises:
        UsageError: it is empty, or too long to be anybody's.
    """
    text = unicodedata.normalize("NFC", text)
    if not text.strip() or not text.isprintable() or len(text) > MOST_ID_CHARACTERS:
        raise UsageError(f"{text[:40]!r} names no student; give 1 to {MOST_ID_CHARACTERS} printable characters")
    if PLAIN_NAME.fullmatch(text) and not RESERVED_NAMES.fullmatch(text):
        return text
    readable = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:32]
    return f"{readable or 'x'}~{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def expect_inbox(inbox: Path) -> None:
    """The inbox must be there already: one that we made ourselves, where a share isn't mounted, would be nobody's."""
    if not inbox.is_dir():
        raise ProvisionError(
            f"nothing was handed in: there is no inbox {str(inbox)!r}",
            details=("The course's course.toml names it. Is a network folder to be mounted first?",),
        )


def refuse_attempt(assignment: Assignment, attempt: int) -> None:
    """Hold the assignment's number of attempts."""
    if attempt < 1:
        raise UsageError(f"attempt {attempt} can't be handed in; the first is 1")
    if assignment.attempts is not None and attempt > assignment.attempts:
        most = "1 attempt" if assignment.attempts == 1 else f"{assignment.attempts} attempts"
        raise UsageError(f"nothing was handed in: {assignment.slug!r} takes {most}, this is number {attempt}")


def describe_hand_in(
    submission: Submission, assignment: Assignment, *, student: str, attempt: int, handed_in_at: str
) -> dict[str, Any]:
    """The manifest of an archive."""
    return {
        "archive_version": FORMAT_VERSION,
        "grader": __version__,
        "assignment": {"slug": assignment.slug, "digest": assignment.digest},
        "student": unicodedata.normalize("NFC", student),
        "attempt": attempt,
        "handed_in_at": handed_in_at,
        "submission": {
            "source": submission.source,
            "digest": submission.digest,
            "files": [
                {"path": file.path, "digest": file.digest, "bytes": len(file.content)}
                for file in sorted(submission.files, key=lambda file: file.path)
            ],
        },
    }


def seal(manifest: dict[str, Any], submission: Submission, *, inbox: Path) -> tuple[Receipt, bytes]:
    """The archive's bytes, and the receipt for it."""
    archive = pack_archive(manifest, submission)
    digest = hashlib.sha256(archive).hexdigest()
    slug, student, attempt = manifest["assignment"]["slug"], manifest["student"], manifest["attempt"]
    receipt = Receipt(
        assignment=slug,
        student=student,
        attempt=attempt,
        submission_digest=submission.digest,
        archive=name_archive(slug, student, attempt, digest),
        archive_digest=f"sha256:{digest}",
        archive_bytes=len(archive),
        inbox=str(inbox.absolute()),
        handed_in_at=manifest["handed_in_at"],
    )
    return receipt, archive


def name_archive(slug: str, student: str, attempt: int, digest: str) -> str:
    """Where in the inbox an archive is."""
    who = name_folder(student)
    return str(PurePosixPath(name_folder(slug), who, str(attempt), f"{who}-{attempt}-{digest[:16]}.zip"))


def pack_archive(manifest: dict[str, Any], submission: Submission) -> bytes:
    """A zip file with nothing in it that differs from one machine to the next: no compression, one date, one mode."""
    members = {"manifest.json": json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False).encode()}
    members |= {f"submission/{file.path}": file.content for file in sorted(submission.files, key=lambda f: f.path)}
    return pack_members(members)


def pack_members(members: Mapping[str, bytes], *, compression: int = zipfile.ZIP_STORED) -> bytes:
    """Files as a zip, in their order: the same files give the same bytes, with one zlib where they are compressed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in members.items():
            member = zipfile.ZipInfo(path, ARCHIVE_DATE)
            member.create_system = 3  # Unix, wherever it is written
            member.external_attr = ARCHIVE_MODE
            archive.writestr(member, content, compress_type=compression)
    return buffer.getvalue()


def place_archive(archive: bytes, place: Path) -> bool:
    """Write an archive so that its attempt's folder appears with it; False where that attempt is taken.

    Raises:
        OSError: the inbox can't be written, or its disk is full. Nothing is left then.
    """
    student = place.parent.parent
    student.mkdir(parents=True, exist_ok=True)
    beside = student / f".incoming-{secrets.token_hex(8)}"
    beside.mkdir()
    try:
        write_whole(beside / place.name, archive)
        return rename_folder(beside, place.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        remove_empty(student)


def rename_folder(beside: Path, place: Path) -> bool:
    """Rename a folder to its place; False where something is there already."""
    try:
        beside.rename(place)
    except OSError:
        if place.exists():
            return False
        raise
    flush(place.parent)
    flush(place.parent.parent)
    return True


def remove_empty(student: Path) -> None:
    """Take back the folders that a failed hand-in made. `rmdir` refuses one that holds anything."""
    for folder in (student, student.parent):
        try:
            folder.rmdir()
        except OSError:
            return


def cannot_hand_in(inbox: Path, error: OSError) -> ProvisionError:
    """What to say where the inbox can't be written."""
    return ProvisionError(
        f"nothing was handed in: the inbox {str(inbox)!r} can't be written: {error.strerror or error}",
        details=("Nothing is lost: hand the same files in again once this is mended, or tell your instructor.",),
    )


def word_receipt(receipt: Receipt) -> tuple[str, ...]:
    """What is printed once something was handed in."""
    return (
        f"Handed in: {receipt.assignment}, attempt {receipt.attempt}, {receipt.student}, {receipt.handed_in_at}",
        f"  {receipt.archive} ({receipt.archive_bytes:,} bytes)",
        f"  {receipt.archive_digest}",
    )


def write_receipt(path: Path, receipt: Receipt) -> None:
    """Write a receipt as JSON, with a digest of what it says.

    Raises:
        OSError: it can't be written.
    """
    content = {"receipt_version": FORMAT_VERSION, **asdict(receipt)}
    content["digest"] = digest_receipt(content)
    write_whole(path, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())


def digest_receipt(content: dict[str, Any]) -> str:
    """A digest of everything that a receipt says: notices a slip of the hand or the disk, not a forger."""
    said = {key: value for key, value in content.items() if key != "digest"}
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def read_receipt(path: Path) -> Receipt:
    """A receipt from its file, whole and unchanged.

    Raises:
        UsageError: it can't be read, is no receipt, or was changed.
    """
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(MOST_RECEIPT_BYTES).decode())
    except OSError as error:
        raise UsageError(f"{str(path)!r} can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{str(path)!r} is no receipt: it isn't JSON") from error
    receipt = expect_receipt(content, path)
    if content.get("digest") != digest_receipt(content) or receipt.archive != expected_archive(receipt):
        raise UsageError(f"{str(path)!r} was changed after it was written: its own digest is wrong")
    return receipt


def expect_receipt(content: object, path: Path) -> Receipt:
    """The receipt's fields, by exact type.

    Raises:
        UsageError: these aren't a receipt's.
    """
    types = {field.name: field.type for field in fields(Receipt)}
    if (
        not isinstance(content, dict)
        or content.keys() != {*types, "receipt_version", "digest"}
        or content["receipt_version"] != FORMAT_VERSION
        or any(type(content[name]) is not kind for name, kind in types.items())
    ):
        raise UsageError(f"{str(path)!r} is no receipt, or one of another version than {FORMAT_VERSION}")
    return Receipt(**{name: content[name] for name in types})


def expected_archive(receipt: Receipt) -> str:
    """Where the archive of such a receipt must be: a receipt can't point anywhere else."""
    digest = receipt.archive_digest.removeprefix("sha256:")
    try:
        return name_archive(receipt.assignment, receipt.student, receipt.attempt, digest)
    except UsageError:
        return ""


def confirm_receipt(receipt: Receipt, *, inbox: Path | None = None) -> Confirmation:
    """Compare a receipt with what is in the inbox: the one that it names, or `inbox`."""
    folder = inbox or Path(receipt.inbox)
    archive = folder / receipt.archive
    try:
        if not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
            return Confirmation.UNREACHABLE
        with archive.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return Confirmation.MISSING
    except OSError:
        return Confirmation.UNREACHABLE
    return Confirmation.CONFIRMED if receipt.archive_digest == f"sha256:{digest}" else Confirmation.CHANGED
