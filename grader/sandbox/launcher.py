"""Started as a program of its own: becomes, step by step, the process that may start a sandbox. Standard library only.

Theory of operation
-------------------
The grader starts `python -I launcher.py PLAN` (PLAN is JSON, see `main`). Still with the grader's rights it

1. asks the kernel to be killed when the grader dies, and checks that it hasn't died already;
2. joins the run's control groups, so that everything from here on is counted;
3. as root only: makes a mount namespace of its own and binds what the sandbox will read to a staging folder there. An
   unprivileged user couldn't reach a Python below a root home of mode 0700. The staging folder lies in a tmpfs over
   /tmp that nobody else sees and that ends with this process;
4. as root only: becomes an unprivileged user. This stands *before* bubblewrap: a bubblewrap that root started keeps
   root's rights over files, whatever its `--uid` says;
5. gives up gaining rights (no_new_privs), sets limits, and becomes the sandbox (exec): same pid, no process between.

It prints one line on stderr and exits with status 97 when a step fails; no byte of a student is there yet.
"""

# A light start, before every run: no pathlib.
# ruff: noqa: PTH102, PTH112, PTH123

import ctypes
import json
import os
import signal
import sys
from typing import Any

if sys.platform != "win32":
    import resource  # now: once the user is dropped, a Python below a private home can't be read any more

__all__ = ["FAILED", "STAGE", "die_with_parent", "set_limits"]

FAILED = 97
STAGE = "/tmp/stage"  # noqa: S108  (in a tmpfs of this process's own)

_CLONE_NEWNS = 0x00020000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_BIND, _MS_REC, _MS_PRIVATE = 1, 2, 4, 4096, 16384, 1 << 18
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38


def main(plan: dict[str, Any]) -> None:
    """Do the steps. PLAN: {"parent": pid, "groups": [files], "sources": [paths] | null, "user": uid | null,
    "limits": {"CORE": n, …}, "command": [argv], "environment": {…}}.
    """
    die_with_parent(plan["parent"])
    for file in plan["groups"]:
        with open(file, "w") as group:
            group.write(str(os.getpid()))
    if plan["user"] is not None:
        stage_sources(plan["sources"])
        become(plan["user"])
        die_with_parent(plan["parent"])  # a change of user takes the order back
        check_readable(plan["sources"])
    set_limits(plan["limits"])
    give_up_rights()
    os.execve(plan["command"][0], plan["command"], plan["environment"])  # noqa: S606


def die_with_parent(parent: int) -> None:
    """Be killed when the parent dies; at once where it has died already."""
    _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        raise OSError("the grader is gone")


def stage_sources(sources: list[str]) -> None:
    """Bind each source to STAGE/<its number>, in a mount namespace of our own."""
    _call("unshare", _CLONE_NEWNS)
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    # Opened before /tmp is covered, for a source may lie there; after unshare, for mounts of the old namespace can't be
    # bound.
    handles = [os.open(source, os.O_PATH | os.O_CLOEXEC) for source in sources]
    _mount("tmpfs", "/tmp", "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=0755,size=1m")  # noqa: S108
    os.mkdir(STAGE, 0o755)
    for number, (source, handle) in enumerate(zip(sources, handles, strict=True)):
        target = f"{STAGE}/{number}"
        if os.path.isdir(f"/proc/self/fd/{handle}"):
            os.mkdir(target, 0o755)
        else:
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
        try:
            _mount(f"/proc/self/fd/{handle}", target, None, _MS_BIND | _MS_REC)
        except OSError as error:
            raise OSError(f"{source!r} can't be bound: {error}") from error
        os.close(handle)


def become(user: int) -> None:
    """Be an unprivileged user for good, in no group but its own."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    os.chdir("/")


def check_readable(sources: list[str]) -> None:
    """Say which source the unprivileged user can't read, before bubblewrap says so less clearly."""
    for number, source in enumerate(sources):
        staged = f"{STAGE}/{number}"
        if not os.access(staged, os.R_OK | (os.X_OK if os.path.isdir(staged) else 0)):
            raise OSError(f"{source!r} can't be read by an unprivileged user; run `chmod -R a+rX {source}`")


def set_limits(limits: dict[str, int]) -> None:
    """Set the limits of a process, by their names in `resource`, and never above what is allowed to us."""
    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        _, most = resource.getrlimit(kind)
        bounded = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(kind, (bounded, bounded))


def give_up_rights() -> None:
    """No program that is started from here on has more rights, whatever bits its file carries."""
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    texts = [text.encode() if text is not None else None for text in (source, target, kind, options)]
    _call("mount", texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3])


def _call(name: str, *arguments: Any) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


if __name__ == "__main__":
    try:
        main(json.loads(sys.argv[1]))
    except (OSError, ValueError) as failure:
        sys.stderr.write(f"launcher: {failure}\n")
        sys.exit(FAILED)
