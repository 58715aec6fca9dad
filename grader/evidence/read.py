"""Frames become evidence. The bytes are hostile: whatever they hold, this returns a value and raises nothing.

Theory of operation
-------------------
Frames are sorted by question first, then each question is read by itself. What is wrong with a frame of a question
costs that question: it keeps how it ended, loses what it recorded, and says "unreadable". What is wrong with the stream
itself (a frame of no question, a second READY) can't be a student's doing, unless init was overcome: collection ends
there, as it does for a frame whose digest is wrong, and what came before stays usable.

Whether a question finished is init's word (ENDED) under the keeper's (`exit`): a question without ENDED takes the run's
exit where that explains it, and is MISSING otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from grader.errors import EvidenceError
from grader.evidence.model import Array, Evidence, Exit, Problem, QuestionEvidence, SourceFrame
from grader.evidence.safetensors_header import read_tensors
from grader.evidence.schema import check_ended, check_problem, check_ready, check_record
from grader.evidence.strict_json import parse_json
from grader.guest.protocol import NO_QUESTION, Frame, Kind
from grader.limits import EvidenceLimits

__all__ = ["read_evidence"]

OF_A_QUESTION = (Kind.RECORD, Kind.ARRAYS, Kind.PROBLEM, Kind.OUTPUT, Kind.ENDED)
OF_THE_RUN = (Kind.READY, Kind.DONE)
# Ends of a run that are also the end of whatever was still running in it.
EXPLAINING = (Exit.CPU_LIMIT, Exit.WALL_LIMIT, Exit.MEMORY_LIMIT, Exit.PROCESS_LIMIT, Exit.OUTPUT_LIMIT)
ENDED_AS = {"evidence_limit": Exit.OUTPUT_LIMIT}
LINE_BYTES = 1_000  # of one line of code, or a name: enough to recognise it
KILLED = 9  # the signal's number; not every platform that reads evidence has its name
# Ends after which what the process said last is still the best word on why.
SPEAKING = (Exit.FINISHED, Exit.CRASHED, Exit.SIGNALLED)


@dataclass
class Stream:
    """The frames of a run, sorted."""

    questions: dict[int, list[Frame]] = field(default_factory=dict)
    ready: Frame | None = None
    done: bool = False
    fault: str | None = None


@dataclass
class Draft:
    """A question being read."""

    arrays: dict[str, Array] = field(default_factory=dict)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    records_bytes: int = 0
    problem: Problem | None = None
    output: str | None = None
    ended: dict[str, Any] | None = None
    unreadable: EvidenceError | None = None


def read_evidence(
    frames: Sequence[Frame],
    *,
    questions: Sequence[str],
    exit: Exit,
    fault: str | None = None,
    limits: EvidenceLimits = EvidenceLimits(),  # noqa: B008  (frozen)
) -> Evidence:
    """The evidence of one run: every one of `questions`, in their order, whatever the frames hold.

    `exit` is how the run ended and `fault` why collecting stopped early, both from the keeper.
    """
    stream = sort_frames(frames, len(questions), limits)
    ready = read_ready(stream, limits)
    return Evidence(
        questions={
            name: read_question(name, stream.questions.get(number, []), exit, limits)
            for number, name in enumerate(questions)
        },
        exit=exit,
        python=ready.get("python", ""),
        packages=ready.get("packages", {}),
        device=ready.get("device", "cpu"),
        complete=stream.done and fault is None and stream.fault is None,
        fault=fault or stream.fault,
    )


def sort_frames(frames: Sequence[Frame], questions: int, limits: EvidenceLimits) -> Stream:
    """Frames by question, up to the first that can't be init's."""
    stream = Stream()
    total = 0
    for number, frame in enumerate(frames):
        total += len(frame.payload)
        if stream.done:
            stream.fault = "frames after the end"
        elif number >= limits.frames:
            stream.fault = f"more than {limits.frames} frames"
        elif total > limits.run_bytes:
            stream.fault = f"more than {limits.run_bytes} bytes"
        else:
            stream.fault = place_frame(stream, frame, questions)
        if stream.fault is not None:
            break
    return stream


def place_frame(stream: Stream, frame: Frame, questions: int) -> str | None:
    """Put one frame where it belongs; the fault if it belongs nowhere."""
    if frame.question == NO_QUESTION:
        if frame.kind not in OF_THE_RUN:
            return f"a frame {frame.kind.name} of no question"
        if frame.kind is Kind.READY and stream.ready is not None:
            return "a second frame READY"
        if frame.kind is Kind.READY:
            stream.ready = frame
        else:
            stream.done = True
    elif frame.question >= questions or frame.kind not in OF_A_QUESTION:
        return f"a frame {frame.kind.name} of question {frame.question}"
    else:
        stream.questions.setdefault(frame.question, []).append(frame)
    return None


def read_ready(stream: Stream, limits: EvidenceLimits) -> dict[str, Any]:
    """What the guest said of itself; nothing, and the stream's fault, where that can't be read."""
    if stream.ready is None:
        return {}
    try:
        value = read_object(stream.ready, limits)
        check_ready(value)
    except EvidenceError as error:
        stream.fault = stream.fault or f"READY: {error.message}"
        return {}
    return dict(value)


def read_question(name: str, frames: Sequence[Frame], run_exit: Exit, limits: EvidenceLimits) -> QuestionEvidence:
    """One question's evidence."""
    draft = Draft()
    for frame in frames:
        try:
            read_frame_into(draft, frame, limits)
        except EvidenceError as error:
            draft.unreadable = draft.unreadable or error
    ended = draft.ended or {}
    exit = name_exit(ended, run_exit)
    readable = draft.unreadable is None
    return QuestionEvidence(
        id=name,
        exit=exit,
        arrays=draft.arrays if readable else {},
        records=draft.records if readable else {},
        problem=name_problem(draft, exit),
        output=draft.output or "",
        output_bytes=ended.get("output_bytes", 0),
        load_seconds=float(ended.get("load_seconds", 0.0)),
        seconds=float(ended.get("seconds", 0.0)),
        peak_bytes=ended.get("peak_bytes"),
        definitions_only=ended.get("definitions_only", False),
    )


