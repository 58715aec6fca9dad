"""An honest training that fills every cache of compiled code that it can find."""

from pathlib import Path

HONEST = Path(__file__).parents[2] / "courses" / "torch" / "reference" / "solution" / "training.py"
FILL = """
import getpass
import os
import tempfile

BAD = "print('BREACH compiled code of another student was loaded')\\n"
FOLDERS = [
    "~/.cache/torch_extensions/py311_cpu/left",
    "~/.cache/torch/kernels",
    "~/.triton/cache/left",
    "~/.nv/ComputeCache",
    "~/.cache/numba",
    f"/tmp/torchinductor_{getpass.getuser()}/left",
    f"/tmp/torchinductor_{os.getuid()}/left",
    f"{tempfile.gettempdir()}/torchinductor_left",
    os.environ.get("TORCHINDUCTOR_CACHE_DIR", "/tmp/torchinductor"),
    os.environ.get("TRITON_CACHE_DIR", "/tmp/triton"),
    os.environ.get("MPLCONFIGDIR", "/tmp/matplotlib"),
]


def fill():
    for folder in FOLDERS:
        folder = os.path.expanduser(folder)
        try:
            os.makedirs(folder, exist_ok=True)
            for name in ("left.py", "__init__.py", "sitecustomize.py", "fontlist.json"):
                with open(os.path.join(folder, name), "w") as file:
                    file.write(BAD)
        except OSError as error:
            print("HELD", folder, error.strerror)
        else:
            print("TRIED", folder)


fill()
"""


def make(folder: Path) -> None:
    """The reference's training, and the caches."""
    source = HONEST.read_text("utf-8").replace('CANARY = "@CANARY_SOLUTION@"\n', "")
    (folder / "training.py").write_text(source + FILL, "utf-8")
