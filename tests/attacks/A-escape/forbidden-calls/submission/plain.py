"""Calls that reach parts of the kernel which student code has no business in, each with harmless arguments."""

import ctypes
import errno
import os

LIBC = ctypes.CDLL(None, use_errno=True)

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


def call(name, *arguments):
    """A function of the C library, with the kernel's errors as Python's."""
    ctypes.set_errno(0)
    result = getattr(LIBC, name)(*arguments)
    if result == -1:
        raise OSError(ctypes.get_errno(), name)
    return True


AT_FDCWD = -100
CALLS = {  # name: number on x86_64, number on aarch64, arguments
    "ptrace": (101, 117, (0, 0, 0, 0)),
    "process_vm_readv": (310, 270, (1, 0, 0, 0, 0, 0)),
    "process_vm_writev": (311, 271, (1, 0, 0, 0, 0, 0)),
    "kcmp": (312, 272, (1, 1, 0, 0, 0)),
    "pidfd_getfd": (438, 438, (0, 0, 0)),
    "mount": (165, 40, (b"none", b"/tmp", b"tmpfs", 0, 0)),
    "umount2": (166, 39, (b"/proc", 2)),
    "pivot_root": (155, 41, (b"/tmp", b"/tmp")),
    "chroot": (161, 51, (b"/tmp",)),
    "unshare": (272, 97, (0x10000000,)),
    "setns": (308, 268, (0, 0)),
    "fsopen": (430, 430, (b"tmpfs", 0)),
    "fsmount": (432, 432, (0, 0, 0)),
    "fspick": (433, 433, (AT_FDCWD, b"/", 0)),
    "open_tree": (428, 428, (AT_FDCWD, b"/", 1)),
    "move_mount": (429, 429, (AT_FDCWD, b"/tmp", AT_FDCWD, b"/tmp", 0)),
    "mount_setattr": (442, 442, (AT_FDCWD, b"/", 0, 0, 0)),
    "name_to_handle_at": (303, 264, (AT_FDCWD, b"/", 0, 0, 0)),
    "open_by_handle_at": (304, 265, (AT_FDCWD, 0, 0)),
    "bpf": (321, 280, (0, 0, 0)),
    "perf_event_open": (298, 241, (0, 0, -1, -1, 0)),
    "userfaultfd": (323, 282, (0,)),
    "io_uring_setup": (425, 425, (1, 0)),
    "io_uring_enter": (426, 426, (-1, 0, 0, 0, 0, 0)),
    "io_uring_register": (427, 427, (-1, 0, 0, 0)),
    "add_key": (248, 217, (b"user", b"left", b"x", 1, -3)),
    "request_key": (249, 218, (b"user", b"left", 0, -3)),
    "keyctl": (250, 219, (0, -3, 1)),
    "init_module": (175, 105, (0, 0, b"")),
    "finit_module": (313, 273, (-1, b"", 0)),
    "delete_module": (176, 106, (b"left", 0)),
    "kexec_load": (246, 104, (0, 0, 0, 0)),
    "reboot": (169, 142, (0, 0, 0, 0)),
    "swapon": (167, 224, (b"/tmp/left", 0)),
    "swapoff": (168, 225, (b"/tmp/left",)),
    "acct": (163, 89, (0,)),
    "quotactl": (179, 60, (0, 0, 0, 0)),
    "syslog": (103, 116, (10, 0, 0)),
    "sethostname": (170, 161, (b"left", 4)),
    "setdomainname": (171, 162, (b"left", 4)),
    "settimeofday": (164, 170, (0, 0)),
    "clock_settime": (227, 112, (0, 0)),
    "clock_adjtime": (305, 266, (0, 0)),
    "adjtimex": (159, 171, (0,)),
    "fanotify_init": (300, 262, (0, 0)),
    "lookup_dcookie": (212, 18, (0, 0, 0)),
    "vhangup": (153, 58, ()),
    "nfsservctl": (180, 42, (0, 0, 0)),
    "memfd_secret": (447, 447, (0,)),
    "process_madvise": (440, 440, (0, 0, 0, 0, 0)),
    "move_pages": (279, 239, (1, 0, 0, 0, 0, 0)),
    "migrate_pages": (256, 238, (1, 0, 0, 0)),
    "clone3": (435, 435, (0, 0)),
    "seccomp": (317, 277, (0, 0, 0)),
}
MACHINES = {"x86_64": 0, "aarch64": 1}


def attack():
    column = MACHINES[os.uname().machine]
    for name, numbers in CALLS.items():
        attempt(name, lambda: call("syscall", numbers[column], *numbers[2]))


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
