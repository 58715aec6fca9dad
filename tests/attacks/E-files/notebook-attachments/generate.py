"""Pictures that aren't, programs of a browser, and names of files elsewhere."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    notebook = making["make_notebook"](making["RIGHT"])
    page = "<script>alert(1)</script>"
    text = {"cell_type": "markdown", "metadata": {}, "source": "![x](attachment:../../etc/passwd)" + page}
    text["attachments"] = {"../../etc/passwd": {"image/png": "A" * 40_000_000, "text/html": page}}
    notebook["cells"].insert(0, text)
    notebook["metadata"] = {"widgets": {"application/vnd.jupyter.widget-state+json": {"state": page * 100_000}}}
    making["write_notebook"](folder, notebook)
