"""Fills a folder with wheels, by this machine's own pip, for builds that ask no index.

pip keeps its own configuration: indexes, proxies, certificates and passwords are used here and never enter an image.
"""

import platform
import subprocess
import sys
from pathlib import Path

from grader.errors import ProvisionError, UsageError
from grader.sandbox.images.recipe import CONSTRAINTS, PACKAGES, find_checkout

__all__ = ["gather_wheels"]

_PYTHON = (3, 11)  # the base's


def gather_wheels(framework: str, folder: Path) -> int:
    """Have pip put a framework's packages and all that they need into a folder. How many wheels are there then.

    Raises:
        UsageError: this Python's wheels wouldn't go with the image's.
        ProvisionError: pip can't get them; what it said has been printed by it.
    """
    if sys.platform != "linux" or sys.version_info[:2] != _PYTHON:
        raise UsageError(
            f"wheels for an image are gathered by Python 3.11 on Linux; this is {platform.python_version()} on "
            f"{sys.platform!r}",
            details=("Without --wheels, the image's own pip installs from its index.",),
        )
    checkout = find_checkout()
    folder.mkdir(parents=True, exist_ok=True)
    options = ["--quiet", "--disable-pip-version-check", "--wheel-dir", str(folder)]
    command = [sys.executable, "-m", "pip", "wheel", *options, "--constraint", str(checkout / CONSTRAINTS[framework])]
    try:
        subprocess.run([*command, *PACKAGES[framework]], check=True, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ProvisionError(f"pip can't gather the wheels of {framework!r}: {error}") from error
    return len(list(folder.glob("*.whl")))
