"""One writer at a time on a machine: a locked file, whose content never changes.

What counts is the lock (flock), never the file's being there: the kernel lets go of it with the process, however that
ends. Between machines the fence in the database decides, see `database`.
"""

import os
import sys
from pathlib import Path
from typing import Self

if sys.platform != "win32":
    import fcntl

__all__ = ["WriterLock"]


class WriterLock:
    """Held until it is let go."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    @classmethod
    def take(cls, path: Path) -> Self | None:
        """The lock, or None where another holds it.

        Raises:
            OSError: the file can't be made.
        """
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        if sys.platform == "win32":  # the fence alone
            return cls(descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError:  # a file system without locks: the fence alone
            return cls(descriptor)
        return cls(descriptor)

    def let_go(self) -> None:
        """Nobody holds it any more. Harmless when called again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
