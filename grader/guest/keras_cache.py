"""Lets Keras find the mounted checkpoints: it uses a cache folder only where it may write to it."""

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

__all__ = ["offer_checkpoints"]


def offer_checkpoints(weights: Mapping[str, str]) -> None:
    """Link Keras' checkpoints to where Keras looks when KERAS_HOME is read-only: `.keras` in the temporary folder.

    Source: `get_file` in `keras/src/utils/file_utils.py`. `weights` maps names of the vault to paths inside.
    """
    for name, path in weights.items():
        checkpoint = Path(path)
        if not name.startswith("keras/") or os.access(checkpoint.parent.parent, os.W_OK):
            continue
        folder = Path("/tmp" if os.path.isdir("/tmp") else tempfile.gettempdir()) / ".keras" / "models"  # noqa: S108, PTH112
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            (folder / checkpoint.name).symlink_to(checkpoint)
