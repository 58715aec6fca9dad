"""Runs as plain processes of this machine. No sandbox: for a student's own code on the student's own machine.

Theory of operation
-------------------
    grader ─► nanny.py (same user; finds and ends every descendant, also when the grader is killed) ─► the guest

The guest gets a short environment, a folder of its own, limits on each process, and, where they can be had, a control
group. It can read and write whatever its user can, and it has the network. With `fork=False` the guest starts a process
for each question instead of forking, and speaks over its standard input and output: the way of Windows and macOS, which
works anywhere. On Windows there is no nanny; `taskkill` ends the tree.
"""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from grader.errors import SandboxError
from grader.guest.protocol import Frame
from grader.limits import EvidenceLimits, Limits
from grader.sandbox import nanny
from grader.sandbox.cgroup import Control, NoControl, RunGroup, find_control
from grader.sandbox.gpu.passthrough import make_variables
from grader.sandbox.keeper import READY_SECONDS, KeptRun
from grader.sandbox.ownership import own_name, remove_abandoned_folders
from grader.sandbox.policy import COMMON_ENVIRONMENT, python_command
from grader.sandbox.request import Launch, Mount, PreparedRun, RunRequest, RunResult
from grader.sandbox.running import GUEST_FOLDER, Ended, Measure, measure_group, start_process
from grader.sandbox.tree import measure_tree

__all__ = ["ProcessSandbox"]

_END_SECONDS = 15.0
_NEEDED_ON_WINDOWS = (
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "COMSPEC",
    "PATHEXT",
    "NUMBER_OF_PROCESSORS",
    "PROCESSOR_ARCHITECTURE",
)
_CAN_FORK = sys.platform == "linux"  # macOS has fork, but its frameworks don't survive it
_STARTED_FAILED = 97


class ProcessSandbox:
    """Runs as plain processes.

    Args:
        fork: whether the guest forks for each question; by default where that works (Linux).
        guest: the folder whose `__main__.py` is started; by default this package's guest.
        evidence_limits: how much evidence is taken.
        ready_seconds: how long a guest may take to import its framework.
        use_control_groups: False runs as on a machine that has none.
        instead_of: why no sandbox was taken, for the caution.
    """

    name = "process"
    is_sandbox = False

    def __init__(
        self,
        *,
        fork: bool = _CAN_FORK,
        guest: Path = GUEST_FOLDER,
        evidence_limits: EvidenceLimits | None = None,
        ready_seconds: float = READY_SECONDS,
        use_control_groups: bool = True,
        instead_of: str | None = None,
    ) -> None:
        self.fork = fork
        self._instead_of = instead_of
        self._guest = guest
        self._evidence_limits = evidence_limits
        self._ready_seconds = ready_seconds
        self._control = find_control() if use_control_groups else NoControl("control groups are switched off")
        remove_abandoned_folders()

    @property
    def cautions(self) -> tuple[str, ...]:
        """See `Sandbox.cautions`."""
        plain = "this is no sandbox: the code runs with your rights, on your files and your network"
        return (plain, self._instead_of) if self._instead_of else (plain,)

    def prepare(self, launch: Launch) -> PreparedRun:
        """Start a guest, see `Sandbox.prepare`."""
        group = self._control.make_run(launch.limits) if isinstance(self._control, Control) else None
        folder = Path(tempfile.gettempdir()) / own_name()
        try:
            folder.mkdir(mode=0o700)
            running = _start(launch, guest=self._guest, folder=folder, group=group, fork=self.fork)
        except BaseException as error:
            _release(folder, group)
            if isinstance(error, OSError):
                raise SandboxError(f"the guest can't be started: {error}") from error
            raise
        return KeptRun(
            running, limits=launch.limits, evidence_limits=self._evidence_limits, ready_seconds=self._ready_seconds
        )

    def run(self, request: RunRequest, *, on_frame: Callable[[Frame], None] | None = None) -> RunResult:
        """Prepare, run one job, close."""
        with self.prepare(request.launch) as prepared:
            return prepared.run(request.job, on_frame=on_frame)


