import subprocess
import sys

import pytest

HEAVY = {
    *("numpy", "pydantic", "nbformat", "safetensors", "torch", "tensorflow", "IPython", "rapidfuzz", "platformdirs"),
    *("sqlalchemy", "ray"),
}
COMMANDS = (
    *("attack", "batch", "calibrate", "check", "concepts", "doctor", "image", "importing", "new", "override"),
    *("privacy", "quiz", "receipt", "recheck", "regrade", "release", "results", "schema", "submit", "validate"),
    "weights",
)
CLI = {"grader", "grader.errors", "grader.cli"} | {
    f"grader.cli.{name}" for name in ("class_run", "guard", "options", "status", *COMMANDS)
}


@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_the_command_starts_at_once(argument: str) -> None:
    """Asking for the version or for help imports the command line's libraries and nothing of ours but the arguments."""
    code = f"import sys; sys.argv = ['grade', {argument!r}]; from grader.cli import main; main()"
    command = [sys.executable, "-X", "importtime", "-c", code]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    modules = {line.rsplit("|", 1)[1].strip() for line in answer.stderr.splitlines() if line.startswith("import time:")}

    assert {name for name in modules if name.split(".")[0] in HEAVY} == set()
    assert {name for name in modules if name.split(".")[0] == "grader"} <= CLI
