"""Proves a sandbox: runs a probe in it, with the flags of every run, and looks from inside for what must not be there.

The probe is ordinary code of an assignment, run by the ordinary guest; what it sees comes out as evidence and is judged
here. Canaries are laid out on this machine meanwhile: files in the home and the temporary folder, a service on the
loopback. A first run looks around and leaves something of every kind; a second one looks for it, then starts more
processes and takes more memory than it may. Nothing of a student is involved.
"""

import contextlib
import json
import os
import secrets
import socket
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Any

from grader.errors import GraderError
from grader.evidence.model import Exit
from grader.guest.protocol import Kind
from grader.limits import MIB, Limits
from grader.sandbox.inside import identify
from grader.sandbox.nanny import MARK
from grader.sandbox.policy import COMMON_ENVIRONMENT, COVERED_IN_PROC
from grader.sandbox.request import Interpreter, Job, Launch, RunRequest, RunResult, Sandbox

__all__ = ["EVERYTHING", "Claim", "prove_sandbox"]

_SECONDS = 60.0
_LIMITS = Limits(memory_bytes=256 * MIB, disk_bytes=64 * MIB, processes=32, wall_seconds=_SECONDS, cpus=1)
_FRAMEWORK_BYTES = 768 * MIB  # what a framework itself may take
_SPARE_PROCESSES = 8  # the sandbox's own, which are allowed on top
_PRIVATE_PLACES = ("/etc/shadow", "/root", "/home", "/var", "/run", "/sys", "/boot", "/mnt", "/proc/1/root/home")
_SOCKETS = ("/var/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock", "/run/dbus")
_CLOSED_PLACES = (
    *("/", "/usr", "/usr/lib", "/opt", "/opt/guest", "/opt/venv", "/etc", "/dev", "/proc/sys/kernel"),
    *("/sys", "/run", "/var/tmp", "/weights"),  # noqa: S108
)
_VARIABLES = {*COMMON_ENVIRONMENT, "PATH", "HOME", "TMPDIR", "TEMP", "TMP", "PWD"} | {
    "LD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES",
    MARK,
    *("PIP_DISABLE_PIP_VERSION_CHECK", "PIP_NO_INDEX", "TERM"),  # the guest's own, where a question is a fresh process
}
_DENIED = {"EPERM", "ENOSYS", "EACCES", "EAFNOSUPPORT"}
"""What a denied call gives, by a filter or by the kernel. Any other error is that of a call which got through."""


class Claim(Enum):
    """What a sandbox may claim to do beyond keeping files, network, processes and rights out of reach."""

    FILTER = "a filter of system calls"
    MEMORY = "a limit of memory that the kernel keeps"
    PROCESSES = "a limit of processes that the kernel keeps"
    ONE_KERNEL = "processes that the machine's own kernel describes"  # gVisor's have a kernel of their own


EVERYTHING = frozenset(Claim)


def prove_sandbox(
    sandbox: Sandbox, interpreter: Interpreter, *, claims: Collection[Claim] = EVERYTHING
) -> tuple[str, ...]:
    """What doesn't hold inside a sandbox, a sentence each; empty where all of it holds.

    Args:
        sandbox: the sandbox, as runs will use it.
        interpreter: the environment that is started in it.
        claims: what it claims to do beyond what every sandbox does.

    Raises:
        SandboxError: the probe couldn't be run.
    """
    framework = interpreter.framework
    spare = 0 if framework == "none" else _FRAMEWORK_BYTES
    limits = replace(_LIMITS, memory_bytes=_LIMITS.memory_bytes + spare)
    launch = Launch(interpreter=interpreter, limits=limits)
    with _canaries(limits) as values:
        # What is no sandbox isn't tried further: no file in this machine's own folders, nothing left behind, no bomb.
        tried = {**values, "folders": list(_CLOSED_PLACES) if sandbox.is_sandbox else [], "leave": sandbox.is_sandbox}
        first = sandbox.run(RunRequest(launch=launch, job=_make_job(tried, framework, "prove")))
        if not sandbox.is_sandbox:
            return tuple(_judge_first(first, claims))
        second = sandbox.run(RunRequest(launch=launch, job=_make_job(tried, framework, "look", "multiply", "eat")))
    return (*_judge_first(first, claims), *_judge_second(second, claims, limits))


def _judge_first(result: RunResult, claims: Collection[Claim]) -> Iterator[str]:
    seen = _read_record(result, "seen")
    if seen is None:
        yield _tell_failure(result)
        return
    yield from _judge_surroundings(seen)
    yield from _judge_rights(seen, told_by_kernel=Claim.ONE_KERNEL in claims)
    if Claim.FILTER in claims:
        yield from _judge_filter(seen)


def _judge_rights(seen: Mapping[str, Any], *, told_by_kernel: bool) -> Iterator[str]:
    """What it may do, as its user and as the kernel's status says."""
    if seen["user"] == 0:
        yield "it runs as root"
    unknown = None if told_by_kernel else "0"
    if rights := {name: value for name, value in seen["rights"].items() if int(value or unknown or "1", 16)}:
        yield f"it has capabilities: {', '.join(f'{name} {value}' for name, value in rights.items())}"
    if (seen["no_new_privileges"] or ("1" if not told_by_kernel else "0")) != "1":
        yield "it may gain rights (no_new_privs isn't set)"


