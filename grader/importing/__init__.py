"""An nbgrader or otter-grader assignment becomes one of ours: its tests run inside, as probes, and are claims.

    notebook ─► nbgrader / otter / otter_files ─► Imported ─► write ─► assignments/<slug>, reference/<slug>

Nothing of the notebook is run here. The solution that is in it becomes the reference, and is run like any submission.
"""

from grader.importing.model import Imported
from grader.importing.read import read_foreign
from grader.importing.write import write_assignment

__all__ = ["Imported", "read_foreign", "write_assignment"]
