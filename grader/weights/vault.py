"""The vault: checkpoints on this machine's disk, each with a manifest. Nothing here reads what is in a checkpoint.

    <home>/weights/<name>/real.json            the manifest of the published checkpoint
    <home>/weights/<name>/standin.json         the manifest of a stand-in
    <home>/weights/<name>/<kind>-<digest>/     a folder of its own for each content, never changed: the file under the
                                               name that torchvision or Keras looks for

A folder is made whole beside its place and renamed, then the manifest is written beside its place and renamed: two
graders that provision the same weights at once do the same work twice, and each finds whole files at any time. A real
checkpoint and a stand-in have manifests of their own, and the real one is taken whenever there is one, so neither
order of provisioning lets a stand-in replace it.

The file's size and time of change are compared each time it is used; its digest when these differ, or on request.
"""

import contextlib
import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from grader.durable import flush
from grader.errors import ProvisionError
from grader.limits import MIB
from grader.sandbox.request import Mount
from grader.weights.catalogue import CATALOGUE, Checkpoint, Library, find_checkpoint
from grader.weights.manifest import Entry, WeightsKind, damaged, describe, read_manifest, write_manifest

__all__ = ["State", "Status", "Vault", "digest_file", "mount_checkpoint"]

FOLDERS_INSIDE: dict[Library, str] = {"torchvision": "/weights/torch/hub/checkpoints", "keras": "/weights/keras/models"}
ENVIRONMENT: dict[Library, dict[str, str]] = {
    "torchvision": {"TORCH_HOME": "/weights/torch"},
    "keras": {"KERAS_HOME": "/weights/keras"},
}
ABANDONED_SECONDS = 24 * 60 * 60


class State(Enum):
    """What is to be said about one checkpoint's file."""

    READY = "ready"
    MISSING = "missing"
    DAMAGED = "damaged"


@dataclass(frozen=True, kw_only=True)
class Status:
    """One checkpoint as `grade weights status` shows it. `entry` is None where it is missing; `problem` says what is
    wrong with a damaged one."""

    checkpoint: Checkpoint
    state: State
    entry: Entry | None = None
    problem: str | None = None


