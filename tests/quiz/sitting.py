"""A person at a terminal: lines that are typed one after the other, and a screen that is kept."""

import itertools
from io import StringIO
from pathlib import Path

from rich.console import Console

from grader.answers import NOTHING_RAN, settle_answers
from grader.cli.quiz_talk import Talk
from grader.ingest import read_submission
from grader.quiz import Judge
from grader.spec import Assignment, load_assignment

__all__ = ["COURSE", "Sitting", "load_asks", "make_judge"]

COURSE = Path(__file__).parent / "course"


def load_asks() -> Assignment:
    """The small quiz, with its private part."""
    return load_assignment(COURSE / "assignments/asks", reference=COURSE / "reference/asks")


def make_judge(assignment: Assignment) -> Judge:
    """A judge whose key is a right variant's file: what the reference computes, without its run."""
    written = read_submission(COURSE / "reference/asks/variants/written", files=assignment.files)
    return Judge(settle_answers(assignment, written.sheet, NOTHING_RAN, programs=False))


class Sitting:
    """Types the given lines; `"^C"` is the interrupt, and after the last line there is no more."""

    def __init__(self, assignment: Assignment, *lines: str, width: int = 80, plain: bool = True) -> None:
        self.prompts: list[str] = []
        self._lines = iter(lines)
        self._ticks = itertools.count()
        self._screen = StringIO()
        console = Console(file=self._screen, width=width, highlight=False, no_color=True)
        self.talk = Talk(assignment, console=console, plain=plain, student="ada", read=self._read, clock=self._count)

    @property
    def screen(self) -> str:
        """Everything that was printed, on one line where lines were wrapped."""
        return self._screen.getvalue()

    @property
    def text(self) -> str:
        """The same without line breaks and indents."""
        return " ".join(self.screen.split())

    def _read(self, prompt: str) -> str:
        self.prompts.append(prompt)
        line = next(self._lines, None)
        if line is None:
            raise EOFError
        if line == "^C":
            raise KeyboardInterrupt
        return line

    def _count(self) -> float:
        return float(next(self._ticks))
