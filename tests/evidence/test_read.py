"""Frames become evidence: whatever they hold, only our verdicts come out."""

import copy
import json
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.evidence import Evidence, Exit, QuestionEvidence, read_evidence
from grader.guest.protocol import NO_QUESTION, Frame, Kind
from grader.limits import MIB, EvidenceLimits
from tests.evidence.building import (
    PROBLEM,
    RECORDS,
    done,
    encode,
    ended,
    frame,
    pack_arrays,
    ready,
    whole_run,
)

QUESTIONS = ("load", "head")
EPOCH = {"label": "epoch", "epoch": 1, "changed": ["w"], "omitted": []}


def read(frames: list[Frame], exit: Exit = Exit.FINISHED, **more: Any) -> Evidence:
    return read_evidence(frames, questions=QUESTIONS, exit=exit, **more)


def read_one(*frames: Frame, **more: Any) -> QuestionEvidence:
    return read([ready(), *frames, done()], **more).questions["load"]


def unreadable(question: QuestionEvidence) -> str:
    assert question.problem is not None
    assert question.problem.code == "unreadable"
    assert not question.arrays
    assert not question.records
    return str(question.problem.facts["reason"])


def test_reads_a_whole_run() -> None:
    """A run that keeps the rules comes out whole."""
    evidence = read(whole_run())
    load, head = evidence.questions.values()

    assert evidence.complete
    assert evidence.fault is None
    assert (evidence.python, evidence.packages, evidence.device) == ("3.12.8", {"torch": "2.13.0"}, "cpu")
    assert load.exit is Exit.FINISHED
    assert load.problem is None
    assert set(load.records) == {record["name"] for record in RECORDS.values()}
    assert load.arrays["logits"].shape == (2, 3)
    assert load.arrays["flags"].dtype == bool
    assert (load.output, load.output_bytes, load.seconds, load.load_seconds) == ("hello", 5, 1.5, 0.25)
    assert head.exit is Exit.CRASHED
    assert head.problem is not None
    assert (head.problem.code, head.problem.type) == ("exception", "NameError")
    assert head.problem.frames[0].caret == (10, 15)
    assert head.problem.frames[0].code[1] == (48, "    model(image)")
    assert head.problem.near == (("fine_tune", 40),)


def test_frames_of_questions_may_come_mixed() -> None:
    """Questions run at the same time: the order of their frames among each other means nothing."""
    frames = whole_run()
    mixed = [frames[0], *frames[13:15], *frames[1:13], frames[-1]]

    assert read(mixed).questions["load"].records == read(frames).questions["load"].records
    assert read(mixed).questions["head"] == read(frames).questions["head"]
    assert read(mixed).complete


@pytest.mark.parametrize(
    ("exit", "expected"),
    [
        (Exit.FINISHED, Exit.MISSING),
        (Exit.CRASHED, Exit.MISSING),
        (Exit.MEMORY_LIMIT, Exit.MEMORY_LIMIT),
        (Exit.WALL_LIMIT, Exit.WALL_LIMIT),
        (Exit.PROCESS_LIMIT, Exit.PROCESS_LIMIT),
        (Exit.OUTPUT_LIMIT, Exit.OUTPUT_LIMIT),
    ],
)
def test_a_question_without_an_end(exit: Exit, expected: Exit) -> None:
    """What the run met explains a question that never ended; else it is missing. It keeps what it left."""
    evidence = read([ready(), frame(Kind.RECORD, RECORDS["text"]), ended(1)], exit)
    question = evidence.questions["load"]

    assert question.exit is expected
    assert question.problem is not None
    assert question.problem.code == expected.value
    assert evidence.questions["head"].exit is Exit.FINISHED
    assert not evidence.complete


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("wall_limit", Exit.WALL_LIMIT),
        ("load_limit", Exit.LOAD_LIMIT),
        ("evidence_limit", Exit.OUTPUT_LIMIT),
        ("signalled", Exit.SIGNALLED),
        ("crashed", Exit.CRASHED),
    ],
)
def test_names_what_ended_a_question(said: str, expected: Exit) -> None:
    """Init's word becomes the exit, and a problem with its facts where the student's process gave none."""
    question = read_one(ended(exit=said, code=3, signal=11))

    assert question.exit is expected
    assert question.problem is not None
    assert question.problem.code == expected.value
    assert question.problem.where == ("load" if said == "load_limit" else "question")
    assert question.problem.facts == {
        "seconds": 0.25 if said == "load_limit" else 1.5,
        "exit_code": 3,
        "signal": 11,
    }


