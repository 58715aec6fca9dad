"""Cells as a notebook, and a script of cells as one."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from grader.ingest import read_submission
from grader.ingest.cells import NewCell, make_notebook, pack_notebook
from grader.ingest.notebook import SKIP_TAG

ROOT = Path(__file__).parents[2]
SCRIPT = '# %% [markdown]\n# # Title\n#\n# Text\n\n# %% tags=["setup"]\nimport math\n\n\n# %%\n\n# %%\nx = 1\n'


def test_a_script_becomes_a_notebook() -> None:
    """Cells by their marks, text without its #, empty ones left out; the same script, the same bytes."""
    made = make_notebook(SCRIPT)
    cells = json.loads(made)["cells"]

    assert [(one["cell_type"], one["source"]) for one in cells] == [
        ("markdown", ["# Title\n", "\n", "Text"]),
        ("code", ["import math"]),
        ("code", ["x = 1"]),
    ]
    assert cells[1]["metadata"] == {"tags": ["setup"]}
    assert make_notebook(SCRIPT) == made


def test_a_script_without_marks_is_one_cell() -> None:
    """And so is what stands before the first one."""
    assert len(json.loads(make_notebook("x = 1\n\ny = 2\n"))["cells"]) == 1
    assert len(json.loads(make_notebook("x = 1\n\n# %%\ny = 2\n"))["cells"]) == 2


@pytest.mark.parametrize("source", ["", "one", "one\n", "one\n\ntwo", "é – \u2028 x"])
def test_it_is_spelt_as_jupyter_spells_it(source: str) -> None:
    """The notebook is valid, and written again by Jupyter's own library its bytes are the same."""
    cells = (NewCell(kind="markdown", source=source), NewCell(kind="code", source=source, tags=("a", "b")))
    packed = pack_notebook(cells)
    notebook = nbformat.reads(packed.decode(), as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)

    assert [cell.source for cell in notebook.cells] == [source, source]
    assert nbformat.writes(notebook) + "\n" == packed.decode()  # type: ignore[no-untyped-call]


def test_a_cell_that_is_skipped_is_skipped_when_it_is_graded(tmp_path: Path) -> None:
    """By the tag that reading goes by."""
    cells = (NewCell(kind="code", source="x = 1"), NewCell(kind="code", source="assert x == 2", tags=(SKIP_TAG,)))
    (tmp_path / "hw.ipynb").write_bytes(pack_notebook(cells))
    program = read_submission(tmp_path, files=("hw.py",)).programs[0]

    assert [cell.source for cell in program.cells or ()] == ["x = 1"]


def test_the_script_writes_the_notebook_beside_a_handout(tmp_path: Path) -> None:
    """`scripts/make_notebook.py`, as an author calls it, on a handout of this repository."""
    handout = ROOT / "assignments/hw1/handout"
    shutil.copyfile(handout / "hw1.py", tmp_path / "hw1.py")
    subprocess.run([sys.executable, "scripts/make_notebook.py", tmp_path / "hw1.py"], cwd=ROOT, check=True, timeout=60)

    assert (tmp_path / "hw1.ipynb").read_bytes() == (handout / "hw1.ipynb").read_bytes()
