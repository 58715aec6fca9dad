"""Which Python runs the guest, and where its parts lie. Decided without importing a framework."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from grader.errors import ProvisionError, SandboxError
from grader.sandbox.request import Interpreter

__all__ = ["FRAMEWORKS", "Layout", "find_interpreter", "read_layout"]

FRAMEWORKS: Mapping[str, str] = {"none": "numpy", "torch": "torch", "tensorflow": "tensorflow"}
"""The module whose presence says that an environment has a framework."""

_PACKAGES = {"torch": "torch torchvision", "tensorflow": "tensorflow-cpu"}
_QUESTION_SECONDS = 60.0

_LAYOUT_SCRIPT = """
import json, site, sys, sysconfig
print(json.dumps({
    "version": "%d.%d.%d" % sys.version_info[:3],
    "executable": getattr(sys, "_base_executable", None) or sys.executable,
    "prefix": sys.prefix,
    "base_prefix": sys.base_prefix,
    "library_folder": sys.platlibdir,
    "shared": bool(sysconfig.get_config_var("Py_ENABLE_SHARED")),
    "sites": site.getsitepackages(),
    "path": sys.path,
}))
"""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where the parts of a Python environment lie on this machine."""

    version: str
    executable: Path  # of the base installation, no link
    prefix: Path
    base_prefix: Path
    library_folder: str  # "lib", on some systems "lib64"
    shared: bool  # whether the executable needs libpython
    sites: tuple[Path, ...]  # the environment's own folders of packages
    system_sites: bool  # whether a virtual environment sees the base installation's packages as well

    @property
    def is_virtual(self) -> bool:
        """Whether this is a virtual environment."""
        return self.prefix != self.base_prefix

    @property
    def short_version(self) -> str:
        """ "3.12"."""
        return ".".join(self.version.split(".")[:2])


@lru_cache(maxsize=32)
def read_layout(executable: Path) -> Layout:
    """Ask an interpreter where its parts lie.

    Raises:
        SandboxError: it can't be started, or doesn't answer.
    """
    command = [str(executable), "-I", "-c", _LAYOUT_SCRIPT]
    try:
        answer = subprocess.run(
            command, capture_output=True, timeout=_QUESTION_SECONDS, check=True, stdin=subprocess.DEVNULL
        )
        facts = json.loads(answer.stdout.splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        raise SandboxError(
            f"the interpreter {str(executable)!r} doesn't answer: {error}; it should be a working Python 3.11 or newer"
        ) from error
    prefix, base_prefix = Path(facts["prefix"]), Path(facts["base_prefix"])
    sites = tuple(Path(folder) for folder in facts["sites"] if Path(folder).is_dir())
    if prefix != base_prefix:
        sites = tuple(folder for folder in sites if folder.is_relative_to(prefix))
    return Layout(
        version=facts["version"],
        executable=Path(os.path.realpath(facts["executable"])),
        prefix=prefix,
        base_prefix=Path(os.path.realpath(base_prefix)),
        library_folder=facts["library_folder"],
        shared=facts["shared"],
        sites=sites,
        system_sites=_sees_base_packages(prefix),
    )


def find_interpreter(framework: str, *, overrides: Mapping[str, Path] | None = None) -> Interpreter:
    """The environment in which a framework's guest runs.

    An override stands first; then the running interpreter, where it can import the framework; then the sibling
    environment, `.venv-tensorflow` beside `.venv`.

    Raises:
        ProvisionError: none of them is there; the command says how to make one.
    """
    if framework not in FRAMEWORKS:
        raise ProvisionError(f"no framework {framework!r} is known; there are {', '.join(FRAMEWORKS)}")
    named = (overrides or {}).get(framework)
    if named is not None:
        if not named.is_file():
            raise ProvisionError(f"no interpreter {str(named)!r}; it was named for the framework {framework!r}")
        return Interpreter(framework=framework, executable=named)
    if importlib.util.find_spec(FRAMEWORKS[framework]) is not None:
        return Interpreter(framework=framework, executable=Path(sys.executable))
    sibling = Path(f"{sys.prefix}-{framework}")
    if _has_module(sibling, FRAMEWORKS[framework]):
        return Interpreter(framework=framework, executable=_executable_of(sibling))
    raise _missing(framework, sibling)


def _missing(framework: str, sibling: Path) -> ProvisionError:
    packages = _PACKAGES.get(framework, "numpy")
    return ProvisionError(
        f"no environment with {framework!r} was found: neither {sys.prefix!r} nor {str(sibling)!r} has it",
        command=f"{sys.executable} -m venv {sibling} && "
        f"{_executable_of(sibling)} -m pip install {packages} numpy safetensors ipython",
    )


def _executable_of(environment: Path) -> Path:
    return environment / "Scripts" / "python.exe" if os.name == "nt" else environment / "bin" / "python"


def _has_module(environment: Path, module: str) -> bool:
    if not _executable_of(environment).exists():
        return False
    return any(environment.glob(f"[Ll]ib*/python3*/site-packages/{module}")) or any(
        environment.glob(f"[Ll]ib/site-packages/{module}")
    )


def _sees_base_packages(prefix: Path) -> bool:
    try:
        lines = (prefix / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    settings = {
        name.strip().lower(): value.strip().lower() for name, _, value in (line.partition("=") for line in lines)
    }
    return settings.get("include-system-site-packages") == "true"
