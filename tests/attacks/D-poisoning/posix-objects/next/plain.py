"""Another student's honest work, which looks for what the attack before it left."""

import ctypes
import os
from multiprocessing import shared_memory

LIBC = ctypes.CDLL(None, use_errno=True)

if LIBC.mq_open(b"/left-behind", os.O_RDONLY) >= 0:
    print("BREACH the queue is still there")
try:
    shared_memory.SharedMemory("left-behind")
except OSError:
    print("no shared memory")
else:
    print("BREACH the shared memory is still there")
for folder in ("/dev/shm", "/dev/mqueue"):
    names = os.listdir(folder) if os.path.isdir(folder) else []
    print("BREACH" if any("left" in name for name in names) else "in", folder, names)


def double(number):
    return number * 2


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
