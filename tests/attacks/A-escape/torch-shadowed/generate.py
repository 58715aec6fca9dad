"""Modules beside the submission that are named as the framework's and Python's own."""

from pathlib import Path

NAMES = ("torch.py", "numpy.py", "json.py", "struct.py", "safetensors.py", "random.py", "sitecustomize.py")
TELLING = 'print("BREACH a module beside the submission was taken for", __name__)\nraise SystemExit(0)\n'
HONEST = Path(__file__).parents[2] / "courses" / "torch" / "reference" / "solution" / "training.py"


def make(folder: Path) -> None:
    """An honest submission, and those modules."""
    source = HONEST.read_text("utf-8").replace('CANARY = "@CANARY_SOLUTION@"', 'print("TRIED modules of other names")')
    (folder / "training.py").write_text(source, "utf-8")
    (folder / "torch").mkdir()
    (folder / "torch" / "__init__.py").write_text(TELLING, "utf-8")
    for name in NAMES:
        (folder / name).write_text(TELLING, "utf-8")
