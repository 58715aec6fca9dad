"""Traps: texts that must not come out of any run, and places on this machine that no run may touch.

A secret is a random text that stands where only the grader, the author or another student has it: in the reference
solution, among kept labels, in `checks.py`, in another student's code, in the roster, in files of this machine. It is
made anew each time, so that finding its value proves that it was read. Placeholders such as `@CANARY_SOLUTION@` in a
course's files become secrets; placeholders such as `@TCP_PORT@` in an attack's files become places, for an attack must
know where to strike. An attack's files never get a secret.
"""

import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from grader.sandbox.ownership import is_abandoned, own_name

__all__ = ["Canaries", "fill_folder", "lay_canaries", "make_own_folder"]

MOST_FILLED_BYTES = 1 << 20
MOST_SOCKET_FOLDER = 40  # characters: a socket's whole path has at most 107
PLACES = (
    "HOME_FILE",
    "HOME_FOLDER",
    "TEMPORARY_FILE",
    "TCP_PORT",
    "UDP_PORT",
    "UNIX_SOCKET",
    "ABSTRACT_SOCKET",
    "GRADER_PID",
    "GRADER_HOME",
)
"""Placeholders of an attack's files."""
SECRETS = ("solution", "labels", "checks", "student", "roster", "secret", "home", "temporary")


@dataclass(frozen=True, kw_only=True)
class TrapFile:
    """A file of this machine that no run may read or change."""

    path: Path
    content: bytes
    changed_ns: int

    def find_fault(self) -> str | None:
        """What happened to it."""
        try:
            same = self.path.read_bytes() == self.content and self.path.stat().st_mtime_ns == self.changed_ns
            if not same:
                return f"the file {str(self.path)!r} was changed"
            beside = [path.name for path in self.path.parent.iterdir() if path != self.path]
        except OSError as error:
            return f"the file {str(self.path)!r} is gone ({error.strerror})"
        return f"files appeared beside {str(self.path)!r}: {', '.join(sorted(beside)[:3])}" if beside else None


@dataclass(frozen=True, kw_only=True)
class Trap:
    """A socket of this machine that no run may reach."""

    name: str
    socket: socket.socket

    def find_fault(self) -> str | None:
        """What happened at it."""
        try:
            if self.socket.type == socket.SOCK_STREAM:
                self.socket.accept()[0].close()
            else:
                self.socket.recv(1)
        except OSError:
            return None
        return f"the {self.name} of this machine was reached"


@dataclass(frozen=True, kw_only=True)
class Canaries:
    """Secrets by name, places by placeholder, and the traps."""

    secrets: Mapping[str, str] = field(repr=False)
    places: Mapping[str, str]
    traps: tuple[Trap | TrapFile, ...]

    def find_leaks(self, content: bytes) -> list[str]:
        """The names of the secrets that stand in some bytes."""
        return [name for name, value in self.secrets.items() if value.encode() in content]

    def find_touched(self) -> list[str]:
        """What happened at the traps since the last time, a sentence each."""
        return [fault for trap in self.traps if (fault := trap.find_fault()) is not None]

    def placeholders(self) -> dict[str, str]:
        """What a course's placeholders stand for."""
        return {f"CANARY_{name.upper()}": value for name, value in self.secrets.items()}


@contextmanager
def lay_canaries(folder: Path) -> Iterator[Canaries]:
    """Lay out every trap; all of it is gone afterwards. `folder` is the grader's home of this trial."""
    values = {name: f"canary-{name}-{secrets.token_hex(12)}" for name in SECRETS}
    temporary_folder = Path(tempfile.gettempdir())
    home_folder = Path.home() if os.access(Path.home(), os.W_OK) else temporary_folder
    with ExitStack() as stack:
        home = lay_file(stack.enter_context(make_own_folder(home_folder)), values["home"])
        temporary = lay_file(stack.enter_context(make_own_folder(temporary_folder)), values["temporary"])
        traps = list(lay_sockets(stack, temporary_folder))
        tcp, udp, unix, abstract = (trap.socket.getsockname() for trap in traps)
        files = (home.path, Path.home(), temporary.path)
        places = (*files, tcp[1], udp[1], unix, abstract[1:].decode(), os.getpid(), folder)
        yield Canaries(
            secrets=values,
            places=dict(zip(PLACES, map(str, places), strict=True)),
            traps=(home, temporary, *traps),
        )


@contextmanager
def make_own_folder(parent: Path) -> Iterator[Path]:
    """A folder that everyone may look into, named as ours; those that a killed grader left there are removed.

    Raises:
        OSError: it can't be made.
    """
    for path in parent.iterdir():
        if is_abandoned(path.name.removeprefix(".")) and not path.is_symlink() and path.stat().st_uid == os.getuid():
            shutil.rmtree(path, ignore_errors=True)
    folder = parent / f".{own_name()}"
    folder.mkdir()
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def lay_file(folder: Path, content: str) -> TrapFile:
    """A file that everyone on this machine may read."""
    path = folder / "canary"
    path.write_text(content)
    path.chmod(0o644)
    return TrapFile(path=path, content=content.encode(), changed_ns=path.stat().st_mtime_ns)


def lay_sockets(stack: ExitStack, folder: Path) -> Iterator[Trap]:
    """Services on this machine: TCP and UDP on the loopback, a unix socket with a path, one with an abstract name."""
    short = folder if len(str(folder)) < MOST_SOCKET_FOLDER else Path("/tmp")  # noqa: S108
    sockets = stack.enter_context(make_own_folder(short))
    for name, family, kind, address in (
        ("TCP service", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        ("UDP service", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        ("unix socket", socket.AF_UNIX, socket.SOCK_STREAM, str(sockets / "socket")),
        ("abstract unix socket", socket.AF_UNIX, socket.SOCK_STREAM, f"\0grade-canary-{secrets.token_hex(8)}"),
    ):
        trap = stack.enter_context(socket.socket(family, kind))
        trap.setblocking(False)
        trap.bind(address)
        if kind == socket.SOCK_STREAM:
            trap.listen(16)
        yield Trap(name=name, socket=trap)
    (sockets / "socket").chmod(0o777)


def fill_folder(folder: Path, values: Mapping[str, str]) -> None:
    """Put values in place of `@NAME@` in every small file below a folder. Links aren't followed."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_FILLED_BYTES:
            continue
        before = path.read_bytes()
        content = before
        for name, value in values.items():
            content = content.replace(f"@{name}@".encode(), value.encode())
        if content != before:
            path.write_bytes(content)
