"""Read what was found: each attempt becomes a submission, by the rules and limits of the one door (grader.ingest)."""

import unicodedata

from grader.batch.intake.sealed import NotSealedError, open_sealed
from grader.batch.model import HandedIn, Member
from grader.errors import ProvisionError, SubmissionError, UsageError
from grader.ingest import compose_submission, read_submission
from grader.ingest.folder import read_folder, read_open
from grader.ingest.members import check_entries, refuse_size
from grader.ingest.refusal import refuse, show_name
from grader.ingest.submission import Submission
from grader.limits import IngestLimits
from grader.spec.model import Assignment

__all__ = ["read_handed_in"]


def read_handed_in(handed_in: HandedIn, *, assignment: Assignment) -> Submission:
    """One attempt as a submission. Several loose files count as one folder of them.

    Raises:
        SubmissionError: it is refused as a whole; `code` names the rule.
        ProvisionError: it can't be read from the disk, or is gone: that is no student's fault.
    """
    try:
        if handed_in.sealed:
            return read_sealed(handed_in, assignment)
        if len(handed_in.members) == 1:
            member = handed_in.members[0]
            return read_submission(member.path, files=assignment.files, handout=assignment.handout, name=member.name)
        return read_loose(handed_in, assignment)
    except SubmissionError as error:
        if error.code == "unreadable":
            raise cannot_read(handed_in, error.message) from error
        raise
    except UsageError as error:
        raise cannot_read(handed_in, error.message) from error


def read_loose(handed_in: HandedIn, assignment: Assignment) -> Submission:
    """Files and folders that lie among other students', as one folder under the names that they had."""
    limits = IngestLimits()
    check_entries(len(handed_in.members), limits)
    contents: dict[str, bytes] = {}
    total = 0
    for member in handed_in.members:
        read = read_member(member, limits)
        if not contents.keys().isdisjoint(read):
            raise refuse("duplicate_name", f"the file name {show_name(member.name)} stands there twice")
        contents |= read
        total += sum(map(len, read.values()))
        if total > limits.unpacked_bytes:
            raise refuse_size({path: len(content) for path, content in contents.items()}, limits)
    return compose_submission(contents, files=assignment.files, handout=assignment.handout, limits=limits)


def read_member(member: Member, limits: IngestLimits) -> dict[str, bytes]:
    """A file, or the files of a folder, by their paths."""
    name = unicodedata.normalize("NFC", member.name)
    if member.path.is_dir() and not member.path.is_symlink():
        return {f"{name}/{file.path}": file.content for file in read_folder(member.path, limits).files}
    return {name: read_open(member.path, limits.unpacked_bytes)[0]}


def read_sealed(handed_in: HandedIn, assignment: Assignment) -> Submission:
    """What is below `submission/`, with the digest that it was handed in with."""
    try:
        sealed = open_sealed(handed_in.members[0].path)
    except NotSealedError as error:
        raise refuse("contradiction", str(error)) from None
    submission = compose_submission(sealed.contents, files=assignment.files, handout=assignment.handout)
    if submission.digest != sealed.submission_digest:
        raise refuse("contradiction", "the sealed archive's files aren't those that its manifest names")
    return submission


def cannot_read(handed_in: HandedIn, reason: str) -> ProvisionError:
    """What to raise where our own disk fails."""
    return ProvisionError(
        f"what {handed_in.student_id!r} handed in can't be read: {reason}",
        details=(f"It lies at {str(handed_in.members[0].path)!r}.",),
    )
