"""The environments of the other two graders, in build/peers, and the checkpoint where torchvision looks for it."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import ROOT

__all__ = ["NBGRADER", "OTTER", "Environment", "link_checkpoint", "make_environment", "read_versions"]

PEERS = ROOT / "build" / "peers"
FRAMEWORK = ("torch==2.13.0", "torchvision==0.28.0")
OPERATORS = "grader/guest/torchvision_operators.py"
HOOK = '''"""Lets `import torchvision` work where its compiled part doesn't fit the installed torch."""

import importlib.abc
import importlib.machinery
import sys


class Finder(importlib.abc.MetaPathFinder):
    """Defines torchvision's two operators when it is about to be imported, then is gone."""

    def find_spec(self, name, path=None, target=None):
        if name == "torchvision":
            sys.meta_path.remove(self)
            import benchmark_operators

            benchmark_operators.define_operators()
        return None


sys.meta_path.insert(0, Finder())
'''


@dataclass(frozen=True, kw_only=True)
class Environment:
    """An environment that is made by `pip install` of these packages, and what of it is named in the results."""

    name: str
    packages: Sequence[str]
    named: Sequence[str]

    @property
    def folder(self) -> Path:
        """Where it is."""
        return PEERS / self.name

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    def variables(self, torch_home: Path, *, threads: int | None = None) -> Mapping[str, str]:
        """What its commands find in their environment."""
        path = f"{self.folder / 'bin'}:/usr/local/bin:/usr/bin:/bin"
        found = {"PATH": path, "TORCH_HOME": str(torch_home)}
        return found if threads is None else {**found, "OMP_NUM_THREADS": str(threads)}


NBGRADER = Environment(
    name="nbgrader",
    packages=("nbgrader==0.9.6", "ipykernel", *FRAMEWORK),
    named=("nbgrader", "nbconvert", "nbclient", "ipykernel", "torch", "torchvision", "numpy"),
)
OTTER = Environment(
    name="otter",
    packages=("otter-grader==7.0.0", "ipykernel", *FRAMEWORK),
    named=("otter-grader", "nbconvert", "nbclient", "ipykernel", "torch", "torchvision", "numpy"),
)


def make_environment(environment: Environment) -> None:
    """Make an environment, unless it is there as it should be."""
    hook = (ROOT / OPERATORS).read_text("utf-8")
    wanted = hashlib.sha256(json.dumps([*environment.packages, hook, HOOK, sys.version]).encode()).hexdigest()
    stamp = environment.folder / "set-up.sha256"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    if not environment.python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(environment.folder)], check=True)
    install = [str(environment.python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([*install, *environment.packages], check=True)
    (packages,) = environment.folder.glob("lib/python*/site-packages")
    (packages / "benchmark_operators.py").write_text(hook)
    (packages / "benchmark_hook.py").write_text(HOOK)
    (packages / "benchmark.pth").write_text("import benchmark_hook\n")
    stamp.write_text(wanted)


def read_versions(environment: Environment) -> dict[str, str]:
    """The versions of what is named in the results."""
    program = "import importlib.metadata as m, json, sys; print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"
    command = [str(environment.python), "-c", program, *environment.named]
    found: dict[str, str] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def link_checkpoint(torch_home: Path, checkpoint: Path) -> None:
    """Put a checkpoint where torchvision's own loading call looks before it would ask the network."""
    folder = torch_home / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / checkpoint.name).symlink_to(checkpoint)