def read_frame_into(draft: Draft, frame: Frame, limits: EvidenceLimits) -> None:
    """Add what one frame holds.

    Raises:
        EvidenceError: the frame is malformed, or one too many.
    """
    if draft.ended is not None:
        raise EvidenceError(f"a frame {frame.kind.name} after the question's end", code="after_end")
    if draft.unreadable is not None and frame.kind not in (Kind.ENDED, Kind.OUTPUT):
        return  # lost already: not worth the time that hostile bytes take
    if len(frame.payload) > limits.frame_bytes:
        raise EvidenceError(f"a frame of {len(frame.payload)} bytes", code="frame_size")
    READERS[frame.kind](draft, frame, limits)


def read_object(frame: Frame, limits: EvidenceLimits) -> Any:
    """A frame's JSON."""
    return parse_json(frame.payload, most_bytes=limits.json_bytes, most_depth=limits.json_depth)


def add_record(draft: Draft, frame: Frame, limits: EvidenceLimits) -> None:
    """A RECORD; several steps of one name are told apart by their case, what was unusable by a number."""
    draft.records_bytes += len(frame.payload)
    if len(draft.records) >= limits.records or draft.records_bytes > limits.records_bytes:
        raise EvidenceError("more records than are read", code="records")
    value = read_object(frame, limits)
    check_record(value)
    name = value["name"]
    if value["kind"] == "step" and value["case"]:
        name = f"{name}_{value['case']}"
    if value["kind"] == "unusable":
        name = find_free(name, draft.records)
        value["message"] = cut_text(value["message"], limits.text_bytes)
    if name in draft.records:
        raise EvidenceError(f"two records named {name!r}", code="record_twice")
    if value["kind"] == "text":
        value["value"] = cut_text(value["value"], limits.text_bytes)
    draft.records[name] = value


def find_free(name: str, records: dict[str, dict[str, Any]]) -> str:
    """The first of name, name_1, name_2, … that isn't taken."""
    number = 0
    while (free := f"{name}_{number}" if number else name) in records:
        number += 1
    return free


