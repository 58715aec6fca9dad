"""Who on this machine has which graphics processor: files that are locked as long as somebody does.

Theory of operation
-------------------
One folder for all graders of this machine, whoever runs them. What counts is never a file's being there but its lock
(flock), which the kernel drops with the last process that holds it: a grader that is killed holds nothing. Three kinds:

    guard                    locked for moments, by whoever looks or changes something
    ticket.<time>.<random>   a grader that waits; the oldest one is served first, across processes and threads
    hold.<device>.<random>   a run that has a device, with what it booked

A file whose lock can be had belongs to nobody, and is removed. `status.<device>.<user>` has no lock: it tells what
was learnt about a device since the machine was started, see `Status`.
"""

import contextlib
import json
import os
import secrets
import stat
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from grader.errors import SandboxError

if sys.platform != "win32":
    import fcntl

__all__ = ["Booking", "Hold", "LeaseFolder", "Status", "Ticket", "find_lease_folder"]

_FOLDER = "grader-gpus"
_SHARED_PLACES = (Path("/run/lock"), Path("/var/lock"), Path("/tmp"))  # noqa: S108
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_MOST_BYTES = 64 * 1024
_MOST_BOOKING_BYTES = 256


@dataclass(frozen=True, kw_only=True)
class Booking:
    """What a run takes of each device that it has."""

    share: int = 1  # how many such runs may be on it together
    memory_bytes: int | None = None  # None: all of it
    settled: bool = False  # whether the device was found clean; before that nobody joins


@dataclass(frozen=True, kw_only=True)
class Status:
    """What is known of a device, since the machine was started."""

    baseline_bytes: int | None = None  # its memory in use while nobody computes on it
    fault: str | None = None  # why it is out of service
    heals: bool = False  # whether it may come back by itself, when what it held has gone


def find_lease_folder() -> Path:
    """Where graders of this machine agree: the first place that every user may write to, so that all find the same."""
    places = [place for place in _SHARED_PLACES if place.is_dir() and place.stat().st_mode & stat.S_IWOTH]
    return (places or [Path(tempfile.gettempdir())])[0] / _FOLDER


class _Locked:
    """A file of ours that is locked until it is let go."""

    def __init__(self, path: Path) -> None:
        self.path = path
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
        self._fd = os.open(path, flags, 0o644)
        fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._open = True

    def let_go(self) -> None:
        """Nobody holds it any more. Harmless when called again."""
        if self._open:
            self._open = False
            with contextlib.suppress(OSError):
                self.path.unlink()
            os.close(self._fd)


class Hold(_Locked):
    """A run's hold on a device."""

    def __init__(self, path: Path, booking: Booking) -> None:
        super().__init__(path)
        self._booking = booking
        self._write()

    def settle(self) -> None:
        """The device was found clean: others may join, where they share."""
        self._booking = replace(self._booking, settled=True)
        self._write()

    def _write(self) -> None:
        content = json.dumps(asdict(self._booking)).encode()
        os.pwrite(self._fd, content.ljust(_MOST_BOOKING_BYTES), 0)  # one write: a reader sees the old or the new


class Ticket(_Locked):
    """A place in the queue. `since` is what it goes by."""

    since: int = 0


