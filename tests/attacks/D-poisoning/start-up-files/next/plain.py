"""Another student's honest work, which looks for what the attack before it left."""

import os
import site
import subprocess
import sys

done = subprocess.run([sys.executable, "-c", "print('started')"], capture_output=True, text=True, timeout=60)
print(done.stdout, done.stderr)
print("home", sorted(os.listdir(os.path.expanduser("~"))), os.path.isdir(site.getusersitepackages()))


def double(number):
    return number * 2


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