def test_a_kill_in_a_run_out_of_memory_is_its_memory() -> None:
    """Init sees a kill; the run's memory counter says why."""
    kill = ended(exit="signalled", code=None, signal=9)

    assert read([ready(), kill, done()], Exit.MEMORY_LIMIT).questions["load"].exit is Exit.MEMORY_LIMIT
    assert read([ready(), kill, done()]).questions["load"].exit is Exit.SIGNALLED


def test_a_limit_is_stronger_than_the_student_s_word() -> None:
    """A process that told of an exception, and then ran on into its deadline, met its deadline."""
    question = read_one(frame(Kind.PROBLEM, PROBLEM), ended(exit="wall_limit"))

    assert question.problem is not None
    assert question.problem.code == "wall_limit"


def test_every_question_is_there() -> None:
    """An empty stream gives every question, none of them finished."""
    evidence = read([], Exit.CRASHED, fault="not a frame")

    assert list(evidence.questions) == list(QUESTIONS)
    assert not any(question.finished for question in evidence.questions.values())
    assert evidence.fault == "not a frame"


def record(kind: str, question: int = 0, **fields: Any) -> Frame:
    return frame(Kind.RECORD, {**RECORDS[kind], **fields}, question)


BROKEN: list[tuple[str, list[Frame], str]] = [
    ("a record that isn't JSON", [frame(Kind.RECORD, b"{")], "json_syntax"),
    ("a record of no kind", [frame(Kind.RECORD, {"kind": "magic", "name": "a"})], "schema"),
    ("a record that is a list", [frame(Kind.RECORD, [])], "schema"),
    ("a record whose kind is a list", [frame(Kind.RECORD, {"kind": [], "name": "a"})], "schema"),
    ("a record with a key more", [frame(Kind.RECORD, {**RECORDS["array"], "x": 1})], "schema"),
    ("a record with a bad name", [frame(Kind.RECORD, {"kind": "array", "name": "a/b"})], "schema"),
    ("a record twice", [frame(Kind.RECORD, RECORDS["text"])] * 2, "record_twice"),
    ("a step twice", [frame(Kind.RECORD, RECORDS["step"])] * 2, "record_twice"),
    ("one name for two kinds", [record("text", name="logits"), record("array")], "record_twice"),
    ("NaN", [frame(Kind.RECORD, {**RECORDS["answers"], "value": float("nan")})], "json_number"),
    ("an array twice", [frame(Kind.ARRAYS, pack_arrays({"a": np.zeros(1)}))] * 2, "array_twice"),
    ("no tensor file", [frame(Kind.ARRAYS, b"PK\3\4")], "header_length"),
    ("two problems", [frame(Kind.PROBLEM, PROBLEM)] * 2, "problem_twice"),
    ("stages without any", [frame(Kind.RECORD, {**RECORDS["stages"], "stages": []})], "schema"),
    (
        "more stages than the recorder notes",
        [frame(Kind.RECORD, {**RECORDS["stages"], "stages": RECORDS["stages"]["stages"][:1] + [EPOCH] * 300})],
        "schema",
    ),
    ("a problem of no code", [frame(Kind.PROBLEM, {**PROBLEM, "code": "infrastructure"})], "schema"),
    ("two outputs", [frame(Kind.OUTPUT, b"")] * 2, "output_twice"),
    ("a record too large", [frame(Kind.RECORD, {**RECORDS["text"], "value": "a" * 262_144})], "json_size"),
    ("too many records", [frame(Kind.RECORD, {"kind": "array", "name": f"a{n}"}) for n in range(1_025)], "records"),
    ("too much JSON", [record("text", name=f"a{n}", value="a" * 250_000) for n in range(5)], "records"),
]


