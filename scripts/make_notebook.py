"""Write a handout's notebook from its script: one text, two forms.

    python scripts/make_notebook.py assignments/hw1/handout/hw1.py

The script's cells begin with `# %%`; `# %% [markdown]` begins a cell of text, `tags=[…]` gives a cell its tags.
"""

import sys
from pathlib import Path

from grader.ingest.cells import make_notebook


def main() -> None:
    """Write the notebook beside each script that is named."""
    for name in sys.argv[1:]:
        script = Path(name)
        script.with_suffix(".ipynb").write_bytes(make_notebook(script.read_text("utf-8")))


if __name__ == "__main__":
    main()
