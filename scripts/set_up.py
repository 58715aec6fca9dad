"""Make one of the two environments, unless it is there and up to date.

    python3 scripts/set_up.py torch         .venv              the package (editable), its tools, PyTorch
    python3 scripts/set_up.py tensorflow    .venv-tensorflow   what the guest needs to run TensorFlow code

Standard library only, and readable by every Python 3: an old one is to get a message, not a syntax error. Where the
packages come from is pip's own business: its configuration file and its PIP_… variables are honoured as they are.

What was installed is remembered in a stamp inside the environment: digests of what it stands on and of all that decides
what is installed. The stamp is written last, so an installation that was broken off is done again.
"""

import hashlib
import platform
import subprocess
import sys
from pathlib import Path

OLDEST_PYTHON = (3, 11)
CHECKOUT = Path(__file__).resolve().parent.parent
STAMP = "set-up.sha256"

ENVIRONMENTS = {
    "torch": {
        "folder": ".venv",
        "constraints": "constraints.txt",
        "installed": (("setuptools",), ("--no-build-isolation", "--editable", ".[torch,watch,gpu,ray,import,dev]")),
    },
    "tensorflow": {
        "folder": ".venv-tensorflow",
        "constraints": "constraints-tensorflow.txt",
        "installed": (("tensorflow-cpu", "ipython", "matplotlib", "numpy", "safetensors"),),
    },
}


def main(arguments):
    """Set one environment up; the exit status is 0 when it is ready."""
    if len(arguments) != 1 or arguments[0] not in ENVIRONMENTS:
        return fail("usage: set_up.py " + " | ".join(ENVIRONMENTS))
    if sys.version_info < OLDEST_PYTHON:
        return fail(
            f"{sys.executable} is Python {platform.python_version()}; Python 3.11 or newer is needed",
            "Name another one:  make PYTHON=python3.12 …",
        )
    wanted = ENVIRONMENTS[arguments[0]]
    folder = CHECKOUT / wanted["folder"]
    stamp = folder / STAMP
    found = stamp.read_text().split() if stamp.is_file() else []
    foundation, content = digest_foundation(), digest_content(wanted)
    if found == [foundation, content]:
        return 0
    print(f"Setting up {folder.name} (the first time this takes some minutes) …", flush=True)
    status = 0 if found[:1] == [foundation] else make_environment(folder)
    return status or install(folder, wanted) or remember(stamp, foundation, content)


def digest_foundation():
    """A name for what an environment stands on: the interpreter, and the place that its scripts name."""
    return digest_parts(sys.version, sys.base_prefix, str(CHECKOUT))


def digest_content(wanted):
    """A name for all that decides what is installed: change one of them and it is installed again."""
    files = ("pyproject.toml", wanted["constraints"], "scripts/set_up.py")
    return digest_parts(*((CHECKOUT / name).read_text("utf-8") for name in files))


def digest_parts(*parts):
    """The digest of some texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def make_environment(folder):
    """Create an empty environment; returns an exit status."""
    base = getattr(sys, "_base_executable", None) or sys.executable
    if run([base, "-m", "venv", "--clear", str(folder)]) != 0:
        return fail(
            f"no virtual environment could be made in {str(folder)!r}",
            "On Debian and Ubuntu Python's venv module is a package of its own:  apt-get install python3-venv",
        )
    return 0


def install(folder, wanted):
    """Install into an environment what it is to have; returns an exit status."""
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    pip = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--progress-bar", "off"]
    pip += ["--constraint", wanted["constraints"]]
    for packages in wanted["installed"]:
        if run([*pip, *packages]) != 0:
            named = " ".join(package for package in packages if not package.startswith("--"))
            return fail(
                f"pip could not install {named} into {folder.name}; what it said stands above",
                "No network, or another index? pip takes it from its pip.conf, or from PIP_INDEX_URL and its like.",
                "Then run the same command again.",
            )
    return 0


def run(command):
    """Run a command in the checkout, its output where ours goes; returns its exit status."""
    return subprocess.call(command, cwd=str(CHECKOUT))


def remember(stamp, foundation, content):
    """Write down what is installed now."""
    stamp.write_text(f"{foundation}\n{content}\n")
    return 0


def fail(message, *details):
    """Say what is wrong and what would mend it."""
    print("error: " + message, file=sys.stderr)
    for detail in details:
        print("  " + detail, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