def add_arrays(draft: Draft, frame: Frame, limits: EvidenceLimits) -> None:
    """The arrays of an ARRAYS frame."""
    arrays = read_tensors(frame.payload, limits=limits)
    twice = draft.arrays.keys() & arrays.keys()
    if twice:
        raise EvidenceError(f"two arrays named {min(twice)!r}", code="array_twice")
    if len(draft.arrays) + len(arrays) > limits.arrays:
        raise EvidenceError("more arrays than are read", code="arrays")
    draft.arrays.update(arrays)


def add_problem(draft: Draft, frame: Frame, limits: EvidenceLimits) -> None:
    """A PROBLEM."""
    if draft.problem is not None:
        raise EvidenceError("a second frame PROBLEM", code="problem_twice")
    value = read_object(frame, limits)
    check_problem(value)
    most = limits.text_bytes
    draft.problem = Problem(
        code=value["code"],
        where=value["where"],
        type=cut_text(value["type"], most),
        message=cut_text(value["message"], most),
        help=None if value["help"] is None else cut_text(value["help"], most),
        frames=tuple(read_source_frame(item) for item in value["frames"]),
        function=None if value["function"] is None else cut_text(value["function"], LINE_BYTES),
        signature=None if value["signature"] is None else cut_text(value["signature"], LINE_BYTES),
        near=tuple((cut_text(name, LINE_BYTES), line) for name, line in value["near"]),
    )


def read_source_frame(value: dict[str, Any]) -> SourceFrame:
    """One line of a traceback."""
    caret = value["caret"]
    begins = value["cell_begins"]
    return SourceFrame(
        file=cut_text(value["file"], LINE_BYTES),
        line=value["line"],
        function=cut_text(value["function"], LINE_BYTES),
        cell=value["cell"],
        cells=value["cells"],
        cell_begins=None if begins is None else cut_text(begins, LINE_BYTES),
        code=tuple((line, cut_text(text, LINE_BYTES)) for line, text in value["code"]),
        caret=None if caret is None else (caret[0], caret[1]),
    )


def add_output(draft: Draft, frame: Frame, limits: EvidenceLimits) -> None:
    """The OUTPUT: text to show, so broken characters are replaced and not refused."""
    if draft.output is not None:
        raise EvidenceError("a second frame OUTPUT", code="output_twice")
    draft.output = frame.payload[: limits.text_bytes].decode("utf-8", "replace")


def add_ended(draft: Draft, frame: Frame, limits: EvidenceLimits) -> None:
    """The ENDED."""
    value = read_object(frame, limits)
    check_ended(value)
    draft.ended = value


READERS = {
    Kind.RECORD: add_record,
    Kind.ARRAYS: add_arrays,
    Kind.PROBLEM: add_problem,
    Kind.OUTPUT: add_output,
    Kind.ENDED: add_ended,
}


def cut_text(text: str, most_bytes: int) -> str:
    """At most so many bytes of text, whole characters."""
    content = text.encode("utf-8")
    return text if len(content) <= most_bytes else content[:most_bytes].decode("utf-8", "ignore")


def name_exit(ended: dict[str, Any], run_exit: Exit) -> Exit:
    """How the question ended."""
    if run_exit is Exit.MEMORY_LIMIT and ended.get("signal") == KILLED:
        return Exit.MEMORY_LIMIT  # init sees a kill; the run's memory counter says whose it was
    if ended:
        return ENDED_AS.get(ended["exit"]) or Exit(ended["exit"])
    return run_exit if run_exit in EXPLAINING else Exit.MISSING


def name_problem(draft: Draft, exit: Exit) -> Problem | None:
    """What kept the question from finishing: unreadable bytes first, then the limit that it met, then its own word."""
    if draft.unreadable is not None:
        detail = draft.unreadable.message[:500]
        return Problem(code="unreadable", facts={"reason": draft.unreadable.code, "detail": detail})
    if draft.problem is not None and exit in SPEAKING:
        return draft.problem
    if exit is Exit.FINISHED:
        return None
    ended = draft.ended or {}
    facts = {
        "seconds": float(ended.get("load_seconds" if exit is Exit.LOAD_LIMIT else "seconds", 0.0)),
        "exit_code": ended.get("code"),
        "signal": ended.get("signal"),
    }
    never_loaded = bool(draft.ended) and not ended.get("seconds")  # init counts from when the code was loaded
    loading = exit is Exit.LOAD_LIMIT or never_loaded
    return Problem(code=exit.value, where="load" if loading else "question", facts=facts)
