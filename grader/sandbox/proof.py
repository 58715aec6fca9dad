"""Proves a sandbox: runs a probe in it, with the flags of every run, and looks from inside for what must not be there.

The probe is ordinary code of an assignment, run by the ordinary guest; what it sees comes out as evidence and is judged
here. Canaries are laid out on this machine meanwhile: files in the home and the temporary folder, a service on the
loopback. Nothing of a student is involved.
"""

import contextlib
import json
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from grader.errors import GraderError
from grader.guest.protocol import Kind
from grader.limits import MIB, Limits
from grader.sandbox.nanny import MARK
from grader.sandbox.policy import COMMON_ENVIRONMENT
from grader.sandbox.request import Interpreter, Job, Launch, RunRequest, RunResult, Sandbox

__all__ = ["prove_sandbox"]

_QUESTION = "prove"
_SECONDS = 60.0
_PRIVATE_PLACES = ("/etc/shadow", "/root", "/home", "/var", "/run", "/sys", "/boot", "/mnt", "/proc/1/root/home")
_CLOSED_PLACES = ("/", "/usr", "/usr/lib", "/opt", "/opt/guest", "/opt/venv", "/etc", "/dev", "/proc/sys/kernel")
_VARIABLES = {*COMMON_ENVIRONMENT, "PATH", "HOME", "TMPDIR", "TEMP", "TMP", "PWD"} | {
    "LD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES",
    MARK,
}
_PROBE = """
import json, os, socket

def can_write(folder):
    path = os.path.join(folder, given_canary)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except OSError:
        return False
    os.unlink(path)
    return True

def can_reach(family, address):
    with socket.socket(family) as client:
        client.settimeout(5)
        try:
            client.connect(address)
        except OSError:
            return False
    return True

def read_processes():
    lines = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/cmdline") as file:
                    lines.append(file.read())
            except OSError:
                pass
    return lines

def read_variables():
    with open("/proc/self/environ") as file:  # those that the guest was started with
        return sorted(line.split("=")[0] for line in file.read().split(chr(0)) if line)

def read_status():
    with open("/proc/self/status") as file:
        return dict(line.rstrip().split(":", 1) for line in file if ":" in line)

def prove(student, given, record):
    global given_canary
    given_canary = given["canary"]
    status = read_status()
    seen = {
        "user": os.getuid(),
        "rights": [int(status[name], 16) for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")],
        "no_new_privileges": status["NoNewPrivs"].strip(),
        "files": [path for path in given["files"] if os.path.exists(path)],
        "writable": [path for path in given["folders"] if can_write(path)],
        "own_folder": can_write("."),
        "interfaces": [name for _, name in socket.if_nameindex()],
        "service": can_reach(socket.AF_INET, ("127.0.0.1", given["port"])),
        "variables": read_variables(),
        "processes": len(read_processes()),
        "foreign_processes": [line for line in read_processes() if given["canary"] in line or given["grader"] == line],
    }
    record.text("seen", json.dumps(seen))
"""


def prove_sandbox(sandbox: Sandbox, interpreter: Interpreter) -> tuple[str, ...]:
    """What doesn't hold inside a sandbox, a sentence each; empty where all of it holds.

    Raises:
        SandboxError: the probe couldn't be run.
    """
    with _canaries() as canaries:
        folders = list(_CLOSED_PLACES) if sandbox.is_sandbox else []  # no trial of this machine's own folders
        job = _make_job({**canaries, "folders": folders})
        launch = Launch(interpreter=interpreter, limits=Limits(memory_bytes=512 * MIB, disk_bytes=64 * MIB))
        result = sandbox.run(RunRequest(launch=launch, job=job))
    seen = _read_seen(result)
    if seen is None:
        said = [
            frame.payload.decode("utf-8", errors="replace") for frame in result.frames if frame.kind is Kind.PROBLEM
        ]
        said.append(result.guest_stderr)
        return (f"the probe left no result: the run ended as {result.exit.value!r} {' '.join(said)[-500:]}".strip(),)
    return tuple(_judge(seen))


def _judge(seen: Mapping[str, Any]) -> Iterator[str]:
    """Each thing that should be otherwise."""
    if seen["user"] == 0:
        yield "it runs as root"
    if any(seen["rights"]):
        yield f"it has capabilities: {seen['rights']}"
    if seen["no_new_privileges"] != "1":
        yield "it may gain rights (no_new_privs isn't set)"
    if seen["files"]:
        yield f"it sees files of this machine: {', '.join(seen['files'])}"
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
        yield f"it sees other processes of this machine: {len(seen['foreign_processes'])}"


@contextlib.contextmanager
def _canaries() -> Iterator[dict[str, Any]]:
    """What must not be seen from inside, and the values by which the probe looks for it."""
    canary = f"grader-canary-{secrets.token_hex(8)}"
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(_canary_file(folder, canary)) for folder in _canary_folders()]
        service = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        yield {
            "canary": canary,
            "files": [*files, str(Path.home()), *_PRIVATE_PLACES],
            "port": service.getsockname()[1],
            "grader": _own_command_line(),
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


def _make_job(values: Mapping[str, Any]) -> Job:
    return Job(
        header={
            "role": "grade",
            "framework": "none",
            "program": None,
            "probe": _PROBE,
            "load": "each",
            "load_seconds": _SECONDS,
            "questions": [{"id": _QUESTION, "function": _QUESTION, "wall_seconds": _SECONDS}],
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


def _read_seen(result: RunResult) -> dict[str, Any] | None:
    """What the probe recorded. Our own code wrote it; a result that can't be read proves nothing."""
    for frame in result.frames:
        if frame.kind is Kind.RECORD:
            try:
                seen: dict[str, Any] = json.loads(json.loads(frame.payload)["value"])
            except (ValueError, KeyError, TypeError) as error:
                raise GraderError(f"the probe's record can't be read: {error}") from error
            return seen
    return None
