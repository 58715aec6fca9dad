"""What pyproject.toml can't say: a wheel holds the attack corpus, so that `grade attack` works without a checkout."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

CORPUS = Path("tests", "attacks")
INSIDE = Path("grader", "attacks", "corpus")
PARTS = ("README.md", "courses", "[A-Z]-*")  # the rest are tests of the corpus


class BuildWithCorpus(build_py):
    """Builds the package and puts the corpus into it."""

    def run(self) -> None:
        """Copy the corpus beside the modules; an editable installation uses the checkout's."""
        super().run()
        if self.editable_mode:
            return
        place = Path(self.build_lib) / INSIDE
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        for part in (path for pattern in PARTS for path in sorted(CORPUS.glob(pattern))):
            if part.is_dir():
                shutil.copytree(part, place / part.name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(part, place)


setup(cmdclass={"build_py": BuildWithCorpus})
