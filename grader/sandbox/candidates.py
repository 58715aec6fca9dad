"""The sandboxes to choose from: whether each can be had here, what it claims, and what a proof of it rests on."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from grader.errors import SandboxError
from grader.sandbox import launcher
from grader.sandbox.bubblewrap import USERS, BubblewrapSandbox, find_bubblewrap
from grader.sandbox.cgroup import Control, find_control
from grader.sandbox.proof import Claim
from grader.sandbox.request import Sandbox

if TYPE_CHECKING:  # only names for types
    from grader.sandbox.docker.daemon import Daemon

__all__ = ["BUBBLEWRAP", "DOCKER", "GVISOR", "Candidate", "Trouble", "find_bubblewrap_trouble", "rank_candidates"]

_Answer = TypeVar("_Answer")
_LIMITS = frozenset({Claim.MEMORY, Claim.PROCESSES})
_TRIAL_SECONDS = 20.0
_SMALLEST = ("--unshare-user", "--unshare-all", "--die-with-parent", "--as-pid-1", "--cap-drop", "ALL")
_SWITCHES = {  # of user namespaces, and the value that allows them
    "kernel.apparmor_restrict_unprivileged_userns": "0",
    "kernel.unprivileged_userns_clone": "1",
    "user.max_user_namespaces": "15000",
}


@dataclass(frozen=True)
class Trouble:
    """Why a sandbox can't be used here, in one line, and the command that mends it, if one does."""

    text: str
    command: str | None = None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One sandbox that could be chosen. Nothing is asked or started before one of its functions is called."""

    name: str
    find_trouble: Callable[[], Trouble | None]
    make: Callable[[], Sandbox]
    list_claims: Callable[[Sandbox], frozenset[Claim]]
    binds_files: Callable[[], bool] = lambda: True  # whether runs can be made in this machine's own Python
    list_images: Callable[[], Mapping[str, str]] = dict  # by framework, those in which runs are made
    describe: Callable[[], Mapping[str, Any]]  # what of this machine a proof rests on


def rank_candidates() -> tuple[Candidate, ...]:
    """From the strongest, those of "auto"; docs/decisions/0070 has the reasons.

    Where the grader has no control groups, bubblewrap's runs are counted by the grader, a daemon's by the kernel.
    """
    return (BUBBLEWRAP, DOCKER) if isinstance(find_control(), Control) else (DOCKER, BUBBLEWRAP)


# ── bubblewrap ──


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
    for switch, wanted in _SWITCHES.items():
        value = _read_switch(switch)
        if value is not None and _refuses(value, wanted):
            return f"sudo sysctl {switch}={wanted}"
    return None


def _read_switch(switch: str) -> str | None:
    try:
        return Path("/proc/sys", *switch.split(".")).read_text().strip()
    except OSError:
        return None


def _read_switches() -> dict[str, str | None]:
    return {switch: _read_switch(switch) for switch in _SWITCHES}


def _refuses(value: str, wanted: str) -> bool:
    return (value != "0") if wanted == "0" else (value == "0")


def _list_bubblewrap_claims(sandbox: Sandbox) -> frozenset[Claim]:
    counted = _LIMITS if isinstance(find_control(), Control) else frozenset()
    return frozenset({Claim.FILTER, Claim.ONE_KERNEL}) | counted


def _describe_bubblewrap() -> Mapping[str, Any]:
    executable = find_bubblewrap()
    content = executable.read_bytes() if executable is not None else b""
    return {
        "executable": [str(executable), hashlib.sha256(content).hexdigest()],
        "switches": _read_switches(),
        "control": repr(find_control()),
    }


# ── Docker: its modules are imported where it is asked for, for most commands need no daemon ──


def _make_docker(runtime: str | None) -> Sandbox:
    """Runs are made in the images that were built for it, where there are some, else in this machine's own Python."""
    from grader.sandbox.docker import DockerSandbox

    return DockerSandbox(runtime=runtime, image=_list_images())


def _ask_daemon(question: "Callable[[Daemon], _Answer]") -> _Answer:
    """Put a question to the daemon over a connection that ends with it."""
    from grader.sandbox.docker.daemon import connect_daemon

    daemon = connect_daemon()
    with closing(daemon.api):
        return question(daemon)


def _binds_files() -> bool:
    return _ask_daemon(lambda daemon: daemon.is_local)


def _list_images() -> Mapping[str, str]:
    from grader.sandbox.images.shelf import choose_images

    return _ask_daemon(choose_images)


def _find_docker_trouble(runtime: str | None) -> Trouble | None:
    from grader.sandbox.docker.daemon import find_docker_trouble

    error = find_docker_trouble()
    if error is not None:
        return Trouble(error.message, error.command)
    if runtime is None:
        return None
    try:
        known = _ask_daemon(lambda daemon: daemon.runtimes)
    except SandboxError as failure:
        return Trouble(failure.message, failure.command)
    if runtime in known:
        return None
    return Trouble(f"the Docker daemon has no runtime {runtime!r}; it has {', '.join(known)}")


def _list_docker_claims(sandbox: Sandbox) -> frozenset[Claim]:
    """A daemon that says that it doesn't keep a limit doesn't claim to."""
    return frozenset(Claim) - (_LIMITS if sandbox.cautions else frozenset())


def _list_gvisor_claims(sandbox: Sandbox) -> frozenset[Claim]:
    """Its runs call a kernel of their own, which answers as it likes and counts processes as its own."""
    return frozenset({Claim.MEMORY})


def _describe_docker(runtime: str | None) -> Mapping[str, Any]:
    return _ask_daemon(partial(_describe_daemon, runtime))


def _describe_daemon(runtime: str | None, daemon: "Daemon") -> Mapping[str, Any]:
    wanted = ("ID", "ServerVersion", "Driver", "CgroupDriver", "CgroupVersion", "SecurityOptions", "KernelVersion")
    commits = {name: daemon.info.get(name) for name in ("ContainerdCommit", "RuncCommit")}
    described = {name: daemon.info.get(name) for name in wanted} | commits
    chosen = runtime or daemon.info.get("DefaultRuntime")
    return described | {
        "address": str(daemon.api.base_url),
        "switches": _read_switches(),  # without user namespaces nothing is forked: then no fork was proved either
        "runtime": [chosen, (daemon.info.get("Runtimes") or {}).get(chosen)],
        "control": repr(find_control()),
    }


BUBBLEWRAP = Candidate(
    name="bubblewrap",
    find_trouble=lambda: find_bubblewrap_trouble(),
    make=BubblewrapSandbox,
    list_claims=_list_bubblewrap_claims,
    describe=_describe_bubblewrap,
)
DOCKER = Candidate(
    name="docker",
    find_trouble=partial(_find_docker_trouble, None),
    make=partial(_make_docker, None),
    list_claims=_list_docker_claims,
    binds_files=_binds_files,
    list_images=_list_images,
    describe=partial(_describe_docker, None),
)
GVISOR = Candidate(
    name="docker:runsc",
    find_trouble=partial(_find_docker_trouble, "runsc"),
    make=partial(_make_docker, "runsc"),
    list_claims=_list_gvisor_claims,
    binds_files=_binds_files,
    list_images=_list_images,
    describe=partial(_describe_docker, "runsc"),
)
