"""Sealed archives of an inbox (grader/hand_in.py): opened as hostile bytes, and believed only where all agrees.

Whoever may write to the inbox may put any file into it. So an archive counts if its bytes have the digest that its name
says, and if its manifest names the student, the assignment and the attempt in whose folder it lies.
"""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from grader.batch.roster.times import read_iso_time
from grader.errors import EvidenceError, SubmissionError
from grader.evidence.strict_json import parse_json
from grader.hand_in import FORMAT_VERSION
from grader.ingest.archive import read_zip
from grader.ingest.folder import read_open
from grader.limits import MIB, IngestLimits

__all__ = ["ARCHIVE_NAME", "NotSealedError", "Sealed", "open_sealed"]

ARCHIVE_NAME = re.compile(r"(?P<who>.{1,100})-(?P<attempt>[1-9][0-9]{0,8})-(?P<digest>[0-9a-f]{16})\.zip")
MANIFEST = "manifest.json"
INSIDE = "submission/"
OURS = IngestLimits()
MOST_MANIFEST_BYTES = 4 * MIB
LIMITS = IngestLimits(
    entries=OURS.entries + 1,
    packed_bytes=OURS.unpacked_bytes + 8 * MIB,  # they aren't compressed
    unpacked_bytes=OURS.unpacked_bytes + MOST_MANIFEST_BYTES,
    depth=OURS.depth + 1,
    path_bytes=OURS.path_bytes + len(INSIDE),
)


class NotSealedError(Exception):
    """An archive that isn't as it says; the text is the reason, for a person."""


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """A sealed archive: what its manifest says, and the files below `submission/`."""

    slug: str
    student: str
    attempt: int
    handed_in_at: datetime
    submission_digest: str
    contents: dict[str, bytes] = field(repr=False)


def open_sealed(path: Path) -> Sealed:
    """Read an archive whole.

    Raises:
        NotSealedError: it isn't one of ours, or was changed after it was written.
        SubmissionError: it can't be read (code "unreadable").
    """
    named = ARCHIVE_NAME.fullmatch(path.name)
    if named is None:
        raise NotSealedError("it isn't named as a sealed archive")
    content, _ = read_open(path, LIMITS.packed_bytes)
    if len(content) > LIMITS.packed_bytes:
        raise NotSealedError("it is larger than any that was handed in")
    if hashlib.sha256(content).hexdigest()[:16] != named["digest"]:
        raise NotSealedError("it was changed after it was handed in: its digest isn't that of its name")
    try:
        members = {member.path: member.content for member in read_zip(content, LIMITS).files}
        manifest = parse_json(members.pop(MANIFEST, b""), most_bytes=MOST_MANIFEST_BYTES, most_depth=8)
    except SubmissionError as error:
        raise NotSealedError(f"it is no sealed archive: {error.message}") from None
    except EvidenceError:
        raise NotSealedError("it is no sealed archive: it has no manifest that can be read") from None
    outside = next((name for name in members if not name.startswith(INSIDE)), None)
    if outside is not None:
        raise NotSealedError("it is no sealed archive: it has files beside submission/")
    return read_manifest(manifest, {name.removeprefix(INSIDE): data for name, data in members.items()})


def read_manifest(manifest: Any, contents: dict[str, bytes]) -> Sealed:
    """The manifest's fields, by exact type.

    Raises:
        NotSealedError: it is none, or of another version.
    """
    try:
        version, attempt = manifest["archive_version"], manifest["attempt"]
        slug, student = manifest["assignment"]["slug"], manifest["student"]
        digest, time = manifest["submission"]["digest"], manifest["handed_in_at"]
    except (TypeError, KeyError, IndexError):
        raise NotSealedError("its manifest isn't one of ours") from None
    handed_in_at = read_iso_time(time) if type(time) is str else None
    right = all(type(text) is str for text in (slug, student, digest)) and type(attempt) is int
    if not right or handed_in_at is None:
        raise NotSealedError("its manifest isn't one of ours")
    if type(version) is not int or version != FORMAT_VERSION:
        raise NotSealedError(f"its manifest is of another version than {FORMAT_VERSION}")
    return Sealed(
        slug=slug,
        student=student,
        attempt=attempt,
        handed_in_at=handed_in_at,
        submission_digest=digest,
        contents=contents,
    )
