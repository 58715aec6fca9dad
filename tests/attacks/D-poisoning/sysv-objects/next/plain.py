"""Another student's honest work, which looks for what the attack before it left."""

import ctypes

LIBC = ctypes.CDLL(None, use_errno=True)

for key in range(0x6C656674, 0x6C656678):
    for name, arguments in (("shmget", (0, 0)), ("semget", (0, 0)), ("msgget", (0,))):
        if getattr(LIBC, name)(key, *arguments) >= 0:
            print("BREACH", name, hex(key), "is still there")
for kind in ("shm", "sem", "msg"):
    try:
        with open(f"/proc/sysvipc/{kind}") as file:
            print(kind, len(file.readlines()))
    except OSError as error:
        print(kind, type(error).__name__)


def double(number):
    return number * 2


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
