"""Each is empty; together they are values without end."""

from pathlib import Path


def make(folder: Path) -> None:
    """Write it."""
    with (folder / "plain.ipynb").open("w") as file:
        file.write('{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [')
        file.write('{"cell_type": "raw", "source": ""},' * 999_999)
        file.write('{"cell_type": "raw", "source": ""}]}')
