"""The way to a real daemon, as a test wants it: another address, and an end whenever it likes."""

import contextlib
import socket
import threading
from pathlib import Path
from typing import Self

__all__ = ["Proxy"]

DAEMON = "/var/run/docker.sock"


class Proxy:
    """Carries connections to the daemon, from a port of the loopback or from a socket in a folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self._listener = socket.socket(socket.AF_INET if folder is None else socket.AF_UNIX)
        self._listener.bind(("127.0.0.1", 0) if folder is None else str(folder / "daemon.sock"))
        self._listener.listen()
        name = self._listener.getsockname()
        self.address = f"tcp://127.0.0.1:{name[1]}" if folder is None else f"unix://{name}"
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def stop(self) -> None:
        """As a daemon that is killed: every connection ends, and no new one is taken."""
        for connection in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for connection in (self._listener, *self._open):
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(DAEMON)
                self._open += [near, far]
                for pair in ((near, far), (far, near)):
                    self._threads.append(threading.Thread(target=_carry, args=pair, daemon=True))
                    self._threads[-1].start()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while content := source.recv(1 << 16):
            target.sendall(content)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
