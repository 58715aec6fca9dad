"""A wheel holds the corpus: `grade attack` works where there is no checkout."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from grader.attacks import find_corpus, read_corpus
from tests.house.reading import CHECKOUT, list_files


def test_an_installed_wheel_has_every_attack(tmp_path: Path) -> None:
    """Built from the project's own files and installed elsewhere, the command lists the attacks of the checkout."""
    source, place = tmp_path / "source", tmp_path / "installed"
    for path in list_files():
        copy = source / path.relative_to(CHECKOUT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy, follow_symlinks=False)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(tmp_path), "."]
    subprocess.run(build, cwd=source, check=True, timeout=300)
    wheel = next(tmp_path.glob("*.whl"))
    subprocess.run(
        [*pip, "install", "--no-deps", "--no-index", "--target", str(place), str(wheel)], check=True, timeout=300
    )
    listing = subprocess.run(
        [sys.executable, "-c", "from grader.cli import main; main()", "attack", "--list", "--plain"],
        env={**os.environ, "PYTHONPATH": str(place), "COLUMNS": "200"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    there = {line.split()[0] for line in listing.stdout.splitlines() if line.startswith(" ")}

    assert (place / "grader" / "attacks" / "corpus" / "courses" / "plain" / "honest" / "plain.py").is_file()
    assert not list((place / "grader" / "attacks" / "corpus").glob("test_*.py"))
    assert {attack.id for attack in read_corpus(find_corpus()).attacks} <= there