def _judge_filter(seen: Mapping[str, Any]) -> Iterator[str]:
    if seen["filter"] != "2":
        yield f"it has no filter of system calls (Seccomp: {seen['filter']})"
    if open_calls := [name for name, error in seen["calls"].items() if error not in _DENIED]:
        yield f"calls are let through that no run needs: {', '.join(open_calls)}"


def _judge_surroundings(seen: Mapping[str, Any]) -> Iterator[str]:
    """What it sees and reaches."""
    if found := [*seen["files"], *seen["places"]]:
        yield f"it sees files of this machine: {', '.join(found)}"
    if seen["sockets"]:
        yield f"it sees sockets of this machine's services: {', '.join(seen['sockets'])}"
    if seen["covered"]:
        yield f"it reads what the kernel tells of this machine: {', '.join(seen['covered'])}"
    if seen["writable"]:
        yield f"it can write to {', '.join(seen['writable'])}"
    if not seen["own_folder"]:
        yield "it can't write to its own folder"
    if set(seen["interfaces"]) - {"lo"}:
        yield f"it has the network interfaces {seen['interfaces']}"
    if seen["service"]:
        yield "it reaches a service on this machine"
    if foreign := set(seen["variables"]) - _VARIABLES:
        yield f"it has variables that no policy gave it: {', '.join(sorted(foreign))}"
    if seen["foreign_processes"]:
        yield f"it sees other processes of this machine: {seen['foreign_processes']}"


def _judge_second(result: RunResult, claims: Collection[Claim], limits: Limits) -> Iterator[str]:
    """What is left of the first run, and whether limits hold."""
    found = _read_record(result, "found")
    if found is None:
        yield _tell_failure(result)
        return
    if found:
        yield f"it sees what the run before has left: {', '.join(found)}"
    started, refusal = _read_record(result, "multiplied") or (0, "nothing was said")
    held = 0 < started <= limits.processes + _SPARE_PROCESSES and refusal == "EAGAIN"
    if Claim.PROCESSES in claims and not held:
        yield f"its processes aren't limited to {limits.processes}: {started} were started, refused: {refusal}"
    killed = result.out_of_memory_kills > 0 or result.exit is Exit.MEMORY_LIMIT
    if Claim.MEMORY in claims and (_read_record(result, "eaten") is not None or not killed):
        yield f"its memory isn't limited to {limits.memory_bytes // MIB} MiB by the kernel"


def _tell_failure(result: RunResult) -> str:
    said = [frame.payload.decode("utf-8", errors="replace") for frame in result.frames if frame.kind is Kind.PROBLEM]
    said.append(result.guest_stderr)
    return f"the probe left no result: the run ended as {result.exit.value!r} {' '.join(said)[-500:]}".strip()


@contextlib.contextmanager
def _canaries(limits: Limits) -> Iterator[dict[str, Any]]:
    """What must not be seen from inside, and the values by which the probe looks for it."""
    canary = f"grader-canary-{secrets.token_hex(8)}"
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(_canary_file(folder, canary)) for folder in _canary_folders()]
        service = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        places = {path: identify(path) for path in (str(Path.home()), *_PRIVATE_PLACES)}
        yield {
            "canary": canary,
            "files": files,
            "places": {path: identity for path, identity in places.items() if identity is not None},
            "sockets": list(_SOCKETS),
            "covered": [f"/proc/{name}" for name in COVERED_IN_PROC],
            "port": service.getsockname()[1],
            "grader": _own_command_line(),
            "processes": limits.processes + 64,
            "bytes": limits.memory_bytes * 3 // 2,
        }


def _canary_folders() -> Iterator[Path]:
    yield from (folder for folder in (Path.home(), Path(tempfile.gettempdir())) if os.access(folder, os.W_OK))


@contextlib.contextmanager
def _canary_file(folder: Path, name: str) -> Iterator[str]:
    path = folder / f".{name}"
    path.write_text(name)
    try:
        yield str(path)
    finally:
        path.unlink(missing_ok=True)


def _own_command_line() -> str:
    try:
        return Path("/proc/self/cmdline").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "no /proc"


def _make_job(values: Mapping[str, Any], framework: str, *questions: str) -> Job:
    return Job(
        header={
            "role": "grade",
            "framework": framework,
            "program": None,
            "probe": Path(__file__).with_name("inside.py").read_text("utf-8"),
            "load": "each",
            "load_seconds": _SECONDS,
            "questions": [{"id": name, "function": name, "wall_seconds": _SECONDS} for name in questions],
            "draw": "00" * 16,
            "seed": 0,
            "values": dict(values),
            "variant": {},
            "weights": {},
            "threads": 1,
            "parallel": 1,
            "evidence_bytes": MIB,
            "output_bytes": 64 * 1024,
            "fork": True,
        }
    )


def _read_record(result: RunResult, name: str) -> Any:
    """What the probe recorded under a name, None where it didn't.

    Our own code wrote it; a record that can't be read proves nothing.
    """
    for frame in result.frames:
        if frame.kind is Kind.RECORD:
            try:
                record = json.loads(frame.payload)
                if record["name"] == name:
                    return json.loads(record["value"])
            except (ValueError, KeyError, TypeError) as error:
                raise GraderError(f"the probe's record can't be read: {error}") from error
    return None
