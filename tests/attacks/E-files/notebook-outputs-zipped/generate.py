"""The outputs are what is large, and they shrink well, but not too well."""

import json
import random
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    notebook = making["make_notebook"](making["RIGHT"])
    lines = [random.Random(number).randbytes(20).hex() + "x" * 1_000 for number in range(150_000)]
    notebook["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": lines}]
    making["write_zip"](folder, making["member"](b"plain.ipynb", json.dumps(notebook).encode()))
