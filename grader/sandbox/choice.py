"""Picks a sandbox by name, or the safest that works on this machine."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from grader.errors import SandboxError
from grader.sandbox import launcher
from grader.sandbox.bubblewrap import USERS, BubblewrapSandbox, find_bubblewrap
from grader.sandbox.process import ProcessSandbox
from grader.sandbox.request import Sandbox

__all__ = ["SANDBOX_NAMES", "Trouble", "choose_sandbox", "find_bubblewrap_trouble"]

SANDBOX_NAMES = ("auto", "bubblewrap", "process")
_TRIAL_SECONDS = 20.0
_SMALLEST = ("--unshare-user", "--unshare-all", "--die-with-parent", "--as-pid-1", "--cap-drop", "ALL")


@dataclass(frozen=True)
class Trouble:
    """Why bubblewrap can't be used here, in one line, and the command that mends it, if one does."""

    text: str
    command: str | None = None

    def __str__(self) -> str:
        return self.text


def choose_sandbox(name: str = "auto", *, allow_process: bool = True) -> Sandbox:
    """A sandbox for this machine.

    "auto" is bubblewrap where it works, else `process` with a caution that says why. `allow_process=False` is for
    everything but a student's own `submit`: then "auto" never ends without a sandbox.

    Raises:
        SandboxError: no such name, or that sandbox doesn't work here; the command says how to mend it.
    """
    if name == "process":
        return ProcessSandbox()
    if name not in SANDBOX_NAMES:
        raise SandboxError(f"no sandbox {name!r} is known; there are {', '.join(SANDBOX_NAMES)}")
    trouble = find_bubblewrap_trouble()
    if trouble is None:
        return BubblewrapSandbox()
    if name == "auto" and allow_process:
        return ProcessSandbox(instead_of=trouble.text)
    raise SandboxError(trouble.text, command=trouble.command)


@lru_cache(maxsize=1)
def find_bubblewrap_trouble() -> Trouble | None:
    """Why bubblewrap doesn't work here, tried by starting the smallest sandbox; None where it works."""
    if sys.platform != "linux":
        return Trouble(f"bubblewrap is for Linux; this is {sys.platform!r}")
    executable = find_bubblewrap()
    if executable is None:
        return Trouble("bubblewrap isn't installed", "apt-get install bubblewrap")
    return _try_namespaces(executable)


def _try_namespaces(executable: Path) -> Trouble | None:
    """Start the smallest sandbox by way of the launcher, as a run would: root drops its rights first, and an ordinary
    user may be refused what root may.
    """
    is_root = os.geteuid() == 0
    root = f"{launcher.STAGE}/0" if is_root else "/"
    plan = {
        "parent": os.getpid(),
        "groups": [],
        "sources": ["/"],
        "user": USERS[0] if is_root else None,
        "limits": {},
        "command": [str(executable), *_SMALLEST, "--ro-bind", root, "/", "--proc", "/proc", "--dev", "/dev", "true"],
        "environment": {"PATH": os.defpath},
    }
    command = [sys.executable, "-I", "-S", launcher.__file__, json.dumps(plan)]
    try:
        answer = subprocess.run(
            command, capture_output=True, timeout=_TRIAL_SECONDS, check=False, text=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Trouble(f"bubblewrap can't be started: {error}")
    if answer.returncode == 0:
        return None
    said = (answer.stderr.strip().splitlines() or [f"exit status {answer.returncode}"])[-1]
    return Trouble(f"bubblewrap may not make namespaces here ({said})", _namespace_command())


def _namespace_command() -> str | None:
    """What most likely allows user namespaces on this system."""
    switches = {
        "kernel.apparmor_restrict_unprivileged_userns": "0",
        "kernel.unprivileged_userns_clone": "1",
        "user.max_user_namespaces": "15000",
    }
    for switch, wanted in switches.items():
        file = Path("/proc/sys", *switch.split("."))
        if file.exists() and _refuses(file.read_text().strip(), wanted):
            return f"sudo sysctl {switch}={wanted}"
    return None


def _refuses(value: str, wanted: str) -> bool:
    return (value != "0") if wanted == "0" else (value == "0")
