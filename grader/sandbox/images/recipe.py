"""What an image is built from: the Dockerfile's stages, the files that go along, and a digest of what is installed.

Docker's classic builder builds every stage that stands before the one that is wanted, and no context may hold anything
that isn't needed. So both are made here: a Dockerfile with only the stages of one framework, and a tar of named files.
"""

import hashlib
import io
import re
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from grader.errors import UsageError

__all__ = [
    "CONSTRAINTS",
    "DEFAULT_BASE",
    "FRAMEWORKS",
    "PACKAGES",
    "Recipe",
    "digest_packages",
    "find_checkout",
    "pack_context",
    "select_stages",
]

FRAMEWORKS = ("torch", "tensorflow")
DEFAULT_BASE = "python:3.11-slim-bookworm"
CONSTRAINTS: Mapping[str, str] = {"torch": "constraints.txt", "tensorflow": "constraints-tensorflow.txt"}
PACKAGES: Mapping[str, tuple[str, ...]] = {
    "torch": ("torch", "torchvision", "ipython", "matplotlib", "numpy", "safetensors"),
    "tensorflow": ("tensorflow-cpu", "ipython", "matplotlib", "numpy", "safetensors"),
}
"""What is installed on a CPU, as the Dockerfile says it; for a wheelhouse."""

_FROM = re.compile(r"^FROM\s+(?P<base>\S+)(?:\s+AS\s+(?P<name>\S+))?\s*$", re.IGNORECASE | re.MULTILINE)
_COPY_FROM = re.compile(r"^COPY\s+--from=(\S+)", re.IGNORECASE | re.MULTILINE)
_IN_MEMORY_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How an image is wanted."""

    framework: str
    base: str = DEFAULT_BASE
    device: str = "cpu"  # or "gpu"
    extra_index: str | None = None
    wheels: Path | None = None  # a folder of them; then nothing is asked of any index


def find_checkout() -> Path:
    """The folder with the Dockerfile.

    Raises:
        UsageError: the grader was installed without it.
    """
    folder = Path(__file__).resolve().parents[3]
    if not (folder / "Dockerfile").is_file():
        raise UsageError(
            f"no Dockerfile in {str(folder)!r}; images are built from a checkout of this project",
            command="pip install --editable <the checkout>",
        )
    return folder


def select_stages(dockerfile: str, target: str, *, but: Iterable[str] = ()) -> str:
    """A Dockerfile with the stages that one of them needs, and what stands before the first.

    Args:
        dockerfile: the whole text.
        target: the stage that is wanted.
        but: stages that are left out, though they are needed: there are images of those names.

    Raises:
        UsageError: there is no such stage.
    """
    starts = [match.start() for match in _FROM.finditer(dockerfile)]
    stages: dict[str, str] = {}
    for start, end in zip(starts, [*starts[1:], len(dockerfile)], strict=True):
        text = dockerfile[start:end]
        match = _FROM.match(text)
        assert match is not None
        stages[match["name"] or str(start)] = text.split("\n\n\n")[0].rstrip() + "\n"
    if target not in stages:
        raise UsageError(f"the Dockerfile has no stage {target!r}; it has {', '.join(stages)}")
    needed, waiting = set[str](), [target]
    while waiting:
        name = waiting.pop()
        if name in stages and name not in needed and name not in set(but):
            needed.add(name)
            waiting += [*_COPY_FROM.findall(stages[name]), *(match["base"] for match in _FROM.finditer(stages[name]))]
    return "\n".join([dockerfile[: starts[0]], *(stages[name] for name in stages if name in needed)])


def digest_packages(recipe: Recipe, checkout: Path) -> str:
    """What decides which packages are installed and how: the base's name, the pins, the Dockerfile's stages.

    Where they come from doesn't count: whoever changes that asks for a fresh installation.
    """
    stages = select_stages((checkout / "Dockerfile").read_text("utf-8"), f"{recipe.framework}-packages")
    pins = (checkout / CONSTRAINTS[recipe.framework]).read_text("utf-8")
    return hashlib.sha256("\0".join((recipe.base, recipe.device, pins, stages)).encode()).hexdigest()


def pack_context(dockerfile: str, *, folders: Mapping[str, Path], files: Mapping[str, Path]) -> IO[bytes]:
    """A build's context, as a tar at its beginning: the Dockerfile, some files, and Python files or wheels of folders.

    Names, owners and times of this machine don't go along.
    """
    context = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115  (the caller's)
    with tarfile.open(fileobj=context, mode="w", format=tarfile.PAX_FORMAT) as archive:
        _add(archive, "Dockerfile", io.BytesIO(dockerfile.encode()), len(dockerfile.encode()))
        sources = dict(files)
        for name, folder in folders.items():
            found = sorted((*folder.rglob("*.py"), *folder.glob("*.whl")))
            sources |= {f"{name}/{path.relative_to(folder).as_posix()}": path for path in found}
        for name, path in sources.items():
            with path.open("rb") as content:
                _add(archive, name, content, path.stat().st_size)
    context.seek(0)
    return context


def _add(archive: tarfile.TarFile, name: str, content: IO[bytes], size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o644
    archive.addfile(member, content)
