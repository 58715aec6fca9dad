"""Pickles under every name that some library opens by itself. Opened outside, they write beside a file of this machine.

The protocol is the oldest one, whose texts have no length, so that the place can be filled in.
"""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))

COMMAND = "echo opened > @TEMPORARY_FILE@-opened; echo opened > @HOME_FILE@-opened"
PICKLE = f"cposix\nsystem\n(S'{COMMAND}'\ntR."
NAMES = ("model.pt", "model.pth", "weights.pkl", "data.npy", "a.ckpt", "a.joblib", "model.safetensors", "a.keras")
OPEN = """
import pickle

with open("model.pt", "rb") as file:
    status = pickle.load(file)
print("HELD" if status else "BREACH", "opening it inside", status, flush=True)
"""


def make(folder: Path) -> None:
    """Write them beside a right solution, which opens one itself."""
    for name in NAMES:
        (folder / name).write_text(PICKLE)
    (folder / "plain.py").write_text(OPEN + "\n\n" + making["RIGHT"])
