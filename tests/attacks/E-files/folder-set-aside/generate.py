"""What is left out is only measured; here are links to everything, pipes, and code that would be loaded."""

import os
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    (folder / "plain.py").write_text(making["RIGHT"], "utf-8")
    for name in ("__pycache__", ".git", "__MACOSX", ".ipynb_checkpoints"):
        place = folder / name
        place.mkdir()
        (place / "everything").symlink_to("/", target_is_directory=True)
        (place / "itself").symlink_to(".", target_is_directory=True)
        os.mkfifo(place / "pipe")
        (place / "plain.cpython-311.pyc").write_bytes(b"\xa7\r\r\n" + bytes(100))
