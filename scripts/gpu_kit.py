"""Carry the tests marked `gpu` to a machine that has a graphics processor and PyTorch with CUDA, but no network.

    python3 scripts/gpu_kit.py pack [3.12]    here: build/gpu-kit, what the tests need besides PyTorch and numpy, for
                                              that Python (default: the one that runs this); bubblewrap too
    python3 scripts/gpu_kit.py test […]       there, from the checkout: an environment over that Python, then the tests;
                                              further words go to pytest

The environment is made beside the kit and sees the packages of the Python that makes it; where that Python is a virtual
environment's, the packages are added to this one. Nothing else there is changed, but for /usr/local/bin/bwrap, where
there is no bubblewrap and root runs this.
"""

import os
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
KIT = CHECKOUT / "build" / "gpu-kit"
TESTS = "tests/sandbox/gpu/test_on_hardware.py"
OURS_THERE = ("numpy",)  # comes with PyTorch, and must be the one that it was built for


def main(arguments: list[str]) -> int:
    """Pack or test; the exit status is that of what was done."""
    if arguments[:1] == ["pack"]:
        return pack(arguments[1] if len(arguments) > 1 else "{}.{}".format(*sys.version_info[:2]))
    if arguments[:1] == ["test"]:
        return test(arguments[1:])
    print(__doc__.strip())
    return 2


def pack(python: str) -> int:
    """Gather what the tests need, for that version of Python, on Linux and this machine's kind of processor."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["gpu"], "pytest>=8"]
    packages = KIT / "packages"
    shutil.rmtree(KIT, ignore_errors=True)
    machine = os.uname().machine
    platforms = [f"--platform=manylinux{glibc}_{machine}" for glibc in ("_2_28", "2014", "_2_17")]
    versions = [f"--python-version={python}", "--only-binary=:all:", "--implementation=cp"]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(packages), *platforms, *versions]
    status = subprocess.run([*command, "--constraint", str(CHECKOUT / "constraints.txt"), *wanted]).returncode
    if status:
        return status
    for name in OURS_THERE:
        for folder in packages.glob(f"{name}*"):
            shutil.rmtree(folder)
    if found := shutil.which("bwrap"):
        shutil.copy2(found, KIT / "bwrap")
    size = sum(file.stat().st_size for file in KIT.rglob("*") if file.is_file())
    print(f"{KIT.relative_to(CHECKOUT)}: {size / 2**20:.0f} MiB, for Python {python} on {machine}")
    return 0


def test(arguments: list[str]) -> int:
    """Make the environment and run the tests in it."""
    environment = Path(sys.prefix) if sys.prefix != sys.base_prefix else KIT / "environment"
    if shutil.which("bwrap") is None and os.geteuid() == 0:
        shutil.copy2(KIT / "bwrap", "/usr/local/bin/bwrap")
    if environment.parent == KIT:
        venv.EnvBuilder(system_site_packages=True, clear=True).create(environment)
    site = environment / "lib" / "python{}.{}".format(*sys.version_info[:2]) / "site-packages"
    shutil.copytree(KIT / "packages", site, dirs_exist_ok=True)  # the guest sees an environment's own folders alone
    tests = ["-m", "pytest", "--expect-gpu", "-m", "gpu", "-v", "-rA", "--tb=short", "-p", "no:cacheprovider", TESTS]
    return subprocess.run([environment / "bin" / "python", *tests, *arguments], cwd=CHECKOUT).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
