"""Whoever follows it grades, stores and shows that file."""

from pathlib import Path


def make(folder: Path) -> None:
    """Write it."""
    (folder / "plain.py").symlink_to("/etc/passwd")