def _start(launch: Launch, *, guest: Path, folder: Path, group: RunGroup | None, fork: bool) -> "_AsProcess":
    for name in ("work", "home", "tmp"):
        (folder / name).mkdir(mode=0o700)
    inside = _provide_mounts(launch.mounts, folder)
    mark = secrets.token_hex(16)
    environment = _make_environment(launch, folder, inside) | {nanny.MARK: mark}
    command = [
        *python_command(str(launch.interpreter.executable), str(guest)),
        "--framework",
        launch.interpreter.framework,
    ]
    options = ["--work", str(folder / "work"), "--runs", "1"]
    starter = _start_directly if os.name == "nt" else _start_under_nanny
    process, job, evidence = starter(command, options, environment, folder, group, launch.limits, fork)
    return _AsProcess(
        process,
        job=job,
        evidence=evidence,
        folder=folder,
        group=group,
        limits=launch.limits,
        mark=mark,
        fork=fork,
        inside=inside,
    )


_Started = tuple["subprocess.Popen[bytes]", IO[bytes], IO[bytes]]


def _start_directly(
    command: list[str],
    options: list[str],
    environment: Mapping[str, str],
    folder: Path,
    group: RunGroup | None,
    limits: Limits,
    fork: bool,
) -> _Started:
    """Where there is no fork: the guest itself, over its standard streams."""
    pipe = subprocess.PIPE
    process = start_process(
        [*command, "--job-fd", "0", "--evidence-fd", "1", *options],
        environment=environment,
        folder=folder / "work",
        streams={"stdin": pipe, "stdout": pipe, "stderr": pipe, "bufsize": 0},
    )
    assert process.stdin is not None and process.stdout is not None
    return process, process.stdin, process.stdout


