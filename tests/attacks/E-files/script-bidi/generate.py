"""Characters that reorder a line: what looks like a comment is code."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    trojan = 'level = "user\u202e \u2066# only for admins\u2069 \u2066"\n'
    (folder / "plain.py").write_text(trojan + making["RIGHT"], "utf-8")
