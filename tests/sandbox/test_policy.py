"""The policy as data: what is bound where, and what is refused. Nothing is started."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.limits import MIB, Limits
from grader.sandbox.bubblewrap import bubblewrap_arguments
from grader.sandbox.interpreters import Layout, read_layout
from grader.sandbox.policy import Bind, make_policy
from grader.sandbox.request import Launch, Mount
from tests.sandbox.tiny import HERE, TINY_GUEST

LAUNCH = Launch(interpreter=HERE, limits=Limits(disk_bytes=32 * MIB))


@pytest.fixture
def layout() -> Layout:
    """Of the interpreter that runs the tests."""
    return read_layout(Path(sys.executable))


def test_nothing_needed_lies_under_a_covered_folder(layout: Layout) -> None:
    """No target is below /tmp, /dev/shm or a home folder: there a run has fresh, empty ones."""
    policy = make_policy(LAUNCH, layout=layout, guest=TINY_GUEST)

    covered = ("/tmp", "/dev", "/home", "/root", "/proc")
    assert not [bind for bind in policy.binds if bind.target.startswith(covered)]
    assert policy.network is False


def test_no_folder_of_users_is_bound(layout: Layout) -> None:
    """Neither the root folder, nor a home, nor /etc as a whole."""
    policy = make_policy(LAUNCH, layout=layout, guest=TINY_GUEST)

    bound = {bind.source for bind in policy.binds}
    assert not bound & {Path("/"), Path("/etc"), Path("/home"), Path("/root"), Path("/var"), Path.home(), Path("/usr")}


def test_disk_is_limited(layout: Layout) -> None:
    """The only places that can be written are sized."""
    policy = make_policy(LAUNCH, layout=layout, guest=TINY_GUEST)

    assert {place.target: place.size_bytes for place in policy.tmpfs}["/tmp"] == 32 * MIB
    assert all(place.size_bytes > 0 for place in policy.tmpfs)


@pytest.mark.parametrize(
    "target", ["/usr/lib/x", "/tmp/x", "weights/x", "/weights/../etc/passwd", "/weights", "/proc/x"]
)
def test_mount_elsewhere_is_refused(layout: Layout, target: str, tmp_path: Path) -> None:
    """A mount lies in a folder of its own, and nowhere else."""
    source = tmp_path / "file"
    source.touch()
    launch = replace(LAUNCH, mounts=(Mount(source=source, target=target),))

    with pytest.raises(SandboxError, match="mount"):
        make_policy(launch, layout=layout, guest=TINY_GUEST)


def test_missing_source_is_told(layout: Layout, tmp_path: Path) -> None:
    """A mount whose source isn't there is told before anything starts."""
    launch = replace(LAUNCH, mounts=(Mount(source=tmp_path / "none", target="/weights/x"),))

    with pytest.raises(SandboxError, match="isn't there"):
        make_policy(launch, layout=layout, guest=TINY_GUEST)


def test_system_python_is_left_where_it_is(layout: Layout) -> None:
    """Python below /usr keeps its path; a virtual environment of it becomes /opt/venv."""
    system = replace(layout, base_prefix=Path("/usr"), executable=Path("/usr/bin/python3.11"))
    policy = make_policy(LAUNCH, layout=system, guest=TINY_GUEST)

    assert not [bind for bind in policy.binds if bind.target.startswith("/opt/python")]
    if system.is_virtual:
        assert policy.links["/opt/venv/bin/python"] == "/usr/bin/python3.11"


def test_root_is_closed_last(layout: Layout) -> None:
    """After `--remount-ro /` no argument makes or binds anything, and /dev/shm and home stand before it."""
    made = make_policy(LAUNCH, layout=layout, guest=TINY_GUEST)
    policy = replace(made, devices=(Bind(Path("/dev/null"), "/dev/nvidia0"),))
    texts = dict.fromkeys(policy.texts, 9)

    words = bubblewrap_arguments(policy, texts=texts, covers={}, program=8, staged=True, no_namespaces=True)

    closing = [index for index, word in enumerate(words) if word == "--remount-ro"]
    assert [words[index + 1] for index in closing] == ["/dev", "/"]
    making = {
        "--ro-bind",
        "--dev-bind",
        "--bind",
        "--tmpfs",
        "--dir",
        "--symlink",
        "--file",
        "--ro-bind-data",
        "--dev",
        "--proc",
    }
    assert max(index for index, word in enumerate(words) if word in making) < closing[0]
    assert "--bind" not in words
    assert not any(word.startswith("--share") for word in words)
