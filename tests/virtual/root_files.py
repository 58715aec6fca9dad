"""Which of this machine's files a virtual machine needs to run our tests: Python, packages, libraries, the checkout.

Every file keeps its path, so that nothing in it need know that it was moved. Links are kept as links.
"""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["collect_files"]

ROOT = Path(__file__).parents[2]
COMMANDS = ("bwrap", "sh", "sleep", "true", "env", "cat", "ls", "id")
LEFT_OUT = frozenset(
    ("test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3", "site-packages", "config")
)
SYSTEM_LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/passwd", "/etc/group")
LIBRARY = re.compile(r"(/[^ ()]+) \(0x")


def collect_files(packages: Iterable[str]) -> dict[Path, Path]:
    """Files, folders and links of the new root by their paths there, parents first; each with its source here."""
    found: dict[Path, Path] = {}
    for place in (*SYSTEM_LINKS, *SYSTEM_FILES):
        add(found, Path(place))
    commands = [Path(command) for name in COMMANDS if (command := shutil.which(name))]
    for path in (*commands, *list_python(), *list_packages(packages), *list_checkout()):
        add(found, path)
    for needed in list_libraries([path for path in found if is_program(path)]):
        add(found, needed)
    return found


def add(found: dict[Path, Path], path: Path) -> None:
    """A path with everything above it; of a link also what it leads to."""
    place = Path("/")
    for number, part in enumerate(path.parts[1:], 2):
        place = place / part
        if place.is_symlink():
            found.setdefault(place, place)
            target = Path(os.path.normpath(place.parent / place.readlink()))
            add(found, target.joinpath(*path.parts[number:]))
            return
        if place.exists():
            found.setdefault(place, place)


def list_python() -> Iterator[Path]:
    """The base installation and the virtual environment, without packages."""
    base = Path(os.path.realpath(sys.executable))
    yield base
    for name in ("stdlib", "platstdlib"):
        yield from walk(Path(sysconfig.get_path(name, vars={"base": sys.base_prefix, "platbase": sys.base_prefix})))
    library = sysconfig.get_config_var("LDLIBRARY")
    folder = sysconfig.get_config_var("LIBDIR")
    if library and folder and (Path(folder) / library).exists():
        yield Path(folder) / library
    for path in (Path(sys.prefix) / "pyvenv.cfg", *(Path(sys.prefix) / "bin").glob("python*")):
        if path.exists():
            yield path


def list_packages(names: Iterable[str]) -> Iterator[Path]:
    """The files of installed distributions and of all that they need."""
    waiting, seen = list(names), set[str]()
    while waiting:
        name = re.split(r"[\s;<>=!~\[(]", waiting.pop(), maxsplit=1)[0].lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system or another Python
        waiting += [need for need in distribution.requires or () if "extra ==" not in need]
        for file in distribution.files or ():
            path = Path(os.path.normpath(str(distribution.locate_file(file))))
            if path.is_file() and path.is_relative_to(sys.prefix) and "tests" not in path.parts:
                yield path


def list_checkout() -> Iterator[Path]:
    """The program and its tests, as they are in the working tree."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z", "--", "grader", "tests", "pyproject.toml"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    yield from (ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file())


def walk(folder: Path) -> Iterator[Path]:
    """The files below a folder, without what no program needs to run."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in LEFT_OUT and not name.startswith("config-")]
        yield from (Path(place) / name for name in names)


def is_program(path: Path) -> bool:
    """Whether a file may need libraries."""
    if path.is_symlink() or not path.is_file() or (".so" not in path.name and not os.access(path, os.X_OK)):
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def list_libraries(programs: Iterable[Path]) -> set[Path]:
    """What the linker would load for them."""
    said = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, check=False).stdout
    return {Path(path) for path in LIBRARY.findall(said)}
