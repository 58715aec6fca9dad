"""What a run is given of the assignment's own files."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from grader.draws import Data, Draw
from grader.evidence.model import Exit, QuestionEvidence
from grader.ingest.submission import Program, Submission, SubmittedFile
from grader.jobs import Prediction, digest_job, lay_out, plan_job, plan_prediction
from grader.spec.model import Assignment, Question
from grader.weights.vault import Vault

DRAW = Draw(0, "ab" * 32, data_key="ef" * 32)
OURS = {"data/palette.bin": b"ours"}
RECORD = {"kind": "stages", "name": "epochs", "stages": [{"label": "start", "changed": []}]}


def make_assignment(folder: Path) -> Assignment:
    """One question, and one file that comes with the assignment."""
    (folder / "data").mkdir()
    (folder / "data/palette.bin").write_bytes(b"ours")
    for name in ("probe.py", "predict.py"):
        (folder / name).write_text("")
    return Assignment(
        slug="hw",
        title="HW",
        folder=folder,
        reference=folder,
        digest="sha256:0",
        files=("hw.py",),
        data=("palette.bin",),
        data_digests={"palette.bin": "sha256:12"},
        questions=(Question(id="train", title="Train", points=Decimal(1)),),
    )


def make_submission(**files: bytes) -> Submission:
    """A program, and other files."""
    submitted = tuple(SubmittedFile(path=path, content=content, digest="") for path, content in files.items())
    return Submission(
        source="hw.py", digest="sha256:2", files=submitted, programs=(Program(path="hw.py", source="x = 1"),)
    )


def test_a_run_finds_the_assignments_files_in_data(tmp_path: Path) -> None:
    """They lie in the working folder, and the job's header names their digests: another content is another run."""
    assignment = make_assignment(tmp_path)
    vault, submission = Vault(tmp_path), make_submission(**{"hw.py": b"x = 1", "data/palette.bin": b"theirs"})
    job = plan_job(assignment, submission, draw=DRAW, data=Data(), vault=vault)
    (tmp_path / "data/palette.bin").write_bytes(b"new")
    later = replace(assignment, data_digests={"palette.bin": "sha256:34"})

    assert job.files == {"hw.py": b"x = 1", **OURS}
    assert job.header["data"] == {"palette.bin": "sha256:12"}
    again = plan_job(later, submission, draw=DRAW, data=Data(), vault=vault)
    assert digest_job(again, environment={}) != digest_job(job, environment={})


def test_the_predict_run_has_them_too_and_nothing_of_the_student(tmp_path: Path) -> None:
    """What the author's predict function builds on is there."""
    evidence = QuestionEvidence(id="train", exit=Exit.FINISHED, records={"epochs": RECORD})
    job = plan_prediction(
        make_assignment(tmp_path),
        Prediction("train", "epochs", ()),
        evidence=evidence,
        draw=DRAW,
        data=Data(),
        vault=Vault(tmp_path),
    )

    assert job is not None
    assert job.files == OURS
    assert job.header["data"] == {"palette.bin": "sha256:12"}


@pytest.mark.parametrize("path", ["data", "Data", "data/palette.bin", "data/PALETTE.bin", "data/palette.bin/deeper"])
def test_a_submission_cannot_take_their_place(path: str) -> None:
    """Ours wins, whatever the submission has there or in the way."""
    assert lay_out({path: b"theirs", "data/mine.bin": b"mine"}, OURS) == {"data/mine.bin": b"mine", **OURS}


def test_without_files_of_ours_a_submission_is_as_it_was() -> None:
    """A file called data is nothing special."""
    assert lay_out({"data": b"1", "hw.py": b"2"}, {}) == {"data": b"1", "hw.py": b"2"}
