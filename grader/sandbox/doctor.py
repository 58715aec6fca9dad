"""Examines this machine: one finding for each prerequisite, with the command that mends it."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

from grader.errors import GraderError
from grader.limits import GIB, Limits
from grader.sandbox.bubblewrap import find_bubblewrap
from grader.sandbox.candidates import DOCKER, find_bubblewrap_trouble
from grader.sandbox.cgroup import Control, find_control
from grader.sandbox.doctor_proofs import examine_sandboxes
from grader.sandbox.findings import Finding, Standing
from grader.sandbox.gpu.examination import examine_gpus
from grader.sandbox.interpreters import FRAMEWORKS, find_interpreter, read_layout

__all__ = ["Finding", "Standing", "examine"]

_OLDEST_PYTHON = (3, 11)
_LITTLE_DISK_BYTES, _NO_DISK_BYTES = 5 * GIB, GIB // 2


def examine(
    *,
    interpreters: Mapping[str, Path] | None = None,
    home: Path | None = None,
    frameworks: Iterable[str] = ("torch", "tensorflow"),
    prove: bool = True,
) -> tuple[Finding, ...]:
    """Examine this machine, in the order in which one thing needs the other.

    Args:
        interpreters: environments by framework that stand before those that are found.
        home: the grader's own folder, whose disk is looked at.
        frameworks: those whose environments are looked for.
        prove: whether to run the probe in each sandbox, which takes some seconds.
    """
    overrides = interpreters or {}
    findings = [_examine_python(), _examine_bubblewrap(), _examine_namespaces(), _examine_control_groups()]
    findings += [_examine_docker(), *_examine_images()]
    if prove:
        findings += _prove_sandboxes(home, overrides)
    findings += [_examine_framework(framework, overrides) for framework in frameworks]
    findings += [_examine_disk(home), _examine_memory(), examine_gpus()]
    return tuple(findings)


def _examine_python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < _OLDEST_PYTHON:
        return Finding(name="python", standing=Standing.FAIL, text=f"Python {version}; it should be 3.11 or newer")
    return Finding(name="python", standing=Standing.PASS, text=f"Python {version}")


def _examine_bubblewrap() -> Finding:
    executable = find_bubblewrap()
    if executable is None:
        trouble = find_bubblewrap_trouble()
        text = trouble.text if trouble is not None else "bubblewrap isn't installed"
        return Finding(
            name="bubblewrap",
            standing=Standing.CAUTION,
            text=f"{text}: code runs without a sandbox",
            command=trouble.command if trouble is not None else None,
        )
    answer = subprocess.run([str(executable), "--version"], capture_output=True, text=True, check=False)
    return Finding(name="bubblewrap", standing=Standing.PASS, text=answer.stdout.strip() or str(executable))


def _examine_namespaces() -> Finding:
    trouble = find_bubblewrap_trouble()
    if trouble is None:
        return Finding(name="user namespaces", standing=Standing.PASS, text="an unprivileged user may make them")
    return Finding(name="user namespaces", standing=Standing.CAUTION, text=trouble.text, command=trouble.command)


def _examine_control_groups() -> Finding:
    control = find_control()
    if isinstance(control, Control):
        counted = ", ".join(sorted(control.parents))
        return Finding(
            name="control groups", standing=Standing.PASS, text=f"version {control.version}, for each run: {counted}"
        )
    text = f"{control.reason}; the grader watches a run's memory and processes itself"
    return Finding(name="control groups", standing=Standing.CAUTION, text=text)


def _prove_sandboxes(home: Path | None, overrides: Mapping[str, Path]) -> Iterable[Finding]:
    try:
        interpreter = find_interpreter("none", overrides=overrides)
    except GraderError as error:
        return (Finding(name="sandbox", standing=Standing.FAIL, text=error.message, command=error.command),)
    return examine_sandboxes(interpreter, home=home, overrides=overrides)


def _examine_framework(framework: str, overrides: Mapping[str, Path]) -> Finding:
    try:
        interpreter = find_interpreter(framework, overrides=overrides)
        layout = read_layout(interpreter.executable)
    except GraderError as error:
        return Finding(name=framework, standing=Standing.CAUTION, text=error.message, command=error.command)
    place = f"Python {layout.version} in {str(layout.prefix)!r}"
    missing = [
        name for name in (FRAMEWORKS[framework], "numpy", "safetensors", "IPython") if not _has(layout.sites, name)
    ]
    if not missing or layout.system_sites:
        return Finding(name=framework, standing=Standing.PASS, text=place)
    packages = " ".join(missing).lower()
    return Finding(
        name=framework,
        standing=Standing.CAUTION if missing == ["IPython"] else Standing.FAIL,
        text=f"{place} lacks {', '.join(missing)}" + ("; notebooks need it" if missing == ["IPython"] else ""),
        command=f"{interpreter.executable} -m pip install {packages}",
    )


def _has(sites: Iterable[Path], module: str) -> bool:
    return any((site / module).is_dir() for site in sites)


def _examine_docker() -> Finding:
    """What the daemon is like. None is needed where bubblewrap works."""
    trouble = DOCKER.find_trouble()
    if trouble is not None:
        return Finding(name="docker", standing=Standing.PASS, text=f"{trouble.text}; it isn't needed")
    from grader.sandbox.docker.daemon import connect_daemon

    daemon = connect_daemon()
    with closing(daemon.api):
        info = daemon.info
    rootless = any("rootless" in option for option in info.get("SecurityOptions") or ())
    facts = (
        f"Docker {info.get('ServerVersion')}{', rootless' if rootless else ''}",
        f"control groups version {info.get('CgroupVersion', '1')} by {info.get('CgroupDriver')}",
        f"runtime {' or '.join(sorted(name for name in info.get('Runtimes') or () if not name.startswith('io.')))}",
    )
    return Finding(name="docker", standing=Standing.PASS, text="; ".join(facts))


def _examine_images() -> Iterable[Finding]:
    """In what runs in Docker are made; nothing to say where there is no daemon, or no image."""
    if DOCKER.find_trouble() is not None:
        return
    from grader.sandbox.docker.daemon import connect_daemon
    from grader.sandbox.images import FRAMEWORKS as BUILT
    from grader.sandbox.images import choose_image, list_images

    daemon = connect_daemon()
    with closing(daemon.api):
        images = {framework: list_images(daemon, framework) for framework in BUILT}
    found = {framework: choose_image(some) for framework, some in images.items() if some}
    outdated = [framework for framework, image in found.items() if image is None]
    if outdated:
        text = f"of {' and '.join(outdated)}: made by another grader; runs in Docker are refused"
        command = f"grade image build {' '.join(outdated)}"
        yield Finding(name="images", standing=Standing.CAUTION, text=text, command=command)
    elif found:
        yield Finding(name="images", standing=Standing.PASS, text=f"of {' and '.join(found)}; runs in Docker use them")


def _examine_disk(home: Path | None) -> Finding:
    folders = [folder for folder in (_existing(home), Path(tempfile.gettempdir())) if folder is not None]
    free, folder = min((shutil.disk_usage(folder).free, str(folder)) for folder in folders)
    text = f"{free / GIB:.1f} GiB free at {folder!r}"
    if free < _LITTLE_DISK_BYTES:
        standing = Standing.FAIL if free < _NO_DISK_BYTES else Standing.CAUTION
        return Finding(name="disk", standing=standing, text=f"{text}; 5 GiB should be")
    return Finding(name="disk", standing=Standing.PASS, text=text)


def _existing(folder: Path | None) -> Path | None:
    """The folder, or the nearest above it that is there already."""
    if folder is None:
        return None
    return next(part for part in (folder.absolute(), *folder.absolute().parents) if part.is_dir())


def _examine_memory() -> Finding:
    available = _available_bytes()
    needed = Limits().memory_bytes
    if available is None:
        return Finding(name="memory", standing=Standing.PASS, text="this system doesn't tell how much is free")
    text = f"{available / GIB:.1f} GiB available, on {os.cpu_count()} cores"
    if available < needed:
        text += f"; a run may use {needed / GIB:.0f} GiB"
        return Finding(name="memory", standing=Standing.CAUTION, text=text)
    return Finding(name="memory", standing=Standing.PASS, text=text)


def _available_bytes() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)
