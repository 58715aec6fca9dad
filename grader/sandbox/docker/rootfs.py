"""The root folder of a container that runs the host's own Python: an image of a few kilobytes, made from the policy.

It holds what a policy says in links and small files, and an empty place for each thing that is bound: no program. It is
a tar that is the same, byte for byte, each time, so its digest is its name and says whether an image that is there is
the one that is wanted. It is made once, and read-only in every container.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from grader.errors import SandboxError
from grader.sandbox.docker.control import CONTROL_FOLDER
from grader.sandbox.docker.daemon import Daemon, daemon_faults
from grader.sandbox.policy import Policy

__all__ = ["ROOT_LABEL", "USERS", "provide_root", "remove_roots", "root_tar"]

REPOSITORY = "grader-root"
ROOT_LABEL = "org.grader.root"
USERS = range(64000, 65000)
"""Unprivileged users of containers, one at random for each. They go by the name of the policy's user."""

_FOLDERS = ("/dev", "/proc", "/sys", "/etc", "/tmp", CONTROL_FOLDER)  # noqa: S108  (inside)
_MOST_ROOTS = 16


@dataclass(frozen=True)
class _Entry:
    kind: bytes
    content: str = ""  # of a file; of a link, where it points to


def root_tar(policy: Policy) -> bytes:
    """The root folder of a policy's containers. What is bound below /weights gets its place when a container starts."""
    entries: dict[str, _Entry] = {folder: _Entry(tarfile.DIRTYPE) for folder in _FOLDERS}
    for bind in policy.binds:
        if not bind.target.startswith("/weights/"):
            entries[bind.target] = _Entry(tarfile.DIRTYPE if bind.source.is_dir() else tarfile.REGTYPE)
    entries |= {path: _Entry(tarfile.SYMTYPE, to) for path, to in policy.links.items()}
    entries |= {path: _Entry(tarfile.REGTYPE, _for_users(path, text)) for path, text in policy.texts.items()}
    parents = {str(parent) for path in entries for parent in PurePosixPath(path).parents if str(parent) != "/"}
    entries = dict.fromkeys(parents - entries.keys(), _Entry(tarfile.DIRTYPE)) | entries
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(entries):
            _add_entry(archive, path, entries[path])
    return content.getvalue()


def _for_users(path: str, text: str) -> str:
    """`/etc/passwd` and `/etc/group` with a line for each of the users, all of one name."""
    words = text.splitlines()[0].split(":") if path in ("/etc/passwd", "/etc/group") else []
    lines = [":".join(str(user) if word == words[2] else word for word in words) for user in USERS if words]
    return "".join(f"{line}\n" for line in (*text.splitlines(), *lines)) if words else text


def _add_entry(archive: tarfile.TarFile, path: str, entry: _Entry) -> None:
    member = tarfile.TarInfo(path.lstrip("/"))
    member.type, member.mode = entry.kind, 0o644 if entry.kind == tarfile.REGTYPE else 0o755
    if entry.kind == tarfile.SYMTYPE:
        member.linkname = entry.content
        archive.addfile(member)
        return
    content = entry.content.encode()
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def provide_root(daemon: Daemon, policy: Policy) -> str:
    """The id of the image with a policy's root folder, made where it isn't there yet.

    Raises:
        SandboxError: it can't be made, or what the daemon has under its name is something else.
    """
    content = root_tar(policy)
    digest = hashlib.sha256(content).hexdigest()
    tag = digest[:32]
    found = _find_image(daemon, f"{REPOSITORY}:{tag}")
    if found is None:
        _remove_oldest(daemon)
        with daemon_faults("the container's root folder can't be made"):
            changes = [f"LABEL {ROOT_LABEL}={digest}"]
            answer = daemon.api.import_image_from_data(content, repository=REPOSITORY, tag=tag, changes=changes)
            found = daemon.api.inspect_image(_imported_id(answer))
    if found["RootFS"].get("Layers") != [f"sha256:{digest}"]:
        raise SandboxError(
            f"the image {REPOSITORY}:{tag} isn't what its name says", command=f"docker rmi {REPOSITORY}:{tag}"
        )
    return str(found["Id"])


def _find_image(daemon: Daemon, name: str) -> Mapping[str, Any] | None:
    from docker.errors import ImageNotFound

    with daemon_faults("the Docker daemon's images can't be looked at"):
        try:
            found: Mapping[str, Any] = daemon.api.inspect_image(name)
        except ImageNotFound:
            return None
    return found


def _imported_id(answer: str) -> str:
    """The image's id: the last word of what the daemon says, a JSON object a line."""
    said = [json.loads(line) for line in answer.splitlines() if line.strip()]
    if not said or "status" not in said[-1]:
        raise SandboxError(f"the container's root folder can't be made: the daemon answers {answer[:200]!r}")
    return str(said[-1]["status"])


def remove_roots(daemon: Daemon) -> int:
    """Remove every root folder that no container uses. How many are gone; they are made again when needed."""
    return _remove(daemon, _list_roots(daemon))


def _remove_oldest(daemon: Daemon) -> None:
    """Keep the number of root folders bounded: each Python environment has one, and a new one for each change."""
    found = sorted(_list_roots(daemon), key=lambda image: int(image["Created"]))
    _remove(daemon, found[: max(0, len(found) - _MOST_ROOTS + 1)])


def _list_roots(daemon: Daemon) -> list[Mapping[str, Any]]:
    with daemon_faults("the Docker daemon's images can't be looked at"):
        return list(daemon.api.images(filters={"label": ROOT_LABEL}))


def _remove(daemon: Daemon, images: Iterable[Mapping[str, Any]]) -> int:
    from docker.errors import APIError

    removed = 0
    for image in images:
        with daemon_faults("an image can't be removed"):
            try:
                daemon.api.remove_image(image["Id"])
            except APIError as error:
                if error.status_code not in (404, 409):  # gone already; in use
                    raise
                continue
        removed += 1
    return removed
