"""Runs in bubblewrap: namespaces of their own, nothing of the host but what is bound, no rights, no network.

Theory of operation
-------------------
    grader ─► launcher.py (joins the control group, as root: binds to a staging folder, drops its user) ═exec═►
    bwrap (unprivileged; namespaces, mounts, capabilities) ─► the guest, pid 1 of its namespace

`policy.py` says what a run sees; this module turns it into bubblewrap's arguments. The order of these matters: the root
and /dev of a sandbox are writable tmpfs until `--remount-ro`, which must stand last, when every folder has been made.

The run ends by killing pid 1 of its namespace through a pidfd: the kernel then kills all others, and bubblewrap, which
waits for pid 1, ends only when they are gone. `--die-with-parent` does the same when the grader is killed.
"""

import contextlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from grader.errors import SandboxError
from grader.guest.protocol import Frame
from grader.limits import EvidenceLimits, Limits
from grader.sandbox import launcher
from grader.sandbox.bounds import process_limits, raise_open_files
from grader.sandbox.cgroup import Control, NoControl, RunGroup, find_control
from grader.sandbox.gpu.passthrough import make_passthrough
from grader.sandbox.in_bubblewrap import InBubblewrap, RunInBubblewrap
from grader.sandbox.interpreters import read_layout
from grader.sandbox.keeper import READY_SECONDS, KeptRun
from grader.sandbox.policy import Policy, add_devices, make_policy, writable_places
from grader.sandbox.request import Launch, PreparedRun, RunRequest, RunResult
from grader.sandbox.running import GUEST_FOLDER, start_process
from grader.sandbox.seccomp import STRICT, ZYGOTE, Profile, compile_filter
from grader.sandbox.zygote import ZYGOTE_LIMITS, Zygote, open_control

__all__ = ["BubblewrapSandbox", "find_bubblewrap"]

USERS = range(64000, 65000)  # unprivileged users without names; one at random for each run that root starts
_END_SECONDS = 10.0


def find_bubblewrap() -> Path | None:
    """The installed bubblewrap, if any."""
    found = shutil.which("bwrap", path=os.defpath + os.pathsep + "/usr/local/bin") if sys.platform == "linux" else None
    return Path(found) if found else None