class Vault:
    """The checkpoints in one home folder."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "weights"

    def find(self, name: str) -> Entry | None:
        """What the vault has under a name: the real checkpoint before a stand-in, None where there is neither.

        Raises:
            UsageError: no checkpoint of that name is known.
            ProvisionError: the file isn't what its manifest says.
        """
        for kind in WeightsKind:
            entry = self.find_kind(name, kind)
            if entry is not None:
                return confirm(entry, self.manifest_path(name, kind))
        return None

    def find_kind(self, name: str, kind: WeightsKind) -> Entry | None:
        """What the vault has of one kind, by its manifest alone.

        Raises:
            UsageError: no checkpoint of that name is known.
            ProvisionError: the manifest can't be read.
        """
        checkpoint = find_checkpoint(name)
        path = self.manifest_path(name, kind)
        try:
            text = path.read_text("utf-8")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ProvisionError(f"the vault can't be read: {path}: {error.strerror}") from error
        return read_manifest(text, checkpoint, kind, folder=self.entry_folder(name))

    def find_whole(self, name: str, kind: WeightsKind) -> Entry | None:
        """What the vault has of one kind, if its file is whole: None says that it is to be made again.

        Raises:
            UsageError: no checkpoint of that name is known.
        """
        try:
            entry = self.find_kind(name, kind)
            if entry is not None:
                compare_digest(entry)
        except ProvisionError:
            return None
        return entry

    def require(self, names: Sequence[str], *, needed_by: str | None = None) -> tuple[Entry, ...]:
        """The entries of all these names. `needed_by` is the assignment, for the message.

        Raises:
            UsageError: no checkpoint of that name is known.
            ProvisionError: some aren't there, or a file isn't what its manifest says.
        """
        found = {name: self.find(name) for name in names}
        missing = [find_checkpoint(name) for name, entry in found.items() if entry is None]
        if missing:
            raise explain_missing(missing, needed_by)
        return tuple(entry for entry in found.values() if entry is not None)

    def path_of(self, name: str) -> Path:
        """The file on this machine. Raises as `require` does."""
        return self.require([name])[0].path

    def mounts(self, names: Sequence[str], *, needed_by: str | None = None) -> tuple[Mount, ...]:
        """The files as a run may read them, where the libraries look for them. Raises as `require` does."""
        return tuple(mount_checkpoint(e.name, e.path) for e in self.require(names, needed_by=needed_by))

    def environment(self, names: Sequence[str]) -> dict[str, str]:
        """The variables that tell the libraries where their caches are inside."""
        libraries = {find_checkpoint(name).library for name in names}
        return {key: value for library in sorted(libraries) for key, value in ENVIRONMENT[library].items()}

    def inside(self, names: Sequence[str]) -> dict[str, str]:
        """For each name its path inside."""
        return {name: path_inside(find_checkpoint(name)) for name in names}

    def checkpoints(self, names: Sequence[str]) -> dict[str, Mapping[str, int]]:
        """For each name its tensors: digest -> how many have it. Raises as `require` does."""
        return {entry.name: entry.tensors for entry in self.require(names)}

    def digests(self, names: Sequence[str]) -> dict[str, str]:
        """For each name "real:sha256:…" or "standin:sha256:…": equal exactly where the same bytes are used.

        Raises as `require` does.
        """
        return {entry.name: f"{entry.kind.value}:sha256:{entry.sha256}" for entry in self.require(names)}

    def kinds(self, names: Sequence[str]) -> dict[str, WeightsKind]:
        """For each name what would be used. Raises as `require` does."""
        return {entry.name: entry.kind for entry in self.require(names)}

    def list_status(self, names: Sequence[str] | None = None, *, verify: bool = False) -> tuple[Status, ...]:
        """The state of these checkpoints, or of all known ones. `verify` reads every file and compares its digest.

        Raises:
            UsageError: no checkpoint of that name is known.
        """
        return tuple(self.examine(find_checkpoint(name), verify=verify) for name in names or CATALOGUE)

    def examine(self, checkpoint: Checkpoint, *, verify: bool) -> Status:
        """The state of one checkpoint."""
        try:
            entry = self.find(checkpoint.name)
            if entry is not None and verify:
                compare_digest(entry)
        except ProvisionError as error:
            return Status(checkpoint=checkpoint, state=State.DAMAGED, problem=error.message)
        state = State.MISSING if entry is None else State.READY
        return Status(checkpoint=checkpoint, state=state, entry=entry)

    @contextlib.contextmanager
    def open_workplace(self, name: str) -> Iterator[Path]:
        """A new empty folder beside the entries of `name`, in which a file is got ready; gone afterwards.

        Raises:
            UsageError: no checkpoint of that name is known.
            ProvisionError: no folder can be made there.
        """
        find_checkpoint(name)
        parent = self.entry_folder(name)
        try:
            parent.mkdir(parents=True, exist_ok=True)
            remove_abandoned(parent)
            folder = Path(tempfile.mkdtemp(prefix=".part-", dir=parent))
        except OSError as error:
            raise ProvisionError(f"the vault can't be written: {parent}: {error.strerror}") from error
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def keep(self, name: str, kind: WeightsKind, file: Path, *, tensors: Mapping[str, int]) -> Entry:
        """Take a finished file out of its workplace into the vault. The file is moved, its folder too.

        Raises:
            ProvisionError: the disk is full or can't be written.
        """
        checkpoint = find_checkpoint(name)
        assert file.name == checkpoint.file, "the library would not find it"
        try:
            sha256 = digest_file(file)
            file.chmod(0o644)  # a sandbox reads it as another user
            flush(file)
            folder = settle(file.parent, self.entry_folder(name) / f"{kind.value}-{sha256[:16]}")
            entry = describe(checkpoint, kind, folder / file.name, sha256=sha256, tensors=tensors)
            write_manifest(self.manifest_path(name, kind), entry)
        except OSError as error:
            raise ProvisionError(f"{name!r} can't be kept in {self.folder}: {error.strerror or error}") from error
        return entry

    def entry_folder(self, name: str) -> Path:
        """The folder of one checkpoint. `name` is one of the catalogue's, so it is safe as a path."""
        return self.folder / name

    def manifest_path(self, name: str, kind: WeightsKind) -> Path:
        """Where the manifest of one kind is."""
        return self.entry_folder(name) / f"{kind.value}.json"


