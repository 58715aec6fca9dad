"""What the ledger keeps of a submission is the submission."""

from pathlib import Path

import pytest

from grader.batch.packing import pack_submission, unpack_submission
from grader.errors import ProvisionError
from grader.ingest import read_submission
from grader.spec import load_assignment

COURSE = Path(__file__).resolve().parents[1] / "end_to_end" / "course"


def test_a_submission_comes_back_as_it_was(tmp_path: Path) -> None:
    """The same files, programs and digest; the same bytes each time it is packed."""
    assignment = load_assignment(COURSE / "assignments" / "mini")
    (tmp_path / "mini.py").write_text("def double(number):\n    return 2 * number\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "notes.txt").write_text("ein Öl\n", "utf-8")
    submission = read_submission(tmp_path, files=assignment.files)

    again = unpack_submission(pack_submission(submission), assignment, digest=submission.digest)

    assert (again.digest, again.files, again.programs) == (submission.digest, submission.files, submission.programs)
    assert pack_submission(again) == pack_submission(submission)


@pytest.mark.parametrize("packed", [b"", b"no zip at all", b"PK\x05\x06" + bytes(18)])
def test_a_damaged_copy_is_no_submission(packed: bytes) -> None:
    """Nobody's points follow from it: it is said, with what to do."""
    assignment = load_assignment(COURSE / "assignments" / "mini")

    with pytest.raises(ProvisionError, match="damaged"):
        unpack_submission(packed, assignment, digest="sha256:" + "0" * 64)
