"""Files in memory become the submission that a folder of them would be."""

from pathlib import Path

import pytest

from grader.errors import SubmissionError
from grader.ingest import compose_submission, read_submission
from grader.limits import IngestLimits

CONTENTS = {"hw1.py": b"answer = 42\n", "data/notes.txt": b"hello\n", ".DS_Store": b"\0\0"}


def test_it_is_the_submission_of_a_folder(tmp_path: Path) -> None:
    """The same digest, the same programs, the same files left out."""
    for path, content in CONTENTS.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    folder = read_submission(tmp_path, files=["hw1.py"])

    composed = compose_submission(CONTENTS, files=["hw1.py"])

    assert (composed.digest, composed.files) == (folder.digest, folder.files)
    assert composed.programs == folder.programs


@pytest.mark.parametrize(
    ("contents", "code"),
    [
        ({"../hw1.py": b""}, "path_escape"),
        ({"hw1.py": b"", "HW1.py": b""}, "twins"),
        ({"inner.zip": b"PK\x03\x04"}, "nested_archive"),
        ({"hw1.py": b"x" * 2000}, "too_large"),
        ({f"{number}.txt": b"" for number in range(6)}, "too_many_files"),
    ],
)
def test_the_same_rules_hold(contents: dict[str, bytes], code: str) -> None:
    """What a folder or an archive may not hold, loose files may not either."""
    with pytest.raises(SubmissionError) as caught:
        compose_submission(contents, files=["hw1.py"], limits=IngestLimits(entries=5, unpacked_bytes=1000))

    assert caught.value.code == code
