"""PROBLEM: what kept a question from finishing, told so that a student finds the line. A claim: good for feedback only.

The exception comes from a student's code. Its class, its message, its `__str__`, the objects it names: everything may
lie, raise or be endless. So each part is asked for on its own, cut to a size, and left out where it fails.
"""

import contextlib
import inspect
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from types import FrameType, ModuleType, TracebackType
from typing import Any

from .sources import Source, Sources
from .student import MissingFunctionError, Student
from .suggestions import near_names, suggest_help
from .wrong_use import WrongUseError

__all__ = ["ProblemContext", "describe_problem"]

MESSAGE_CHARACTERS = 2_000
LINE_CHARACTERS = 240
NAME_CHARACTERS = 200
FIRST_FRAMES = 4
LAST_FRAMES = 8
NEIGHBOURS = 1
WRONG_CALL = re.compile(r"(?:[\w<>]+\.)*(\w+)\(\) (?:takes|missing|got)")


@dataclass
class ProblemContext:
    """What is known of the question while it runs: how far it got, and the names to compare with."""

    sources: Sources
    where: str = "load"
    definitions: Mapping[str, int] = field(default_factory=dict)
    signatures: Mapping[str, str] = field(default_factory=dict)
    student: Student | None = None


def describe_problem(error: BaseException, context: ProblemContext) -> bytes:
    """PROBLEM's payload. Never raises for what a student's objects do."""
    with contextlib.suppress(BaseException):
        sys.setrecursionlimit(max(1_000, sys.getrecursionlimit()))
    problem = make_problem(context, type_=name_type(error), message=read_message(error))
    for describe in (describe_kind, describe_help):
        with contextlib.suppress(BaseException):
            describe(error, context, problem)
    return json.dumps(problem).encode()


def make_problem(context: ProblemContext, *, type_: str, message: str) -> dict[str, Any]:
    """A problem of which no more is known than its type and message."""
    return {
        "code": "exception",
        "where": context.where,
        "type": type_,
        "message": message,
        "help": None,
        "frames": [],
        "function": None,
        "signature": None,
        "near": [],
    }


def name_type(error: BaseException) -> str:
    """The exception's class, whatever its metaclass says."""
    try:
        return cut(str(type.__dict__["__name__"].__get__(type(error))), NAME_CHARACTERS)
    except BaseException:
        return "Exception"


def read_message(error: BaseException) -> str:
    """The exception's message, or what went wrong when it was asked for."""
    try:
        if type(error) is KeyError and len(error.args) == 1:
            return cut(repr(error.args[0]), MESSAGE_CHARACTERS)
        return cut(str(error), MESSAGE_CHARACTERS)
    except BaseException as second:
        return f"(its message can't be shown: {name_type(second)})"


def cut(text: str, most: int) -> str:
    """At most so many characters, and no lone surrogates."""
    text = "".join(text[: most + 1])  # of a subclass of str, a plain one
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return clean if len(clean) <= most else clean[: most - 1] + "…"


def describe_kind(error: BaseException, context: ProblemContext, problem: dict[str, Any]) -> None:
    """Fill in what belongs to this kind of problem."""
    if isinstance(error, MissingFunctionError):
        describe_missing(error, context, problem)
    elif isinstance(error, SyntaxError) and describe_syntax(error, context, problem):
        return
    elif isinstance(error, WrongUseError):
        describe_probe(error, context, problem)
    else:
        describe_exception(error, context, problem)


def describe_missing(error: MissingFunctionError, context: ProblemContext, problem: dict[str, Any]) -> None:
    """A function that isn't there: what it should look like, and which names come near."""
    name = str(error.function)
    problem.update(code="missing_function", function=name, type="", message="")
    signature = context.signatures.get(name) if isinstance(context.signatures, Mapping) else None
    problem["signature"] = cut(signature, NAME_CHARACTERS) if isinstance(signature, str) else None
    problem["near"] = [[near, context.definitions[near]] for near in near_names(name, list(context.definitions))]


def describe_syntax(error: SyntaxError, context: ProblemContext, problem: dict[str, Any]) -> bool:
    """A text of the submission that isn't Python, with its place; False where it is some other text."""
    source = context.sources.find(str(error.filename))
    if source is None or error.lineno is None:
        return False
    problem.update(code="syntax", message=cut(str(error.msg), MESSAGE_CHARACTERS))
    line = source.line_as_written(int(error.lineno))
    frame = describe_line(source, line, function="")
    if error.offset:
        begin = max(0, int(error.offset) - 1)
        same_line = error.end_lineno in (None, error.lineno)
        end = int(error.end_offset) - 1 if error.end_offset and same_line else begin + 1
        frame["caret"] = [begin, max(begin + 1, end)]
    problem["frames"] = [frame]
    return True


