"""What is found of hidden values in public files, and what isn't taken for them."""

import io
from typing import Any

import numpy as np
import pytest

from grader.validate.finding import Severity
from grader.validate.secrecy import PublicFile, find_leaks, make_secret, read_public
from tests.validate.courses import Course

FLOATS = np.random.default_rng(1).normal(size=(20, 8)).astype(np.float32)
LABELS = np.random.default_rng(2).integers(0, 10, 150)
WORDS = [("good fit", "overfitting", "underfitting")[k] for k in np.random.default_rng(3).integers(0, 3, 30)]


def search(value: Any, content: str | bytes) -> list[tuple[Severity, str]]:
    """What is found of a hidden value in one public file."""
    file = PublicFile("file", content.encode() if isinstance(content, str) else content)
    return [(finding.severity, finding.what) for finding in find_leaks([file], [make_secret("it of draw 0", value)])]


def pack(array: Any) -> bytes:
    """A compressed `.npz`."""
    stream = io.BytesIO()
    np.savez_compressed(stream, array=array)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("value", "content"),
    [
        (FLOATS, b"x" * 7 + FLOATS.tobytes()),
        (FLOATS, FLOATS.astype(np.float64).tobytes()),
        (LABELS, LABELS.astype(np.uint8).tobytes()),
        (LABELS, LABELS.tobytes()),
        (FLOATS, f"values: {FLOATS[3].tolist()}"),
        (FLOATS, " ".join(f"{value:.4f}" for value in FLOATS[5])),
        (LABELS, f"labels = {LABELS[40:60].tolist()}"),
        (WORDS, str(WORDS[4:18])),
        (WORDS, "\n".join(WORDS)),
        (WORDS[:1] * 6 + [word == "good fit" for word in WORDS], str([word == "good fit" for word in WORDS])),
        ([0.271828182], "about 0.27182818 or so"),
        ({"a": [0.25, 0.1234567]}, '{"x": 0.1234567}'),
    ],
)
def test_found(value: Any, content: str | bytes) -> None:
    """As bytes of any usual type, as numbers in order, as words in order, as one long number."""
    found = search(value, content)

    assert len(found) == 1
    assert found[0][0] is Severity.ERROR


@pytest.mark.parametrize(
    ("value", "content"),
    [([11_181_642], "All 11,181,642 parameters"), (["Hello, Grace Hopper!"], "prints hello, grace hopper!")],
)
def test_found_and_perhaps_meant(value: Any, content: str) -> None:
    """A long whole number or one case's text may be an example: somebody should look."""
    assert [severity for severity, _ in search(value, content)] == [Severity.WARNING]


@pytest.mark.parametrize(
    ("value", "content"),
    [
        (FLOATS, "nothing of it 0.5 0.25 1.0 0.125"),
        (np.zeros((10, 10)), np.zeros(400).tobytes()),
        (np.zeros(40), "0.0, " * 40),
        (list(range(40)), ", ".join(map(str, range(50)))),
        ([True, False, True] * 5, "True and False"),
        ([True, False] * 20, str([True, False] * 30)),
        (WORDS, "overfitting, underfitting or good fit"),
        ([1, 0, 12], "1, 0, 12"),
        ([0.5, 0.25], "0.5 0.25"),
        (["a", "wide"], "a wide one"),
        ([1000], "1000 classes"),
        ([5130], "5,130"),
    ],
)
def test_not_found(value: Any, content: str | bytes) -> None:
    """What anybody writes: round numbers, counting, the words to choose from."""
    assert search(value, content) == []


def test_in_archives(course: Course) -> None:
    """What is in a zip file is looked at, too; one that is broken is passed over."""
    course.write("tides:handout/data.npz", pack(FLOATS))
    course.write("tides:handout/broken.zip", b"PK\x03\x04 broken")
    public = list(read_public(course.public))

    assert {"handout/data.npz", "handout/data.npz/array.npy", "handout/broken.zip"} <= {file.name for file in public}
    assert [finding.where for finding in find_leaks(public, [make_secret("it of draw 0", FLOATS)])] == [
        "handout/data.npz/array.npy"
    ]
