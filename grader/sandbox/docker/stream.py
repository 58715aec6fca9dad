"""The attach stream: a container's standard streams on one connection to the daemon.

Theory of operation
-------------------
The connection is made between create and start, so that the reader of HTTP can't have read ahead. What the container
writes comes in chunks with a header of eight bytes that says which stream each belongs to; a thread takes them apart
and writes each stream to a pipe, so that they are read like any sandbox's. What is sent goes to the container's
standard input. Then the connection is also the guest's lifeline: it stays open until the run is over, and when it
breaks because the grader was killed, the daemon closes the guest's input, and the guest ends (`--lifeline`).
"""

import contextlib
import fcntl
import os
import socket
import struct
import threading
from collections.abc import Mapping
from typing import Any

from grader.limits import KIB
from grader.sandbox.docker.daemon import Daemon, daemon_faults

__all__ = ["ERRORS", "OUTPUT", "AttachStream", "open_pipe"]

OUTPUT, ERRORS = 1, 2

_HEADER = struct.Struct(">BxxxI")
_CHUNK_BYTES = 256 * KIB
_PIPE_BYTES = 1024 * KIB


class AttachStream:
    """A connection to the streams of a container that hasn't started yet.

    Args:
        sinks: descriptors to which `OUTPUT` and `ERRORS` are written. They are closed when the stream has ended.
        with_input: whether the container's standard input is connected.

    Raises:
        SandboxError: the daemon refuses it.
    """

    def __init__(self, daemon: Daemon, container: str, *, sinks: Mapping[int, int], with_input: bool) -> None:
        self._sinks = dict(sinks)
        parameters = {"stdin": int(with_input), "stdout": 1, "stderr": 1, "stream": 1, "logs": 0}
        try:
            with daemon_faults("the container's streams can't be reached"):
                self._raw: Any = daemon.api.attach_socket(container, params=parameters)
        except BaseException:
            self._close_sinks()
            raise
        self._socket: socket.socket = getattr(self._raw, "_sock", self._raw)
        self._socket.settimeout(None)
        self.input = _Input(self._socket)
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

    def _take_apart(self) -> None:
        closed: set[int] = set()
        with contextlib.suppress(OSError):
            while (header := self._read_exactly(_HEADER.size)) is not None:
                kind, length = _HEADER.unpack(header)
                while length > 0:
                    chunk = self._socket.recv(min(length, _CHUNK_BYTES))
                    if not chunk:
                        break
                    length -= len(chunk)
                    if kind in self._sinks and kind not in closed and not _write_whole(self._sinks[kind], chunk):
                        closed.add(kind)  # nobody reads it any more; the other stream goes on
        self._close_sinks()

    def _close_sinks(self) -> None:
        for fd in set(self._sinks.values()):
            os.close(fd)

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


def open_pipe() -> tuple[int, int]:
    """A pipe that holds as much as the kernel lets us have: its reading and its writing end."""
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
