"""Files for the runs of a remote daemon: a volume that is read-only in every run, named by what it holds.

Theory of operation
-------------------
Nothing of this machine can be bound into a remote daemon's containers, so what a launch mounts is sent once, as a
tar, to a volume: through a container of the run's image that is made for it and never started. The volume's name is
the digest of paths and contents. The last thing that is written is a mark that says it is complete; one without the
mark was broken off, and is filled again. Whoever fills it holds a container of a fixed name meanwhile, so that nobody
else does, and which is removed like any when its owner is killed.
"""

import hashlib
import io
import tarfile
import tempfile
import time
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from grader.errors import SandboxError
from grader.limits import MIB
from grader.sandbox.docker.daemon import Daemon, daemon_faults
from grader.sandbox.docker.leftovers import owner_labels, remove_container, remove_left_behind
from grader.sandbox.ownership import own_name
from grader.sandbox.policy import Bind

__all__ = ["VOLUME_LABEL", "mount_volumes", "remove_volumes"]

VOLUME_LABEL = "org.grader.files"
_MARK = ".grader-complete"
_INSIDE = "/volume"
_WAIT_SECONDS = 600.0
_LOOK_SECONDS = 0.5
_MEMORY_BYTES = 64 * MIB


def mount_volumes(daemon: Daemon, image: str, binds: Sequence[Bind]) -> list[dict[str, Any]]:
    """What binds would show, as read-only mounts of volumes, filled where they aren't yet: one for each folder below /.

    Raises:
        SandboxError: a volume can't be made or filled.
    """
    tops: dict[str, list[Bind]] = {}
    for bind in binds:
        tops.setdefault(PurePosixPath(bind.target).parts[1], []).append(bind)
    return [
        {
            "Type": "volume",
            "Source": _provide_volume(daemon, image, top, content),
            "Target": f"/{top}",
            "ReadOnly": True,
            "VolumeOptions": {"NoCopy": True},
        }
        for top, content in tops.items()
    ]


def remove_volumes(daemon: Daemon) -> int:
    """Remove every volume of files that no container uses. How many are gone; they are filled again when needed."""
    from docker.errors import APIError

    removed = 0
    with daemon_faults("the Docker daemon's volumes can't be removed"):
        for volume in daemon.api.volumes(filters={"label": VOLUME_LABEL}).get("Volumes") or ():
            try:
                daemon.api.remove_volume(volume["Name"])
            except APIError as error:
                if error.status_code not in (404, 409):
                    raise
                continue
            removed += 1
    return removed


def _provide_volume(daemon: Daemon, image: str, top: str, binds: Sequence[Bind]) -> str:
    files = sorted(_list_files(top, binds))
    digest = hashlib.sha256()
    for path, source in files:
        digest.update(f"{path}\0{_digest_file(source, *_identify(source))}\n".encode())
    name = f"grader-files-{digest.hexdigest()[:32]}"
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        filler = _take_filler(daemon, image, name)
        if filler is not None:
            break
        if time.monotonic() > deadline:
            raise SandboxError(f"the volume {name} is being filled by someone else, for ten minutes now")
        time.sleep(_LOOK_SECONDS)
        remove_left_behind(daemon)
    try:
        if not _is_complete(daemon, filler):
            _fill(daemon, filler, files)
    finally:
        remove_container(daemon, filler)
    return name


def _list_files(top: str, binds: Iterable[Bind]) -> Iterable[tuple[str, Path]]:
    """The files by their paths below the volume's own root."""
    for bind in binds:
        inside = PurePosixPath(bind.target).relative_to(f"/{top}")
        if bind.source.is_dir():
            for path in bind.source.rglob("*"):
                if path.is_file():
                    yield str(inside / path.relative_to(bind.source).as_posix()), path
        else:
            yield str(inside), bind.source


def _identify(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


@lru_cache(maxsize=4096)
def _digest_file(path: Path, inode: int, size: int, changed: int) -> str:
    """A file's digest, taken again when its identity has changed."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _take_filler(daemon: Daemon, image: str, volume: str) -> str | None:
    """The container by which a volume is looked at and filled; None while another has it."""
    from docker.errors import APIError

    configuration = {
        "Image": image,
        "Entrypoint": ["/nothing"],
        "Labels": owner_labels(own_name()),
        "HostConfig": {
            "NetworkMode": "none",
            "LogConfig": {"Type": "none", "Config": {}},
            "Memory": _MEMORY_BYTES,
            "Mounts": [{"Type": "volume", "Source": volume, "Target": _INSIDE, "VolumeOptions": {"NoCopy": True}}],
        },
    }
    with daemon_faults(f"the volume {volume} can't be filled"):
        daemon.api.create_volume(volume, labels={VOLUME_LABEL: volume})
        try:
            return str(daemon.api.create_container_from_config(configuration, f"{volume}.filler")["Id"])
        except APIError as error:
            if error.status_code != 409:
                raise
            return None


def _is_complete(daemon: Daemon, filler: str) -> bool:
    from docker.errors import NotFound

    with daemon_faults("a volume can't be looked at"):
        try:
            stream, _ = daemon.api.get_archive(filler, f"{_INSIDE}/{_MARK}")
        except NotFound:
            return False
        for _ in stream:
            pass
    return True


def _fill(daemon: Daemon, filler: str, files: Sequence[tuple[str, Path]]) -> None:
    with daemon_faults("a volume can't be filled"):
        with tempfile.TemporaryFile() as spool:
            with tarfile.open(fileobj=spool, mode="w", format=tarfile.PAX_FORMAT) as archive:
                _add_folders(archive, (path for path, _ in files))
                for path, source in files:
                    with source.open("rb") as content:
                        archive.addfile(_describe(path, source.stat().st_size), content)
            spool.seek(0)
            daemon.api.put_archive(filler, _INSIDE, spool)
        mark = io.BytesIO()
        with tarfile.open(fileobj=mark, mode="w", format=tarfile.PAX_FORMAT) as archive:
            archive.addfile(_describe(_MARK, 0))
        daemon.api.put_archive(filler, _INSIDE, mark.getvalue())


def _add_folders(archive: tarfile.TarFile, paths: Iterable[str]) -> None:
    folders = {str(parent) for path in paths for parent in PurePosixPath(path).parents} - {"."}
    for folder in sorted(folders):
        member = _describe(folder, 0)
        member.type, member.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(member)


def _describe(path: str, size: int) -> tarfile.TarInfo:
    """Belonging to root, and readable by everyone."""
    member = tarfile.TarInfo(path)
    member.size, member.mode = size, 0o644
    return member
