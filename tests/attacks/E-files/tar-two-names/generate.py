"""An extended header says one, the file's own header another; and the header says it twice."""

import gzip
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    right = making["right_tar_member"]()
    content = making["build_tar"](
        right, {"name": "a.txt", "pax": {"path": "../../evil.py", "GNU.sparse.name": "b.txt"}}
    )
    (folder / "plain.tar.gz").write_bytes(gzip.compress(content))
