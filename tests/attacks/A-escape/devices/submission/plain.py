"""Disks, memory, graphics, virtual machines, tunnels; by their usual names, and by numbers."""

import errno
import os
import stat

tried = []


def attempt(what, action):
    """One attempt, and what came of it: an action that returns something true has worked."""
    try:
        got = action()
    except OSError as error:
        print("HELD", what, errno.errorcode.get(error.errno, error.errno))
    except Exception as error:
        print("HELD", what, type(error).__name__, str(error)[:60])
    else:
        print("BREACH" if got else "TRIED", what, repr(got)[:200] if got else "")


NAMES = [
    "sda", "vda", "nvme0n1", "dm-0", "loop0", "loop-control", "ram0", "mem", "kvm", "fuse", "net/tun", "vsock", "vhost-net",
    "dri/card0", "nvidia0", "nvidiactl", "input/event0", "uinput", "rtc0", "watchdog", "mapper/control", "snd/timer", "hwrng",
    "userfaultfd", "cuse", "btrfs-control", "autofs",
]
NUMBERS = [("b", 8, 0), ("b", 254, 0), ("b", 253, 0), ("b", 259, 0), ("c", 1, 1), ("c", 10, 232), ("c", 10, 229), ("c", 195, 0)]
ALLOWED = {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "console"}


def make(kind, major, minor):
    path = f"/tmp/left-{kind}-{major}-{minor}"
    os.mknod(path, 0o666 | (stat.S_IFBLK if kind == "b" else stat.S_IFCHR), os.makedev(major, minor))
    return os.open(path, os.O_RDONLY) > 0


def find_devices():
    found = []
    for folder, _, names in os.walk("/dev"):
        for name in names:
            mode = os.lstat(os.path.join(folder, name)).st_mode
            if stat.S_ISBLK(mode) or (stat.S_ISCHR(mode) and name not in ALLOWED):
                found.append(os.path.join(folder, name))
    return found


def attack():
    for name in NAMES:
        attempt(f"/dev/{name}", lambda: os.open(f"/dev/{name}", os.O_RDONLY) > 0)
    for kind, major, minor in NUMBERS:
        attempt(f"mknod {kind} {major} {minor}", lambda: make(kind, major, minor))
    attempt("devices that nobody needs", find_devices)


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