class LeaseFolder:
    """The folder, see above. Safe to use from several threads and processes.

    Args:
        path: where; by default one for all graders of this machine.

    Raises:
        SandboxError: it can't be used.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path if path is not None else find_lease_folder()
        try:
            with contextlib.suppress(FileExistsError):
                self.path.mkdir(mode=0o1777, parents=path is not None)
                self.path.chmod(0o1777)
            about = self.path.lstat()
        except OSError as error:
            raise SandboxError(f"the folder for leases {str(self.path)!r} can't be made: {error}") from error
        if not stat.S_ISDIR(about.st_mode):
            raise SandboxError(f"{str(self.path)!r} isn't a folder; leases of graphics processors are kept there")
        self._boot = _read_boot()

    # ── the queue ──

    def take_ticket(self, *, since: int | None = None) -> Ticket:
        """Stand in the queue; with `since` at the place that one had before."""
        moment = time.monotonic_ns() if since is None else since  # the same clock in every process
        with self._guard():
            ticket = Ticket(self.path / f"ticket.{moment:020}.{secrets.token_hex(4)}")
        ticket.since = moment
        return ticket

    def is_first(self, ticket: Ticket) -> bool:
        """Whether nobody who waits has waited longer."""
        with self._guard():
            earlier = [path for path in sorted(self.path.glob("ticket.*")) if path.name < ticket.path.name]
            return not any(_is_held(path) for path in earlier)

    # ── holds ──

    def claim(self, memory: Mapping[str, int], booking: Booking, *, count: int) -> list[Hold] | None:
        """Holds on `count` of these devices, all or none; None where there aren't so many free.

        `memory` are the devices' bytes by name. A booking that shares is put where others share already.
        """
        with self._guard():
            held = {name: self._list_bookings(name) for name in memory}
            free = [name for name in memory if _fits(booking, held[name], memory[name])]
            chosen = sorted(free, key=lambda name: -len(held[name]))[:count]
            if len(chosen) < count:
                return None
            return [Hold(self.path / f"hold.{_spell(name)}.{secrets.token_hex(8)}", booking) for name in chosen]

    def count_holds(self, name: str) -> int:
        """How many runs have a device now."""
        with self._guard():
            return len(self._list_bookings(name))

    def name_of(self, hold: Hold, names: Sequence[str]) -> str:
        """Which of these devices a hold is on."""
        return next(name for name in names if hold.path.name.startswith(f"hold.{_spell(name)}."))

    def _list_bookings(self, name: str) -> list[Booking]:
        return [_read_booking(path) for path in self.path.glob(f"hold.{_spell(name)}.*") if _is_held(path)]

    # ── what is known of a device ──

    def read_status(self, name: str) -> Status:
        """What is known of a device; nothing that was learnt before the machine was started, or that others wrote."""
        found = Status()
        for path in sorted(self.path.glob(f"status.{_spell(name)}.*")):
            said = _read_json(path, owners={0, _user()})
            if said.get("boot") != self._boot:
                continue
            known = [found.baseline_bytes, said.get("baseline_bytes")]
            numbers = [number for number in known if isinstance(number, int)]
            found = replace(found, baseline_bytes=min(numbers, default=None))
            if said.get("fault") and found.fault is None:
                found = replace(found, fault=str(said["fault"]), heals=bool(said.get("heals")))
        return found

    def write_status(self, name: str, status: Status) -> None:
        """Remember what is known of a device.

        Raises:
            SandboxError: it can't be written.
        """
        path = self.status_file(name)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            draft.write_text(json.dumps({"boot": self._boot, **asdict(status)}))
            draft.replace(path)
        except OSError as error:
            raise SandboxError(f"what is known of a graphics processor can't be written: {error}") from error

    def status_file(self, name: str) -> Path:
        """Where what this user learnt of a device is kept; removing it forgets a fault."""
        return self.path / f"status.{_spell(name)}.{_user()}"

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        """Alone with the folder, for a moment."""
        fd = _open_guard(self.path / "guard")
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        except OSError as error:
            raise SandboxError(f"leases of graphics processors can't be kept in {str(self.path)!r}: {error}") from error
        finally:
            os.close(fd)


def _open_guard(path: Path) -> int:
    """Open the guard, made by whoever comes first; reading is enough to lock it."""
    while True:
        try:
            return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            with contextlib.suppress(FileExistsError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o644))
        except OSError as error:
            raise SandboxError(f"{str(path)!r} can't be opened: {error}") from error


def _is_held(path: Path) -> bool:
    """Whether somebody holds a file's lock; one that nobody does is removed. Only under the guard."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        with contextlib.suppress(OSError):  # another user's stays; it counts for nothing
            path.unlink()
        return False
    finally:
        os.close(fd)


def _fits(booking: Booking, held: Sequence[Booking], memory_bytes: int) -> bool:
    """Whether a booking has room on a device beside those that hold it."""
    if booking.memory_bytes is not None and booking.memory_bytes > memory_bytes:
        return False
    if not held:
        return True
    together = [*held, booking]
    if len(together) > min(one.share for one in together) or not all(one.settled for one in held):
        return False
    sizes = [one.memory_bytes for one in together]
    return all(size is not None for size in sizes) and sum(size or 0 for size in sizes) <= memory_bytes


def _read_booking(path: Path) -> Booking:
    """What a hold booked; one that can't be read has its device for itself."""
    said = _read_json(path)
    share, memory = said.get("share", 1), said.get("memory_bytes")
    if not isinstance(share, int) or not isinstance(memory, int | None):
        return Booking()
    return Booking(share=share, memory_bytes=memory, settled=said.get("settled") is True)


def _read_json(path: Path, *, owners: set[int] | None = None) -> dict[str, Any]:
    """A small file of ours; empty where it can't be read or belongs to somebody else."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return {}
    with os.fdopen(fd, "rb") as file:
        if owners is not None and os.fstat(fd).st_uid not in owners:
            return {}
        try:
            said = json.loads(file.read(_MOST_BYTES))
        except ValueError:
            return {}
    return said if isinstance(said, dict) else {}


def _spell(name: str) -> str:
    """A device's name in a file's: those of slices once had slashes."""
    return "".join(letter if letter.isalnum() or letter == "-" else "_" for letter in name)


def _user() -> int:
    return os.getuid() if sys.platform != "win32" else 0


def _read_boot() -> str:
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""
