"""A right solution that printed a lot."""

import json
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    cell = making["make_notebook"](making["RIGHT"])["cells"][0]
    before, after = json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [cell]}).split(
        '"outputs": []'
    )
    with (folder / "plain.ipynb").open("w") as file:
        file.write(before + '"outputs": [{"output_type": "stream", "name": "stdout", "text": "')
        for _ in range(500):
            file.write("x" * 1_000_000)
        file.write('"}]' + after)
