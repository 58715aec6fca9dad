"""Evidence: what came out of one run, as plain values. Nothing here reads bytes; `read.py` does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy.typing as npt

__all__ = ["Array", "Evidence", "Exit", "Problem", "QuestionEvidence", "SourceFrame"]


Array = npt.NDArray[Any]


class Exit(Enum):
    """How a run, or one question of it, ended."""

    FINISHED = "finished"  # it said so with its end frame
    CRASHED = "crashed"  # it ended by itself, without an end frame
    SIGNALLED = "signalled"  # a signal that we didn't send: a segmentation fault, say
    CPU_LIMIT = "cpu_limit"  # more processor time than allowed
    WALL_LIMIT = "wall_limit"  # the question's time ran out
    LOAD_LIMIT = "load_limit"  # the student's file didn't load in time
    MEMORY_LIMIT = "memory_limit"  # the memory counter of the run says so
    PROCESS_LIMIT = "process_limit"  # too many processes
    OUTPUT_LIMIT = "output_limit"  # more bytes of evidence than allowed
    MISSING = "missing"  # the run ended before this question did


@dataclass(frozen=True, kw_only=True)
class SourceFrame:
    """One line of the student's code that a traceback goes through, with its neighbours."""

    file: str
    line: int
    function: str = ""
    cell: int | None = None
    cells: int | None = None
    cell_begins: str | None = None
    code: tuple[tuple[int, str], ...] = ()
    caret: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What kept a question from finishing, as told from inside: a claim, good for feedback only.

    `code` is one of the PROBLEM codes of `guest.protocol`, or one of ours: "crashed", "signalled", "wall_limit",
    "load_limit", "memory_limit", "process_limit", "output_limit", "unreadable", "missing".
    """

    code: str
    where: str = "question"
    type: str = ""
    message: str = ""
    help: str | None = None
    frames: tuple[SourceFrame, ...] = ()
    function: str | None = None
    signature: str | None = None
    near: tuple[tuple[str, int], ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)  # seconds, signal, exit code: for the wording


@dataclass(frozen=True, kw_only=True)
class QuestionEvidence:
    """What one question left.

    `arrays` are numpy arrays by name; `records` the RECORD objects of `guest.protocol` by name (a name that was
    recorded several times: "name", "name_1", …); `predictions` are the arrays of the predict run, which runs no
    student code, empty where there is none; `unpredicted` names the records whose predict run met a limit, twice.
    `again` is what the same question left with other seeds, where the first time came near to a check's line.
    """

    id: str
    exit: Exit
    arrays: Mapping[str, Array] = field(default_factory=dict)
    records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    predictions: Mapping[str, Array] = field(default_factory=dict)
    unpredicted: Mapping[str, Exit] = field(default_factory=dict)
    problem: Problem | None = None
    output: str = ""
    output_bytes: int = 0
    load_seconds: float = 0.0
    seconds: float = 0.0
    peak_bytes: int | None = None
    definitions_only: bool = False
    again: tuple["QuestionEvidence", ...] = ()
    source: str = ""  # of the graded program, for checks that read it; a notebook's cells joined

    @property
    def finished(self) -> bool:
        """Whether the question ran to its end."""
        return self.exit is Exit.FINISHED


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What one run left. `complete` says whether the run closed its stream; `fault` is the stream's first fault."""

    questions: Mapping[str, QuestionEvidence]
    exit: Exit
    python: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    device: str = "cpu"
    complete: bool = True
    fault: str | None = None
