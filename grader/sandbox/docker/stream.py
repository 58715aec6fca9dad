"""The attach stream: a container's three standard streams on one connection to the daemon.

Theory of operation
-------------------
The connection is made between create and start, so that the reader of HTTP can't have read ahead. What the container
writes comes in chunks with a header of eight bytes that says which stream each belongs to; a thread takes them apart
and writes each stream to a pipe of its own, so that evidence and standard error are read like any sandbox's. What is
sent goes to the container's standard input. The connection is also the guest's lifeline: it stays open until the run is
over, and when it breaks because the grader was killed, the daemon closes the guest's input, and the guest ends.
"""

import contextlib
import fcntl
import os
import socket
import struct
import threading
from typing import IO, Any

from grader.limits import KIB
from grader.sandbox.docker.daemon import Daemon, daemon_faults

__all__ = ["AttachStream"]

_HEADER = struct.Struct(">BxxxI")
_OUTPUT, _ERRORS = 1, 2
_CHUNK_BYTES = 256 * KIB
_PIPE_BYTES = 1024 * KIB


class AttachStream:
    """A connection to the streams of a container that hasn't started yet.

    Raises:
        SandboxError: the daemon refuses it.
    """

    def __init__(self, daemon: Daemon, container: str) -> None:
        parameters = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1, "logs": 0}
        with daemon_faults("the container's streams can't be reached"):
            self._raw: Any = daemon.api.attach_socket(container, params=parameters)
        self._socket: socket.socket = getattr(self._raw, "_sock", self._raw)
        self._socket.settimeout(None)
        evidence, self._evidence_fd = _open_pipe()
        errors, self._errors_fd = _open_pipe()
        self.job = _Input(self._socket)
        self.evidence: IO[bytes] = os.fdopen(evidence, "rb", buffering=0)
        self.errors: IO[bytes] = os.fdopen(errors, "rb", buffering=0)
        self._thread = threading.Thread(target=self._take_apart, daemon=True, name="grader-attach")
        self._thread.start()

    def cut(self) -> None:
        """End the connection, whatever is on its way. Harmless when called again."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for part in (getattr(self._raw, "_response", None), self._raw, self._socket):
            if part is not None:
                with contextlib.suppress(OSError, ValueError):  # each closes what stands on it
                    part.close()

    def discard(self) -> None:
        """End it where no keeper reads it."""
        self.cut()
        self.evidence.close()
        self.errors.close()

    def _take_apart(self) -> None:
        pipes = {_OUTPUT: self._evidence_fd, _ERRORS: self._errors_fd}
        closed: set[int] = set()
        with contextlib.suppress(OSError):
            while (header := self._read_exactly(_HEADER.size)) is not None:
                kind, length = _HEADER.unpack(header)
                while length > 0:
                    chunk = self._socket.recv(min(length, _CHUNK_BYTES))
                    if not chunk:
                        break
                    length -= len(chunk)
                    if kind in pipes and kind not in closed and not _write_whole(pipes[kind], chunk):
                        closed.add(kind)  # nobody reads it any more; the other stream goes on
        os.close(self._evidence_fd)
        os.close(self._errors_fd)

    def _read_exactly(self, count: int) -> bytes | None:
        content = b""
        while len(content) < count:
            chunk = self._socket.recv(count - len(content))
            if not chunk:
                return None
            content += chunk
        return content


class _Input:
    """The writing half. Closing it leaves the connection open: the guest knows the job's end by its last frame."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def write(self, content: Any) -> int:
        self._connection.sendall(content)
        return len(content)

    def close(self) -> None:
        """Nothing: the lifeline stays."""


def _open_pipe() -> tuple[int, int]:
    reading, writing = os.pipe()
    with contextlib.suppress(OSError):
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return reading, writing


def _write_whole(fd: int, content: bytes) -> bool:
    """False where nobody reads any more."""
    view = memoryview(content)
    try:
        while view:
            view = view[os.write(fd, view) :]
    except BrokenPipeError:
        return False
    return True