def describe_exception(error: BaseException, context: ProblemContext, problem: dict[str, Any]) -> None:
    """Anything raised: the lines of the student's that it went through."""
    frames = describe_frames(error.__traceback__, context)
    problem["frames"] = frames
    if isinstance(error, SystemExit):
        problem.update(code="exit", message=cut("" if error.code is None else str(error.code), MESSAGE_CHARACTERS))
    elif isinstance(error, KeyboardInterrupt):
        problem["code"] = "interrupt"
    elif not frames:
        describe_probe(error, context, problem)


def describe_probe(error: BaseException, context: ProblemContext, problem: dict[str, Any]) -> None:
    """Raised in the probe, in no line of the student's: a wrong call, something that can't be called, or the probe."""
    if isinstance(error, TypeError) and context.student is not None and describe_call(error, context, problem):
        return
    problem["code"] = "probe"
    if context.sources.probe is not None:
        frames = walk(error.__traceback__)
        probe = [frame for frame in frames if frame[0].f_code.co_filename == context.sources.probe_filename]
        problem["frames"] = [describe_frame(*frame, context.sources.probe) for frame in probe[-LAST_FRAMES:]]


def describe_call(error: TypeError, context: ProblemContext, problem: dict[str, Any]) -> bool:
    """A call by the probe that the student's name doesn't take."""
    message = problem["message"]
    student = context.student
    values = student._values if student is not None else []
    if message.endswith("object is not callable") and values:
        problem.update(code="not_callable", function=cut(values[-1], NAME_CHARACTERS))
        return True
    match = WRONG_CALL.match(message)
    module: ModuleType | None = student._module if student is not None else None
    function: Any = vars(module).get(match[1]) if match and module is not None else None
    code = getattr(function, "__code__", None)
    source = context.sources.find(code.co_filename) if code is not None else None
    if match is None or source is None or code is None:
        return False
    problem.update(function=match[1], signature=cut(match[1] + str(inspect.signature(function)), NAME_CHARACTERS))
    problem["frames"] = [describe_line(source, source.line_as_written(code.co_firstlineno), function=match[1])]
    return True


def describe_frames(trace: TracebackType | None, context: ProblemContext) -> list[dict[str, Any]]:
    """The frames in the student's files, the first and the last of them where there are many."""
    found = [
        (frame, line, place, source)
        for frame, line, place in walk(trace)
        if (source := context.sources.find(frame.f_code.co_filename)) is not None
    ]
    if len(found) > FIRST_FRAMES + LAST_FRAMES:
        found = found[:FIRST_FRAMES] + found[-LAST_FRAMES:]
    return [describe_frame(*item) for item in found]


def walk(trace: TracebackType | None) -> list[tuple[FrameType, int, int]]:
    """Frame, line and instruction of each level, outermost first."""
    levels = []
    while trace is not None:
        levels.append((trace.tb_frame, trace.tb_lineno, trace.tb_lasti))
        trace = trace.tb_next
    return levels


def describe_frame(frame: FrameType, line: int, place: int, source: Source) -> dict[str, Any]:
    """One frame, with the part of its line that was being run."""
    name = frame.f_code.co_name
    shown = "" if name == "<module>" or name.startswith("<cell line") else name
    described = describe_line(source, source.line_as_written(line or 1), function=shown)
    with contextlib.suppress(Exception):
        described["caret"] = find_caret(frame, line, place, described)
    return described


def describe_line(source: Source, line: int, *, function: str) -> dict[str, Any]:
    """A line of a source with its neighbours."""
    first, last = max(1, line - NEIGHBOURS), min(len(source.lines), line + NEIGHBOURS)
    begins = source.begins
    return {
        "file": cut(source.path, NAME_CHARACTERS),
        "cell": source.cell,
        "cells": source.cells,
        "cell_begins": None if begins is None else cut(begins, 80),
        "line": line,
        "function": cut(function, NAME_CHARACTERS),
        "code": [[number, cut(source.lines[number - 1], LINE_CHARACTERS)] for number in range(first, last + 1)],
        "caret": None,
    }


def find_caret(frame: FrameType, line: int, place: int, described: dict[str, Any]) -> list[int] | None:
    """The columns of the instruction, counted in characters; None where they're the whole line, or cut off."""
    position = next(islice(frame.f_code.co_positions(), place // 2, None), None)
    if position is None or position[0] != line or position[2] is None or position[3] is None:
        return None
    text = dict(described["code"]).get(described["line"], "")
    encoded = text.encode()
    begin = len(encoded[: position[2]].decode("utf-8", "ignore"))
    end = len(encoded[: position[3]].decode("utf-8", "ignore")) if position[1] == line else len(text.rstrip())
    if text[begin:end].strip() == text.strip() or not begin < end <= len(text):
        return None
    return [begin, end]


def describe_help(error: BaseException, context: ProblemContext, problem: dict[str, Any]) -> None:
    """What Python's own message would add: "Did you mean …?"."""
    if problem["code"] in ("exception", "probe"):
        levels = walk(error.__traceback__)
        help_ = suggest_help(error, levels[-1][0] if levels else None)
        problem["help"] = None if help_ is None else cut(help_, NAME_CHARACTERS)
