"""A socket in a folder of ours, bound into a container, over which its guest is handed descriptors.

Theory of operation
-------------------
The folder is made before the container is, and bound read-only at /ctl; outside it lies in a folder that only we may
enter. What listens there is a SEQPACKET socket. The container's first process connects to it before any byte of a
student is there; whoever else connects is turned away, by the kernel's word on who it is. After that one connection
the socket is unlinked and its folder removed, so that a run finds an empty folder that can't be written to.

No file crosses the boundary: what goes over the connection are descriptors of pipes, and a zygote's requests and
answers.
"""

import contextlib
import os
import select
import shutil
import socket
import struct
import tempfile
import time
from pathlib import Path

from grader.errors import SandboxError
from grader.sandbox.ownership import own_name

__all__ = ["CONTROL_FOLDER", "CONTROL_PATH", "RECEIVE", "ControlFolder", "hand_over"]

CONTROL_FOLDER = "/ctl"
CONTROL_PATH = f"{CONTROL_FOLDER}/socket"
RECEIVE = f"""
import os, socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as control:
    control.connect({CONTROL_PATH!r})
    job, evidence, errors = socket.recv_fds(control, 1, 3)[1]
for fd in (1, 2):
    os.dup2(errors, fd)
for fd in (job, evidence):
    os.set_inheritable(fd, True)
os.close(errors)
os.execv(sys.argv[1], [*sys.argv[1:], "--job-fd", str(job), "--evidence-fd", str(evidence)])
"""
"""What a container's first process runs, before it becomes the guest: takes its streams. Errors go where they say."""

_NAME = "socket"
_PEER = struct.Struct("3i")


class ControlFolder:
    """The folder and the socket of one container.

    Raises:
        SandboxError: they can't be made.
    """

    def __init__(self) -> None:
        self._outer = Path(tempfile.gettempdir()) / own_name()
        self.source = self._outer / "ctl"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._outer.mkdir(mode=0o700)
            self.source.mkdir()
            self.source.chmod(0o755)
            _listen(self._listener, self.source)
        except OSError as error:
            self.close()
            raise SandboxError(f"a container's control socket can't be made: {error}") from error

    def accept(self, pid: int, handle: int, *, seconds: float) -> socket.socket | None:
        """The connection of the process behind `handle`, a pidfd; None when it ends without one.

        Raises:
            SandboxError: it didn't connect in time.
        """
        listening = self._listener.fileno()
        deadline = time.monotonic() + seconds
        while True:
            ready, _, _ = select.select([listening, handle], [], [], max(0.0, deadline - time.monotonic()))
            if listening in ready:
                connection, _ = self._listener.accept()
                if _peer(connection) == pid:
                    return connection
                connection.close()
            elif handle in ready:
                return None
            else:
                raise SandboxError(f"the container's first process didn't ask for its streams within {seconds:.0f} s")

    def close(self) -> None:
        """Stop listening, and remove socket and folder. Harmless when called again."""
        self._listener.close()
        shutil.rmtree(self._outer, ignore_errors=True)


def hand_over(connection: socket.socket, descriptors: list[int]) -> None:
    """Send descriptors, once.

    Raises:
        SandboxError: nobody takes them.
    """
    try:
        socket.send_fds(connection, [b"."], descriptors)
    except OSError as error:
        raise SandboxError(f"the container's first process doesn't take its streams: {error}") from error


def _listen(listener: socket.socket, folder: Path) -> None:
    """By way of a descriptor of the folder, for a socket's path may be only so long."""
    opened = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        listener.bind(f"/proc/self/fd/{opened}/{_NAME}")
    finally:
        os.close(opened)
    (folder / _NAME).chmod(0o666)  # the container's user is none of ours; who else may enter the folder is said above
    listener.listen(1)


def _peer(connection: socket.socket) -> int:
    """The process at the other end, by its number here."""
    with contextlib.suppress(OSError):
        pid, _, _ = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
        return int(pid)
    return 0
