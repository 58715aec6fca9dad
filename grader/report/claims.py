"""What the student's program said, within bounds: errors, code, output, answers. Data in every sense, however long."""

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from grader.evidence.model import Problem, QuestionEvidence, SourceFrame
from grader.report.clean import shorten
from grader.report.info import SubmissionInfo
from grader.report.model import FramePart, NearName, OutputPart, ProblemReport
from grader.report.quotes import is_name
from grader.report.wording import word_problem

__all__ = ["build_output", "build_problem", "json_value", "plain"]

MOST_ERROR = 4_000  # characters of the student's own error message
MOST_LINE = 400  # of one line of code
MOST_FRAMES = 12
MOST_OUTPUT = 64 * 1024
MOST_VALUE = 4_000  # of `expected` and `actual` as JSON
AUTHORS = ("probe.py", "predict.py")


def build_problem(problem: Problem, submission: SubmissionInfo) -> ProblemReport:
    """What kept a question from finishing, within bounds: everything in it may come from the student's program."""
    file = (submission.programs or submission.missing or (submission.source,))[0]
    words = word_problem(problem, file=file)
    files = {*AUTHORS, *submission.programs, *(file.path for file in submission.files)}
    frames = tuple(frame for frame in problem.frames if frame.file in files)
    if len(frames) > MOST_FRAMES:
        frames = frames[: MOST_FRAMES // 2] + frames[-MOST_FRAMES // 2 :]
    return ProblemReport(
        code=problem.code,
        where="load" if problem.where == "load" else "question",
        message=plain(words.message),
        help=None if words.help is None else plain(words.help),
        type=plain(shorten(problem.type, 200)),
        error=plain(shorten(problem.message, MOST_ERROR)),
        frames=tuple(build_frame(frame) for frame in frames),
        near=tuple(NearName(name=name, line=line) for name, line in problem.near[:3] if is_name(name)),
    )


def build_frame(frame: SourceFrame) -> FramePart:
    """One place in the student's code."""
    return FramePart(
        file=plain(frame.file),
        line=frame.line,
        function=frame.function if is_name(frame.function) else "",
        cell=frame.cell,
        cells=frame.cells,
        cell_begins=None if frame.cell_begins is None else plain(shorten(frame.cell_begins, 100)),
        code=tuple((number, plain(text[:MOST_LINE])) for number, text in frame.code[:11]),
        caret=frame.caret,
    )


def build_output(left: QuestionEvidence) -> OutputPart | None:
    """What a question printed, or None if nothing."""
    if not left.output and not left.output_bytes:
        return None
    text = plain(left.output[:MOST_OUTPUT])
    size = max(left.output_bytes, len(left.output.encode("utf-8", "replace")))
    return OutputPart(text=text, bytes=size, truncated=size > len(text.encode()))


def plain(text: str) -> str:
    """Text that UTF-8 can hold: lone surrogates become replacement characters."""
    return text.encode("utf-8", "replace").decode("utf-8")


def json_value(value: Any) -> Any:
    """A value that strict JSON can hold: what isn't finite becomes its name, what is too long is cut."""
    value = strict(value, depth=8)
    written = json.dumps(value, ensure_ascii=False)
    return value if len(written) <= MOST_VALUE else shorten(written, MOST_VALUE)


def strict(value: Any, *, depth: int) -> Any:
    """The same value in plain JSON types."""
    if depth == 0:
        return "…"
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Decimal | float):
        number = float(value)
        return number if math.isfinite(number) else str(number)
    if isinstance(value, Mapping):
        return {plain(str(name)): strict(item, depth=depth - 1) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [strict(item, depth=depth - 1) for item in value]
    return plain(str(value))
