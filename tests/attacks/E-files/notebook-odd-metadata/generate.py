"""None of it says what runs, so none of it matters."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    notebook = making["make_notebook"](making["RIGHT"], metadata=[1, "two", None])
    cell = notebook["cells"][0]
    cell.update(metadata="text", outputs="none", execution_count=[], attachments=7, id={"a": 1})
    odd = {"cell_type": "markdown", "metadata": {"tags": 5, "vscode": []}, "source": 12, "attachments": {"a.png": None}}
    notebook["cells"] += [odd, {"cell_type": "raw"}]
    making["write_notebook"](folder, notebook)
