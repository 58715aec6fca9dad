"""Each is allowed; a hundred thousand of them cost time."""

import gzip
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    right = making["right_tar_member"]()
    content = making["build_tar"](
        right, *({"name": f"{number}.txt", "pax": {"comment": "x" * 60_000}} for number in range(400))
    )
    (folder / "plain.tar.gz").write_bytes(gzip.compress(content))