def _start_under_nanny(
    command: list[str],
    options: list[str],
    environment: Mapping[str, str],
    folder: Path,
    group: RunGroup | None,
    limits: Limits,
    fork: bool,
) -> _Started:
    with contextlib.ExitStack() as ours:
        job_read, job_write = os.pipe()
        evidence_read, evidence_write = os.pipe()
        for end in (job_read, job_write, evidence_read, evidence_write):
            ours.callback(os.close, end)
        numbers = (job_read, evidence_write) if fork else (0, 1)
        plan = {
            "command": [*command, "--job-fd", str(numbers[0]), "--evidence-fd", str(numbers[1]), *options],
            "environment": dict(environment),
            "fds": [job_read, evidence_write],
            "standard_fds": None if fork else [job_read, evidence_write],
            "groups": [str(file) for file in group.joining_files] if group else [],
            "limits": _process_limits(limits, counted=group is not None),
            "folder": str(folder / "work"),
        }
        process = start_process(
            [sys.executable, "-I", "-S", nanny.__file__, json.dumps(plan)],
            environment={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            folder=folder,
            streams={"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "bufsize": 0},
            pass_fds=(job_read, evidence_write),
        )
        job = os.fdopen(os.dup(job_write), "wb", buffering=0)
        evidence = os.fdopen(os.dup(evidence_read), "rb", buffering=0)
    return process, job, evidence


def _process_limits(limits: Limits, *, counted: bool) -> dict[str, int]:
    each = {"CORE": 0, "FSIZE": limits.disk_bytes}
    return each if counted or sys.platform != "linux" else {**each, "DATA": limits.memory_bytes}


def _make_environment(launch: Launch, folder: Path, inside: Mapping[str, str]) -> dict[str, str]:
    """A short list, not the user's own environment: that one may hold keys, and makes runs differ."""
    path = f"{launch.interpreter.executable.parent}{os.pathsep}{os.defpath}"
    environment = {**COMMON_ENVIRONMENT, "PATH": path, "HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp")}
    if os.name == "nt":
        known = {name: os.environ[name] for name in _NEEDED_ON_WINDOWS if name in os.environ}
        environment |= known | {name: str(folder / "tmp") for name in ("TEMP", "TMP")}
        environment["USERPROFILE"] = environment["HOME"]
    if launch.device == "cpu":
        environment["CUDA_VISIBLE_DEVICES"] = "-1"
    own = {name: _translate(value, inside) for name, value in launch.environment.items()}
    devices = make_variables(launch)
    if devices:
        devices["CUDA_CACHE_PATH"] = str(folder / "tmp")
    return environment | devices | own


def _provide_mounts(mounts: tuple[Mount, ...], folder: Path) -> dict[str, str]:
    """Links (copies on Windows) below the run's folder. Paths as a sandbox has them -> where they are here."""
    inside: dict[str, str] = {}
    for mount in mounts:
        path = folder / "mounts" / mount.target.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        if os.name == "nt":
            shutil.copyfile(mount.source, path)
        else:
            path.symlink_to(mount.source.resolve())
        for part in (path, *path.parents):
            if part == folder / "mounts":
                break
            inside["/" + part.relative_to(folder / "mounts").as_posix()] = str(part)
    return inside


def _translate(value: Any, inside: Mapping[str, str]) -> Any:
    """A value with every path of a mount, or of a folder above one, as it is here."""
    if isinstance(value, str):
        return inside.get(value, value)
    if isinstance(value, Mapping):
        return {name: _translate(part, inside) for name, part in value.items()}
    return [_translate(part, inside) for part in value] if isinstance(value, list | tuple) else value


class _AsProcess:
    """A guest that has been started as a process, see `Running`. `process` is its nanny, on Windows itself."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        *,
        job: IO[bytes],
        evidence: IO[bytes],
        folder: Path,
        group: RunGroup | None,
        limits: Limits,
        mark: str,
        fork: bool,
        inside: Mapping[str, str],
    ) -> None:
        assert process.stderr is not None
        self.job = job
        self.evidence = evidence
        self.errors: IO[bytes] = process.stderr
        self._process = process
        self._folder = folder
        self._group = group
        self._limits = limits
        self._mark = mark
        self._fork = fork
        self._inside = inside
        self._last = Measure()

    def prepare_job(self, header: Mapping[str, Any]) -> Mapping[str, Any]:
        """Weights lie elsewhere than in a sandbox, and there may be no fork."""
        here = {name: _translate(header[name], self._inside) for name in ("weights", "values") if name in header}
        return {**header, **here, "fork": self._fork}

    def measure(self) -> Measure:
        """From the control group's counters, else summed over the processes."""
        if self._group is not None:
            return measure_group(self._group)
        if self._process.poll() is None and os.name != "nt":
            self._last = measure_tree(self._process.pid, memory_bytes=self._limits.memory_bytes)
        return self._last

    def list_processes(self) -> frozenset[int]:
        """See `HasProcesses`."""
        return self._group.list_processes() if self._group else frozenset(nanny.find_descendants(self._process.pid))

    def wait(self) -> Ended:
        """The nanny ends as the guest ends."""
        status = self._process.wait()
        return Ended(signal=-status) if status < 0 else Ended(exit_code=status)

    def end(self) -> None:
        """Have the nanny end the guest and all that descends from it; then sweep for what escaped the nanny."""
        if os.name == "nt":
            self._end_on_windows()
            return
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        if self._process.poll() is None:
            nanny.kill_all(lambda: nanny.find_descendants(self._process.pid))
            self._process.kill()
            self._process.wait(_END_SECONDS)
        if self._group is not None:
            self._group.kill()
        nanny.kill_all(lambda: nanny.find_marked(self._mark))
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _end_on_windows(self) -> None:
        if self._process.poll() is None:
            command = ["taskkill", "/T", "/F", "/PID", str(self._process.pid)]
            subprocess.run(command, capture_output=True, check=False)
            self._process.kill()
            self._process.wait(_END_SECONDS)

    def release(self) -> None:
        """Remove the run's folder and control group."""
        _release(self._folder, self._group)


def _release(folder: Path, group: RunGroup | None) -> None:
    if group is not None:
        group.remove()
    shutil.rmtree(folder, ignore_errors=True)