@lru_cache(maxsize=8)
def read_help(executable: Path) -> str:
    """What a bubblewrap says of itself: its versions differ in their options."""
    try:
        answer = subprocess.run(
            [str(executable), "--help"], capture_output=True, timeout=_END_SECONDS, check=False, text=True
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SandboxError(f"bubblewrap can't be started: {error}") from error
    return answer.stdout


class BubblewrapSandbox:
    """Runs in bubblewrap.

    Args:
        executable: bubblewrap; by default the installed one.
        guest: the folder whose `__main__.py` is started inside; by default this package's guest.
        evidence_limits: how much evidence is taken.
        ready_seconds: how long a guest may take to import its framework.
        use_control_groups: False runs as on a machine that has none.
    """

    name = "bubblewrap"
    is_sandbox = True
    forks = True

    def __init__(
        self,
        *,
        executable: Path | None = None,
        guest: Path = GUEST_FOLDER,
        evidence_limits: EvidenceLimits | None = None,
        ready_seconds: float = READY_SECONDS,
        use_control_groups: bool = True,
    ) -> None:
        found = executable or find_bubblewrap()
        if found is None:
            raise SandboxError("bubblewrap isn't installed", command="apt-get install bubblewrap")
        self._executable = found
        self._guest = guest
        self.evidence_limits = evidence_limits
        self.ready_seconds = ready_seconds
        self._control = find_control() if use_control_groups else NoControl("control groups are switched off")

    @property
    def cautions(self) -> tuple[str, ...]:
        """See `Sandbox.cautions`."""
        if isinstance(self._control, NoControl):
            return (
                f"{self._control.reason}: memory and processes of a run are watched by the grader, not by the kernel",
            )
        return ()

    def prepare(self, launch: Launch) -> PreparedRun:
        """Start a guest, see `Sandbox.prepare`."""
        policy = self._make_policy(launch)
        with _undone_on_error() as undo:
            group = self.make_group(launch.limits)
            undo.callback(_remove, group)
            running = _start_run(self._executable, policy, launch=launch, group=group)
        return KeptRun(
            running, limits=launch.limits, evidence_limits=self.evidence_limits, ready_seconds=self.ready_seconds
        )

    def start_zygote(self, launch: Launch) -> Zygote:
        """Start a zygote, see `CanFork.start_zygote`. It is counted by itself: it and its runs share no limit."""
        policy = self._make_policy(launch)
        raise_open_files()
        with _undone_on_error() as undo:
            group = self.make_group(ZYGOTE_LIMITS)
            undo.callback(_remove, group)
            ours, theirs = open_control()
            undo.callback(ours.close)
            with theirs:
                owner = _start_zygote(self._executable, policy, launch=launch, group=group, control=theirs)
        return Zygote(
            ours,
            owner,
            policy=policy,
            filter_program=compile_filter(STRICT, os.uname().machine),
            ready_seconds=self.ready_seconds,
        )

    def make_group(self, limits: Limits) -> RunGroup | None:
        """A control group for one run, see `CanFork.make_group`."""
        return self._control.make_run(limits) if isinstance(self._control, Control) else None

    def _make_policy(self, launch: Launch) -> Policy:
        policy = make_policy(launch, layout=read_layout(launch.interpreter.executable), guest=self._guest)
        return add_devices(policy, make_passthrough(launch)) if launch.gpus else policy

    def run(self, request: RunRequest, *, on_frame: Callable[[Frame], None] | None = None) -> RunResult:
        """Prepare, run one job, close."""
        with self.prepare(request.launch) as prepared:
            return prepared.run(request.job, on_frame=on_frame)


def _start_run(executable: Path, policy: Policy, *, launch: Launch, group: RunGroup | None) -> RunInBubblewrap:
    """Start a guest that is used for one run."""
    with contextlib.ExitStack() as ours:
        job_read, job_write = _open_pipe(ours)
        evidence_read, evidence_write = _open_pipe(ours)
        process = _start_process(
            executable,
            policy,
            guest=(
                *("--framework", launch.interpreter.framework, "--work", policy.work, "--runs", "1"),
                *("--job-fd", str(job_read), "--evidence-fd", str(evidence_write)),
            ),
            streams=(job_read, evidence_write),
            profile=STRICT,
            limits=launch.limits,
            group=group,
        )
        return RunInBubblewrap(
            process,
            job=os.fdopen(os.dup(job_write), "wb", buffering=0),
            evidence=os.fdopen(os.dup(evidence_read), "rb", buffering=0),
            group=group,
            limits=launch.limits,
        )


def _start_zygote(
    executable: Path, policy: Policy, *, launch: Launch, group: RunGroup | None, control: socket.socket
) -> InBubblewrap:
    """Start a guest that forks runs. Its own /proc is left as it is: a covered one can't be mounted anew in a fork."""
    process = _start_process(
        executable,
        replace(policy, covered=(), tmpfs=writable_places(ZYGOTE_LIMITS)),
        guest=(
            *("--framework", launch.interpreter.framework, "--work", policy.work),
            *("--control-fd", str(control.fileno())),
        ),
        streams=(control.fileno(),),
        profile=ZYGOTE,
        limits=None,
        group=group,
    )
    return InBubblewrap(process, group=group)


def _start_process(
    executable: Path,
    policy: Policy,
    *,
    guest: Sequence[str],
    streams: Sequence[int],
    profile: Profile,
    limits: Limits | None,
    group: RunGroup | None,
) -> "subprocess.Popen[bytes]":
    """Start the guest in bubblewrap with these arguments and streams; `limits` are those of each of its processes."""
    with contextlib.ExitStack() as ours:
        texts = {target: _open_bytes(ours, content.encode()) for target, content in policy.texts.items()}
        covers = {target: _open_bytes(ours, b"") for target in policy.covered}
        program = _open_bytes(ours, compile_filter(profile, os.uname().machine))
        is_root = os.geteuid() == 0
        arguments = bubblewrap_arguments(
            policy,
            texts=texts,
            covers=covers,
            program=program,
            staged=is_root,
            no_namespaces=profile is STRICT and "--disable-userns" in read_help(executable),
        )
        plan = {
            "parent": os.getpid(),
            "groups": [str(file) for file in group.joining_files] if group else [],
            "sources": [str(bind.source) for bind in (*policy.binds, *policy.devices)],
            "user": random.SystemRandom().choice(USERS) if is_root else None,
            "limits": process_limits(limits, counted=group is not None) if limits is not None else {},
            "command": [str(executable), *arguments, "--", *policy.command, *guest],
            "environment": {"PATH": os.defpath},
        }
        return start_process(
            [sys.executable, "-I", "-S", launcher.__file__, json.dumps(plan)],
            environment={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            folder=Path("/"),
            streams={"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE},
            pass_fds=[*streams, *texts.values(), *covers.values(), program],
        )


def bubblewrap_arguments(
    policy: Policy,
    *,
    texts: Mapping[str, int],
    covers: Mapping[str, int],
    program: int,
    staged: bool,
    no_namespaces: bool,
) -> list[str]:
    """A policy in bubblewrap's words. The descriptors carry small files; `program` is the filter of system calls.

    `no_namespaces`: whether this bubblewrap can keep the run from making user namespaces of its own, in which it would
    reach parts of the kernel that are closed to it otherwise.
    """
    places = [("--ro-bind", str(bind.source), bind.target) for bind in policy.binds]
    places += [("--dev-bind", str(bind.source), bind.target) for bind in policy.devices]  # by name, never all of /dev
    binds = [
        word
        for number, (option, source, target) in enumerate(places)
        for word in (option, f"{launcher.STAGE}/{number}" if staged else source, target)
    ]
    return [
        *("--unshare-user", "--unshare-all", "--die-with-parent", "--new-session", "--as-pid-1", "--cap-drop", "ALL"),
        *(("--disable-userns",) if no_namespaces else ()),
        *("--uid", str(policy.user_id), "--gid", str(policy.group_id), "--hostname", policy.host_name),
        *_words("--proc", ["/proc"]),
        *_words("--dev", ["/dev"]),
        *binds,
        *(word for path, to in policy.links.items() for word in ("--symlink", to, path)),
        *(word for path, fd in texts.items() for word in ("--file", str(fd), path)),
        *(word for path, fd in covers.items() for word in ("--ro-bind-data", str(fd), path)),
        *(word for place in policy.tmpfs for word in ("--size", str(place.size_bytes), "--tmpfs", place.target)),
        *_words("--dir", policy.folders),
        *_words("--remount-ro", ["/dev", "/"]),
        *("--seccomp", str(program)),
        *("--chdir", policy.work, "--clearenv"),
        *(word for name, value in policy.environment.items() for word in ("--setenv", name, value)),
    ]


def _words(option: str, values: Iterable[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


def _open_pipe(ours: contextlib.ExitStack) -> tuple[int, int]:
    ends = os.pipe()
    for end in ends:
        ours.callback(os.close, end)
    return ends


def _open_bytes(ours: contextlib.ExitStack, content: bytes) -> int:
    """A small file in memory, at its beginning."""
    fd = os.memfd_create("content")
    ours.callback(os.close, fd)
    os.write(fd, content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


@contextlib.contextmanager
def _undone_on_error() -> Iterator[contextlib.ExitStack]:
    """A list of what to undo if the block doesn't end in order."""
    with contextlib.ExitStack() as undo:
        yield undo
        undo.pop_all()


def _remove(group: RunGroup | None) -> None:
    if group is not None:
        group.remove()
