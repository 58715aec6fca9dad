"""Which images may be used, and what is there of an image inside."""

import os
import sys
from pathlib import Path

import pytest
from docker import APIClient

from grader.errors import SandboxError
from grader.sandbox import DockerSandbox, Interpreter
from grader.sandbox.docker import volumes
from grader.sandbox.docker.daemon import Daemon
from grader.sandbox.docker.packaged import find_image
from grader.sandbox.docker.volumes import mount_volumes, remove_volumes
from grader.sandbox.policy import Bind
from grader.sandbox.request import Mount
from tests.sandbox.docker.small_image import BASE, make_image
from tests.sandbox.tiny import TINY_GUEST, errors_of, make_request

TORCH = Interpreter(framework="torch", executable=Path(sys.executable))


@pytest.fixture
def daemon(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> Daemon:
    """The real one, with volumes under a label of these tests' own."""
    monkeypatch.setattr(volumes, "VOLUME_LABEL", "org.grader.test-files")
    return Daemon(api)


@pytest.mark.parametrize("remote", [False, True])
def test_everything_is_in_it(tiny_image: str, remote: bool) -> None:
    """The image's Python and guest; its base's variables are unset, its folders that no run needs are empty."""
    program = """
import json, os, sys
def list_folder(path):
    try:
        return os.listdir(path)
    except PermissionError:
        return []
folders = ("/boot", "/home", "/media", "/mnt", "/root", "/run", "/srv", "/var")
print(json.dumps([sys.prefix, "FOREIGN" in os.environ, [f for f in folders if list_folder(f)]]), file=sys.stderr)
"""
    sandbox = DockerSandbox(image=tiny_image, guest=TINY_GUEST, remote=remote)

    assert errors_of(sandbox.run(make_request(program))) == ["/opt/venv", False, []]


def test_zygote_in_an_image(tiny_image: str) -> None:
    """Runs are forked in an image as well."""
    zygote = DockerSandbox(image=tiny_image, guest=TINY_GUEST).start_zygote(make_request("").launch)
    try:
        assert zygote.refusal is None
    finally:
        zygote.close()


def test_no_such_image(daemon: Daemon) -> None:
    """It is told with the command that builds one."""
    with pytest.raises(SandboxError, match="there is no image 'nobody:made'") as caught:
        find_image(daemon, "nobody:made", framework="torch", guest=TINY_GUEST)
    assert caught.value.command == "grade image build torch"


def test_another_guest_is_refused(daemon: Daemon, tiny_image: str, tmp_path: Path) -> None:
    """A guest of another version doesn't speak as this grader does."""
    (tmp_path / "__main__.py").write_text("pass\n")

    with pytest.raises(SandboxError, match="its guest isn't this one's"):
        find_image(daemon, tiny_image, framework="none", guest=tmp_path)


def test_another_framework_is_refused(tiny_image: str) -> None:
    """An image has one framework; runs that need none can be made in any."""
    with pytest.raises(SandboxError, match="the run needs torch"):
        DockerSandbox(image=tiny_image, guest=TINY_GUEST).prepare(make_request("", interpreter=TORCH).launch)


def test_image_that_isn_t_ours_is_refused(daemon: Daemon, tiny_image: str) -> None:
    """One that says nothing of what it holds."""
    with pytest.raises(SandboxError, match="no labels"):
        find_image(daemon, BASE, framework="none", guest=TINY_GUEST)


def test_image_with_volumes_is_refused(daemon: Daemon, tiny_image: str) -> None:
    """They would be folders on the daemon's disk, written without a limit."""
    image = make_image(daemon.api, TINY_GUEST, "VOLUME /data", kind="volumes")

    with pytest.raises(SandboxError, match="declares volumes"):
        find_image(daemon, image, framework="none", guest=TINY_GUEST)


def test_image_for_each_framework(tiny_image: str) -> None:
    """A run of a framework that no image is named for runs in this machine's own Python."""
    program = "import json, sys\nprint(json.dumps(sys.executable), file=sys.stderr)\n"
    sandbox = DockerSandbox(image={"torch": "nobody:made"}, guest=TINY_GUEST)

    assert errors_of(sandbox.run(make_request(program)))
    with pytest.raises(SandboxError, match="there is no image 'nobody:made'"):
        sandbox.prepare(make_request("", interpreter=TORCH).launch)


# ── files for a remote daemon ──


def test_mounts_go_into_a_volume(tiny_image: str, tmp_path: Path, daemon: Daemon) -> None:
    """Files and folders are there under their paths, as they are here, and can't be changed."""
    (tmp_path / "folder" / "below").mkdir(parents=True)
    (tmp_path / "folder" / "below" / "résumé ✓.txt").write_text("text")
    (tmp_path / "model.bin").write_bytes(os.urandom(3_000_000))
    mounts = (
        Mount(source=tmp_path / "model.bin", target="/weights/torch/model.bin"),
        Mount(source=tmp_path / "folder", target="/weights/keras"),
    )
    program = """
import json, os, sys
def can_write(path):
    try:
        open(path, "ab")
        return True
    except OSError:
        return False
model = "/weights/torch/model.bin"
text = open("/weights/keras/below/résumé ✓.txt").read()
print(json.dumps([os.path.getsize(model), text, can_write(model), can_write("/weights/new")]), file=sys.stderr)
"""
    sandbox = DockerSandbox(image=tiny_image, guest=TINY_GUEST, remote=True)
    try:
        assert errors_of(sandbox.run(make_request(program, mounts=mounts))) == [3_000_000, "text", False, False]
    finally:
        assert remove_volumes(daemon) == 1


def test_volume_is_named_by_what_it_holds(daemon: Daemon, tiny_image: str, tmp_path: Path) -> None:
    """The same content has one volume, another content another."""
    file = tmp_path / "file"
    bind = Bind(file, "/weights/file")
    names: list[str] = []
    for content in (b"one", b"two", b"one"):
        file.write_bytes(content)
        os.utime(file, ns=(0, len(names)))
        names += [mount["Source"] for mount in mount_volumes(daemon, tiny_image, [bind])]

    assert names[0] == names[2] != names[1]
    assert remove_volumes(daemon) == 2


def test_volume_that_was_broken_off_is_filled_again(
    daemon: Daemon, tiny_image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A grader that ends while it fills a volume leaves one without its mark."""
    (tmp_path / "file").write_bytes(b"content")
    bind = Bind(tmp_path / "file", "/weights/file")
    fill = volumes._fill
    filled = []

    def break_off(*arguments: object) -> None:
        raise KeyboardInterrupt

    def note(*arguments: object) -> None:
        filled.append(arguments)
        fill(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(volumes, "_fill", break_off)
    with pytest.raises(KeyboardInterrupt):
        mount_volumes(daemon, tiny_image, [bind])
    monkeypatch.setattr(volumes, "_fill", note)
    for _ in range(2):
        mount_volumes(daemon, tiny_image, [bind])

    assert len(filled) == 1
    assert remove_volumes(daemon) == 1
