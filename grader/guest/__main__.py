"""Start of the guest: `python -I <this folder>/__main__.py …`.

The folder isn't installed inside a sandbox, and with `-I` neither the current folder nor PYTHONPATH is searched. So the
folder is made the package `grader_guest` by hand, under a name that no submission has, and its modules import each
other relatively. Nothing of the host's `grader` is needed, wherever the folder is bound.

Python orders sets of strings differently in each process, unless PYTHONHASHSEED is set, which `-I` ignores. A regrade
must give what the grade gave, so the guest begins itself anew with `-s -P`, which is the rest of `-I`, and with no
variable of Python's but that one.
"""

import importlib
import importlib.util
import os
import sys
from pathlib import Path

__all__: list[str] = []

PACKAGE = "grader_guest"


def make_package(folder: Path) -> None:
    """Let `import grader_guest` find this folder."""
    spec = importlib.util.spec_from_file_location(
        PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{str(folder)!r} isn't the guest's folder: it has no __init__.py")
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)


def fix_hash_seed() -> None:
    """Begin anew with a fixed hash seed, where that's possible: same process, same descriptors.

    A sandbox that sets the seed and starts the guest with `-s -P` spares this. What is started inside inherits it.
    """
    if os.name != "posix" or not sys.flags.hash_randomization or sys.orig_argv[1:2] != ["-I"]:
        return
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    arguments = [sys.executable, "-s", "-P", *sys.orig_argv[2:]]
    os.execve(sys.executable, arguments, {**environment, "PYTHONHASHSEED": "0"})  # noqa: S606


if __name__ == "__main__":
    fix_hash_seed()
    make_package(Path(__file__).resolve().parent)
    sys.exit(importlib.import_module(f"{PACKAGE}.zygote").main(sys.argv[1:]))
