"""The command starts at once: nothing heavy is loaded before it is needed."""

import json
import subprocess
import sys

import pytest

from grader import __version__

HEAVY = {
    "IPython",
    "nbformat",
    "numpy",
    "pydantic",
    "rapidfuzz",
    "ray",
    "safetensors",
    "sqlalchemy",
    "tensorflow",
    "torch",
    "torchvision",
    "watchfiles",
}


def list_loaded(code: str) -> tuple[str, set[str]]:
    """What a fresh interpreter prints when it runs `code`, and the top-level modules that it has loaded by its end."""
    program = f"""
import atexit, json, sys
atexit.register(lambda: print(json.dumps(sorted({{name.split(".")[0] for name in sys.modules}})), file=sys.stderr))
{code}
"""
    answer = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    return answer.stdout, set(json.loads(answer.stderr.splitlines()[-1]))


def test_importing_the_package_loads_nothing_heavy() -> None:
    """`import grader` costs next to nothing."""
    loaded = list_loaded("import grader")[1]

    assert "grader" in loaded
    assert loaded & (HEAVY | {"rich", "typer"}) == set()


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_asking_for_the_version_loads_nothing_heavy(arguments: list[str]) -> None:
    """`grade --version` costs no more than importing the libraries of the command line."""
    code = f"import sys; sys.argv = ['grade', *{arguments!r}]; from grader.cli import main; main()"
    printed, loaded = list_loaded(code)

    assert __version__ in printed or arguments == ["--help"]
    assert loaded & HEAVY == set()
