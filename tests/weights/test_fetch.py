"""A download is verified before it gets its name; nothing of a failed one stays."""

import hashlib
from pathlib import Path

import pytest

from grader.errors import ProvisionError
from grader.weights.fetch import Downloaded, fetch_file
from tests.weights.places import Answer, serve

BODY = bytes(range(256)) * 4096
PREFIX = hashlib.sha256(BODY).hexdigest()[:8]


def fetch(url: str, target: Path, **changes: object) -> str:
    """Fetch with the defaults of these tests."""
    settings = {"most_bytes": 2 * len(BODY), "digest_prefix": PREFIX, "schemes": ("http",), **changes}
    return fetch_file(url, target, **settings)  # type: ignore[arg-type]


def list_names(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_right_file_arrives_whole(tmp_path: Path) -> None:
    """Bytes, digest and progress are those of the file."""
    seen: list[Downloaded] = []
    with serve({"/f": Answer(BODY)}) as url:
        digest = fetch(f"{url}/f", tmp_path / "f", progress=seen.append)

    assert (tmp_path / "f").read_bytes() == BODY
    assert digest == hashlib.sha256(BODY).hexdigest()
    assert seen[-1] == Downloaded(len(BODY), len(BODY))
    assert list_names(tmp_path) == ["f"]


def test_a_file_of_unknown_length_arrives_whole(tmp_path: Path) -> None:
    """A server that doesn't announce a length is read to its end, the digest decides."""
    with serve({"/f": Answer(BODY, length=-1)}) as url:
        fetch(f"{url}/f", tmp_path / "f")

    assert (tmp_path / "f").read_bytes() == BODY


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(b"<html>Please log in</html>"), "isn't the published file"),
        (Answer(BODY[:-1]), "isn't the published file"),
        (Answer(BODY, length=len(BODY) + 5), "broke off"),
        (Answer(BODY[:-9], length=len(BODY)), "broke off"),
        (Answer(BODY[:-9], length=-1), "isn't the published file"),
        (Answer(BODY * 3), "at most 2,097,152 are taken"),
        (Answer(BODY * 3, length=-1), "at most 2,097,152 are taken"),
        (Answer(status=404), "the server answers 404"),
        (Answer(status=503), "the server answers 503"),
        (Answer(status=302, headers={"Location": "file:///etc/passwd"}), "is not allowed"),
        (Answer(status=302, headers={"Location": "ftp://127.0.0.1/f"}), "isn't fetched"),
        (Answer(status=302, headers={"Location": "/f"}), "can't be fetched"),
    ],
)
def test_a_failed_download_leaves_nothing(tmp_path: Path, answer: Answer, message: str) -> None:
    """Whatever goes wrong is one line for a person, and no file is there afterwards."""
    with serve({"/f": answer}) as url, pytest.raises(ProvisionError, match=message):
        fetch(f"{url}/f", tmp_path / "f")

    assert list_names(tmp_path) == []


def test_a_failed_download_leaves_the_old_file(tmp_path: Path) -> None:
    """A file of that name that was there before is untouched."""
    (tmp_path / "f").write_bytes(b"old")
    with serve({"/f": Answer(b"other")}) as url, pytest.raises(ProvisionError):
        fetch(f"{url}/f", tmp_path / "f")

    assert (tmp_path / "f").read_bytes() == b"old"


def test_a_redirect_is_followed(tmp_path: Path) -> None:
    """A server may send us on, within the allowed kinds of address."""
    with serve({"/f": Answer(status=302, headers={"Location": "/g"}), "/g": Answer(BODY)}) as url:
        fetch(f"{url}/f", tmp_path / "f")

    assert (tmp_path / "f").read_bytes() == BODY


def test_only_https_is_fetched(tmp_path: Path) -> None:
    """By default nothing else is asked, a local file least of all."""
    for url in ("http://127.0.0.1/f", "file:///etc/passwd", "/etc/passwd"):
        with pytest.raises(ProvisionError, match="isn't fetched"):
            fetch_file(url, tmp_path / "f", most_bytes=10, digest_prefix=None)


def test_no_server_is_said(tmp_path: Path) -> None:
    """A refused connection asks whether there is a network."""
    with serve({}) as url:
        pass
    with pytest.raises(ProvisionError, match="Is there a network"):
        fetch(f"{url}/f", tmp_path / "f")


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    """What the disk refuses isn't blamed on the network."""
    with serve({"/f": Answer(BODY)}) as url:
        (tmp_path / ".f.part").symlink_to("/dev/full")
        with pytest.raises(ProvisionError, match=r"can't be written: .*No space left") as caught:
            fetch(f"{url}/f", tmp_path / "f")

    assert "network" not in caught.value.message
    assert list_names(tmp_path) == []
