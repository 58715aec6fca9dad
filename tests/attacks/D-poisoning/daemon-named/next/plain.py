"""Another student's honest work, which looks for what the attack before it left."""

import glob

for path in glob.glob("/proc/[0-9]*/comm"):
    try:
        with open(path) as file:
            name = file.read().strip()
    except OSError:
        continue
    if name == "left-behind":
        print("BREACH a process of the run before is still there", path)
print("looked at every process")


def double(number):
    return number * 2


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
