"""Submissions as the ledger keeps them: the canonical files in one plain zip, so that what was graded can be graded
again, and shown, when the folder that it came from is gone. Read back by the same strict reader as any archive.
"""

import io
import zipfile

from grader.errors import ProvisionError
from grader.hand_in import pack_members
from grader.ingest import compose_submission
from grader.ingest.submission import Submission
from grader.spec.model import Assignment

__all__ = ["pack_submission", "unpack_submission"]


def pack_submission(submission: Submission) -> bytes:
    """The files of a submission as one zip; the same submission gives the same bytes."""
    return pack_members({file.path: file.content for file in submission.files}, compression=zipfile.ZIP_DEFLATED)


def unpack_submission(packed: bytes, assignment: Assignment, *, digest: str) -> Submission:
    """The submission, read as the assignment asks for it today.

    Raises:
        SubmissionError: what the assignment asks for today can't be read in it.
        ProvisionError: it isn't the one of that digest: the ledger's copy is damaged.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            contents = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise damaged(digest) from error
    submission = compose_submission(contents, files=assignment.files, handout=assignment.handout)
    if submission.digest != digest:
        raise damaged(digest)
    return submission


def damaged(digest: str) -> ProvisionError:
    """What to say of a copy that isn't what it was."""
    return ProvisionError(
        f"the ledger's copy of submission {digest!r} is damaged",
        details=("Grade the class again from the folder of submissions: it is kept anew.",),
    )
