"""A Docker daemon of a test's own, that can be stopped and started: the machine's is shared with other tests."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from docker import APIClient

__all__ = ["OwnDaemon", "own_daemon"]

SECONDS_TO_START = 60.0
SECONDS_TO_END = 40.0
OLDEST = "1.41"


class OwnDaemon:
    """On a socket and with folders of its own; it makes no bridge and touches no firewall."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"unix://{folder}/docker.sock"

    def start(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            OSError: it ended, or doesn't answer; its last words.
        """
        (self._folder / "pid").unlink(missing_ok=True)  # of one that was killed, whose containerd went on
        self._kill_processes("containerd --config")
        (self._folder / "exec/containerd/containerd.pid").unlink(missing_ok=True)
        places = {"data-root": "data", "exec-root": "exec", "pidfile": "pid"}
        options = [f"--{option}={self._folder / name}" for option, name in places.items()]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    "dockerd",
                    f"--host={self.address}",
                    *options,
                    "--bridge=none",
                    "--iptables=false",
                    "--ip6tables=false",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until = time.monotonic() + SECONDS_TO_START
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > until:
                self.stop(signal.SIGKILL)
                raise OSError("\n".join((self._folder / "log").read_text(errors="replace").splitlines()[-3:]))
            time.sleep(0.1)

    def answers(self) -> bool:
        """Whether it can be asked. The SDK would leave a socket open that it can't connect."""
        with socket.socket(socket.AF_UNIX) as trial:
            if trial.connect_ex(self.address.removeprefix("unix://")) != 0:
                return False
        with contextlib.closing(APIClient(base_url=self.address, version=OLDEST)) as client:
            try:
                return bool(client.ping())
            except OSError:  # it listens, and isn't ready to answer (the SDK's errors are of that kind)
                return False

    def stop(self, number: signal.Signals) -> None:
        """End it by a signal: SIGTERM ends its containers too, after SIGKILL they go on."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(SECONDS_TO_END)
            self._process = None

    def list_containers(self) -> list[str]:
        """Every container that it has, running or not."""
        with contextlib.closing(APIClient(base_url=self.address, version="auto")) as client:
            return [container["Id"] for container in client.containers(all=True)]

    def _kill_processes(self, named: str) -> None:
        """Kill what this daemon has started and what has these words in its command."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                with contextlib.suppress(OSError):
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    if str(self._folder) in command and named in command:
                        os.kill(int(entry.name), signal.SIGKILL)

    def remove(self) -> None:
        """End it, what it started, and what it mounted."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.stop(signal.SIGTERM)
        self._kill_processes("")
        for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
            if line.split()[1].startswith(f"{self._folder}/"):
                subprocess.run(["umount", "-l", line.split()[1]], check=False)
        shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def own_daemon() -> Iterator[OwnDaemon]:
    """One that runs, and is gone afterwards. Its folder has a short name: a socket's path has 107 bytes."""
    daemon = OwnDaemon(Path(tempfile.mkdtemp(prefix="dockerd-")))
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.remove()