def mount_checkpoint(name: str, source: Path) -> Mount:
    """A file as a run may read it, under the path at which its library looks for that checkpoint."""
    return Mount(source=source, target=path_inside(find_checkpoint(name)))


def path_inside(checkpoint: Checkpoint) -> str:
    """Where a checkpoint is inside."""
    return f"{FOLDERS_INSIDE[checkpoint.library]}/{checkpoint.file}"


def digest_file(path: Path) -> str:
    """The SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def confirm(entry: Entry, manifest: Path) -> Entry:
    """The entry, once its file is known to be what the manifest says.

    A copied home has other times: the digest decides, and the manifest is brought up to date.
    """
    try:
        found = entry.path.stat()
    except OSError as error:
        raise damaged(entry.name, entry.kind, f"{entry.path}: {error.strerror}") from error
    if found.st_size == entry.size_bytes and found.st_mtime_ns == entry.changed_ns:
        return entry
    compare_digest(entry)
    renewed = replace(entry, changed_ns=found.st_mtime_ns)
    with contextlib.suppress(OSError):  # a vault that can't be written works; it computes the digest at each use
        write_manifest(manifest, renewed)
    return renewed


def compare_digest(entry: Entry) -> None:
    """Read the whole file.

    Raises:
        ProvisionError: its digest isn't the manifest's, or it can't be read.
    """
    try:
        found = digest_file(entry.path)
    except OSError as error:
        raise damaged(entry.name, entry.kind, f"{entry.path}: {error.strerror}") from error
    if found != entry.sha256:
        raise damaged(entry.name, entry.kind, f"{entry.path} has the SHA-256 {found[:16]}…, not {entry.sha256[:16]}…")


def explain_missing(missing: Sequence[Checkpoint], needed_by: str | None) -> ProvisionError:
    """What to say about checkpoints that aren't there, and both ways to get them."""
    first = missing[0]
    what = f"{first.title}'s weights ({round(first.about_bytes / MIB)} MB)"
    if len(missing) > 1:
        what = f"{len(missing)} checkpoints ({round(sum(c.about_bytes for c in missing) / MIB)} MB)"
    which = needed_by or " ".join(checkpoint.name for checkpoint in missing)
    they = "they aren't on this machine"
    return ProvisionError(
        f"{needed_by} needs {what}, and {they}" if needed_by else f"{what} are needed, and {they}",
        details=(
            *(f"{c.name} from {c.source} ({c.licence})" for c in missing),
            f"Get them once:                  grade weights fetch {which}",
            "No network? A stand-in (scores are marked as such, never post them):",
            f"                                grade weights standin {which}",
        ),
    )


def settle(folder: Path, place: Path) -> Path:
    """Rename a finished folder to its place. The place is named by content: who finds it taken by a whole folder has
    lost a race and nothing else."""
    folder.chmod(0o755)
    try:
        folder.rename(place)
    except OSError:
        if not replace_damaged(folder, place):
            raise
    flush(place.parent)
    return place


def replace_damaged(folder: Path, place: Path) -> bool:
    """Put each file of the folder in place of the one there, which may be damaged; False if no folder is there."""
    if not place.is_dir():
        return False
    for file in folder.iterdir():
        file.replace(place / file.name)
    return True


def remove_abandoned(parent: Path) -> None:
    """Remove what a grader that was killed left behind, once it is a day old."""
    for folder in parent.glob(".part-*"):
        with contextlib.suppress(FileNotFoundError):  # another grader has just finished with it
            if time.time() - folder.stat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