@pytest.mark.parametrize(("frames", "reason"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_broken_frame_costs_its_question(frames: list[Frame], reason: str) -> None:
    """The question keeps how it ended and loses what it recorded; the other question is unharmed."""
    others = [frame(Kind.RECORD, RECORDS["text"], 1), ended(1)]
    evidence = read([ready(), *frames, ended(), *others, done()])
    load, head = evidence.questions.values()

    assert unreadable(load) == reason
    assert load.exit is Exit.FINISHED
    assert head.problem is None
    assert head.records["said"]["value"] == "hello"
    assert evidence.complete


@pytest.mark.parametrize(
    "late",
    [ended(), ended(exit="crashed"), frame(Kind.RECORD, RECORDS["text"]), frame(Kind.OUTPUT, b"more")],
    ids=["a second end", "another end", "a record", "output"],
)
def test_nothing_comes_after_the_end(late: Frame) -> None:
    """A frame after a question's end makes the question unreadable; the first end stays."""
    question = read_one(ended(), late)

    assert unreadable(question) == "after_end"
    assert question.exit is Exit.FINISHED


def test_a_broken_end_is_no_end() -> None:
    """An ENDED that can't be read doesn't finish a question."""
    question = read_one(ended(exit="passed"))

    assert unreadable(question) == "schema"
    assert question.exit is Exit.MISSING


@pytest.mark.parametrize(
    "odd",
    [
        frame(Kind.RECORD, RECORDS["text"], 2),
        frame(Kind.RECORD, RECORDS["text"], NO_QUESTION),
        frame(Kind.JOB, {}, 0),
        frame(Kind.READY, {}, 0),
        frame(Kind.READY, {}, NO_QUESTION),
    ],
    ids=["no such question", "no question", "a kind that goes in", "READY of a question", "a second READY"],
)
def test_a_fault_of_the_stream_ends_collection(odd: Frame) -> None:
    """What came before stays usable, what comes after isn't read, and the evidence says so."""
    evidence = read([ready(), ended(), odd, ended(1), done()])

    assert evidence.questions["load"].finished
    assert evidence.questions["head"].exit is Exit.MISSING
    assert evidence.fault is not None
    assert not evidence.complete


def test_nothing_comes_after_done() -> None:
    """A frame after DONE is a fault of the stream."""
    evidence = read([ready(), ended(), done(), ended(1)])

    assert evidence.fault == "frames after the end"
    assert not evidence.complete


def test_a_run_has_caps_in_total() -> None:
    """Too many frames and too many bytes end collection; what came before stays."""
    frames = [ready(), ended(), *(frame(Kind.RECORD, {"kind": "array", "name": f"a{n}"}, 1) for n in range(9))]
    few_frames = read(frames, limits=EvidenceLimits(frames=5))
    few_bytes = read(frames, limits=EvidenceLimits(run_bytes=400))

    for evidence in (few_frames, few_bytes):
        assert evidence.questions["load"].finished
        assert evidence.questions["head"].exit is Exit.MISSING
        assert evidence.fault is not None


def test_a_broken_ready_is_a_fault_but_costs_no_question() -> None:
    """READY is the zygote's: without it the environment is unknown, and what was recorded stays."""
    evidence = read([frame(Kind.READY, {"python": 3}, NO_QUESTION), ended(), done()])

    assert evidence.python == ""
    assert evidence.fault is not None
    assert evidence.questions["load"].finished


def test_output_is_replaced_and_cut_never_refused() -> None:
    """Output is text to show: broken characters and too much of it cost nothing."""
    question = read_one(frame(Kind.OUTPUT, b"\xff\x1b[31m" + "é".encode() * 100_000), ended())

    assert question.problem is None
    assert question.output.startswith("�\x1b[31mé")
    assert len(question.output.encode()) <= 65_540


def test_text_is_cut() -> None:
    """Recorded text keeps its first 64 KiB, in whole characters."""
    question = read_one(frame(Kind.RECORD, {**RECORDS["text"], "value": "a" + "é" * 40_000}), ended())

    assert len(question.records["said"]["value"].encode()) == 65_535


def test_problems_are_cut() -> None:
    """A problem's texts are there to be shown: none of them is longer than anybody reads."""
    line = {**PROBLEM["frames"][0], "code": [[48, "x" * 50_000]]}
    problem = {**PROBLEM, "message": "é" + "x" * 70_000, "frames": [line], "near": [["f" * 9_000, 1]]}
    question = read_one(frame(Kind.PROBLEM, problem), ended(exit="crashed"))

    assert question.problem is not None
    assert len(question.problem.message.encode()) == 65_536
    assert question.problem.frames[0].code == ((48, "x" * 1_000),)
    assert question.problem.near == (("f" * 1_000, 1),)


@pytest.mark.parametrize("shape", [[2**41], [2**21, 2**21], [2**53] * 8, [0, 2**41]])
def test_sizes_that_no_tensor_has_are_refused(shape: list[int]) -> None:
    """A claimed size stays within what can be counted."""
    tensor = {**RECORDS["model"]["tensors"][0], "shape": shape}
    model = record("model", tensors=[tensor])

    assert unreadable(read_one(model, ended())) == "schema"


def test_steps_of_one_name_are_told_apart_by_their_case() -> None:
    """A probe that records several steps under one name has a record for each."""
    cases = [frame(Kind.RECORD, {**RECORDS["step"], "case": case}) for case in (1, 0, 2)]

    assert read_one(*cases, ended()).records.keys() == {"steps", "steps_1", "steps_2"}


def test_unusable_records_may_share_a_name() -> None:
    """What could not be recorded never makes the rest unreadable."""
    unusable = frame(Kind.RECORD, {**RECORDS["unusable"], "name": "steps"})
    question = read_one(frame(Kind.RECORD, RECORDS["step"]), unusable, unusable, ended())

    assert [record["kind"] for record in question.records.values()] == ["step", "unusable", "unusable"]


def mutations(value: Any) -> st.SearchStrategy[Any]:
    """A JSON value with one thing in it replaced, dropped, doubled or added."""
    places = list(walk(value))
    odd: st.SearchStrategy[Any] = st.sampled_from(
        [None, True, -1, 0, 2**52, 1.0, "", "x", "a/b", "é", [], [[]], {}, {"$": "object"}, float("nan"), "\ud800"]
    )

    def mutate(choice: tuple[tuple[Any, ...], Any, int]) -> Any:
        path, replacement, how = choice
        changed = copy.deepcopy(value)
        if not path:
            return replacement
        parent = changed
        for key in path[:-1]:
            parent = parent[key]
        if how == 0:
            parent[path[-1]] = replacement
        elif how == 1:
            del parent[path[-1]]
        elif isinstance(parent, list):
            parent.append(parent[path[-1]])
        else:
            parent["more"] = replacement
        return changed

    return st.tuples(st.sampled_from(places), odd, st.integers(0, 2)).map(mutate)


def walk(value: Any, path: tuple[Any, ...] = ()) -> Any:
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, (*path, key))
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from walk(item, (*path, number))


@settings(max_examples=300)
@given(st.sampled_from(sorted(RECORDS)).flatmap(lambda kind: mutations(RECORDS[kind])))
def test_a_changed_record_is_read_whole_or_costs_its_question(record: Any) -> None:
    """A record with one thing changed either still has its exact shape, or its question is unreadable."""
    try:
        question = read_one(frame(Kind.RECORD, encode(record)), ended())
    except UnicodeEncodeError:  # of our own encoding
        return

    if question.problem is None:
        (read_record,) = question.records.values()
        assert read_record.keys() == RECORDS[read_record["kind"]].keys()
        assert json.dumps(read_record, allow_nan=False)
    else:
        unreadable(question)


@settings(max_examples=200)
@given(mutations(PROBLEM))
def test_a_changed_problem_is_read_or_costs_its_question(problem: Any) -> None:
    """A PROBLEM with one thing changed is read as one, or the question is unreadable."""
    question = read_one(frame(Kind.PROBLEM, encode(problem)), ended(exit="crashed"))

    assert question.problem is not None
    assert question.problem.code in ("exception", "unreadable")


FRAMES = st.builds(
    Frame,
    st.sampled_from(list(Kind)),
    st.one_of(
        st.binary(max_size=50),
        st.sampled_from([item.payload for item in whole_run()]),
    ),
    st.sampled_from([0, 1, 2, NO_QUESTION]),
)


@settings(max_examples=300)
@given(st.lists(FRAMES | st.sampled_from(whole_run()), max_size=12), st.sampled_from(list(Exit)))
def test_any_frames_give_evidence(frames: list[Frame], exit: Exit) -> None:
    """Whatever frames come, in whatever order: every question comes out once, finished only with an end of its own."""
    evidence = read(frames, exit)

    assert list(evidence.questions) == list(QUESTIONS)
    for number, question in enumerate(evidence.questions.values()):
        ends = [item for item in frames if item.kind is Kind.ENDED and item.question == number]
        assert ends or not question.finished
        assert question.finished or question.problem is not None


@given(st.lists(FRAMES, max_size=8), st.lists(FRAMES, max_size=8))
def test_a_question_s_frames_can_t_harm_another(before: list[Frame], after: list[Frame]) -> None:
    """Whatever the first question's frames hold, the second question's evidence is the same."""
    mine = [Frame(item.kind, item.payload, 0) for item in before + after if Kind.RECORD <= item.kind <= Kind.OUTPUT]
    alone = [frame(Kind.RECORD, RECORDS["answers"], 1), ended(1)]
    evidence = read([ready(), *mine[:4], alone[0], *mine[4:], ended(), alone[1], done()])

    assert evidence.questions["head"] == read([ready(), *alone, done()]).questions["head"]
    assert evidence.fault is None


def test_memory_is_bounded() -> None:
    """The JSON that takes the most memory when parsed, as much of it as is read, stays within what a grader has."""
    value: list[list[int]] = [[]] * 60_000
    frames = [record("answers", name=f"a{number}", value=value) for number in range(40)]
    tracemalloc.start()
    question = read_one(*frames, ended())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert unreadable(question) == "records"
    assert peak < 64 * MIB
