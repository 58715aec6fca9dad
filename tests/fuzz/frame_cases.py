"""Streams of frames, from bytes to evidence: headers that lie, wrong order, kinds and numbers, payloads changed."""

import hashlib
import io
import math
from collections.abc import Sequence
from typing import Any

from grader.evidence import Evidence, Exit, QuestionEvidence, read_evidence
from grader.guest.protocol import HEADER, MAGIC, NAME, NO_QUESTION, Frame, FrameError, Kind, pack_frame, read_frame
from grader.limits import EvidenceLimits
from grader.sandbox.frames import EvidenceCapError, FrameCounter
from tests.evidence.building import ENDED, PROBLEM, READY, RECORDS, encode
from tests.fuzz.dice import NUMBERS, Dice
from tests.fuzz.json_cases import WORDS
from tests.fuzz.mutate import mutate_bytes
from tests.fuzz.safetensors_cases import check_arrays, make_file
from tests.fuzz.target import TAKEN, Target
from tests.fuzz.trees import copy_tree, mutate_json

__all__ = ["FRAMES"]

LIMITS = EvidenceLimits(
    frame_bytes=20_000,
    run_bytes=60_000,
    frames=40,
    header_bytes=6_000,
    tensors=12,
    json_bytes=10_000,
    records=12,
    records_bytes=8_000,
    arrays=16,
    text_bytes=300,
)
QUESTIONS = ("first", "second", "third")
CODES = (0, 1, 2, 3, 4, 5, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 255)
RUN_EXITS = tuple(Exit)
SOUND = {
    Kind.READY: (encode(READY),),
    Kind.RECORD: tuple(encode(record) for record in RECORDS.values()),
    Kind.PROBLEM: (encode(PROBLEM),),
    Kind.OUTPUT: (b"hello\n", b"\xff\xfe\0", "ü\u202e\x1b[31m".encode() * 100),
    Kind.ENDED: tuple(
        encode({**ENDED, **fields})
        for fields in (
            {},
            {"exit": "crashed", "code": 1},
            {"exit": "signalled", "signal": 9},
            {"exit": "evidence_limit"},
        )
    ),
    Kind.DONE: (b"",),
}
TREES: dict[Kind, Sequence[Any]] = {
    Kind.READY: (READY,),
    Kind.RECORD: tuple(RECORDS.values()),
    Kind.PROBLEM: (PROBLEM,),
    Kind.ENDED: (ENDED,),
}
WORDS_OF_FRAMES = (MAGIC, b"\xff\xff", HEADER.pack(MAGIC, Kind.DONE, NO_QUESTION, 0, hashlib.sha256(b"").digest()))


def make_payload(dice: Dice, kind: Kind) -> bytes:
    """What a frame of this kind holds, as a rule soundly."""
    if kind is Kind.ARRAYS:
        return make_file(dice, ("w", "logits", "x"))
    if kind in TREES and dice.chance(0.15):
        return mutate_json(dice, copy_tree(dice.pick(TREES[kind])), WORDS).encode("utf-8", "surrogatepass")
    if kind in SOUND and dice.chance(0.98):
        return dice.pick(SOUND[kind])
    return dice.blob(100) if dice.chance(0.9) else bytes(dice.pick((10_001, 20_001, 50_000)))


def make_question(dice: Dice, number: int) -> list[Frame]:
    """The frames of a question, in the order in which a loader and init write them."""
    kinds = [Kind.RECORD, Kind.ARRAYS, Kind.RECORD, Kind.RECORD][: dice.whole(0, 4)]
    kinds += [Kind.RECORD] * dice.pick((0,) * 30 + (10,))
    kinds += [kind for kind in (Kind.PROBLEM, Kind.OUTPUT) if dice.chance(0.5)]
    kinds += [Kind.ENDED] * dice.pick((1, 1, 1, 1, 1, 1, 0, 2))
    return [Frame(kind, make_payload(dice, kind), number) for kind in kinds]


def make_run(dice: Dice) -> list[Frame]:
    """The frames of a run, at times in another order or with one too many."""
    frames = [Frame(Kind.READY, make_payload(dice, Kind.READY))]
    for number in range(dice.whole(1, 3)):
        frames += make_question(dice, number)
    frames.append(Frame(Kind.DONE, make_payload(dice, Kind.DONE)))
    if dice.chance(0.15):
        dice.rotate(frames)
    if dice.chance(0.1):
        frames.insert(dice.whole(0, len(frames)), dice.pick(frames))
    if dice.chance(0.1):
        del frames[dice.whole(0, len(frames) - 1)]
    if dice.chance(0.1):
        at = dice.whole(0, len(frames) - 1)
        kind, question = dice.pick(tuple(Kind)), dice.pick((0, 1, 2, 3, 100, NO_QUESTION))
        frames[at] = Frame(kind, frames[at].payload, question)
    return frames


def pack_lie(dice: Dice, frame: Frame) -> bytes:
    """A frame whose header isn't what it should be, in one field or more."""
    values: list[Any] = [
        MAGIC,
        int(frame.kind),
        frame.question,
        len(frame.payload),
        hashlib.sha256(frame.payload).digest(),
    ]
    for _ in range(dice.whole(1, 2)):
        at = dice.whole(0, 4)
        odd = (b"GRD2", dice.pick(CODES), dice.bits(16), dice.pick(NUMBERS) % 2**32, dice.blob(0).ljust(32, b"x"))
        values[at] = odd[at]
    return HEADER.pack(*values) + frame.payload


def make(dice: Dice) -> bytes:
    """One stream, with how the run ended in its first byte and how it is cut into reads in the second."""
    stream = b"".join(
        pack_lie(dice, frame) if dice.chance(0.01) else pack_frame(frame.kind, frame.payload, frame.question)
        for frame in make_run(dice)
    )
    if dice.chance(0.15):
        stream = mutate_bytes(dice, stream, WORDS_OF_FRAMES)
    return bytes([dice.whole(0, len(RUN_EXITS) - 1), dice.bits(8)]) + stream


def collect(stream: bytes, step: int) -> tuple[list[Frame], str | None]:
    """The frames that the keeper would collect, and why it stopped."""
    file = io.BytesIO(stream)
    counter = FrameCounter(lambda count: file.read(min(count, step)), LIMITS)
    frames: list[Frame] = []
    try:
        while (frame := counter.next_frame()) is not None:
            frames.append(frame)
    except (FrameError, EvidenceCapError) as error:
        assert str(error).isprintable()
        return frames, str(error)
    return frames, None


def read(content: bytes) -> str:
    """From bytes to evidence, as a run's are."""
    lead, stream = content[:2].ljust(2, b"\xff"), content[2:]
    run_exit, step = RUN_EXITS[lead[0] % len(RUN_EXITS)], lead[1] + 1
    frames, fault = collect(stream, step * 64)
    assert len(frames) <= LIMITS.frames
    assert sum(len(frame.payload) for frame in frames) <= LIMITS.run_bytes
    kept = b"".join(pack_frame(frame.kind, frame.payload, frame.question) for frame in frames)
    assert stream.startswith(kept)
    assert fault is not None or kept == stream
    again = io.BytesIO(kept)
    assert tuple(iter(lambda: read_frame(again.read, most_bytes=LIMITS.frame_bytes), None)) == tuple(frames)
    evidence = read_evidence(frames, questions=QUESTIONS, exit=run_exit, fault=fault, limits=LIMITS)
    check_evidence(evidence, fault)
    return name_end(evidence, fault)


def check_evidence(evidence: Evidence, fault: str | None) -> None:
    """Every question is there, in order, and every value is one that marking and the report can use."""
    assert tuple(evidence.questions) == QUESTIONS
    assert not (evidence.complete and (fault or evidence.fault))
    for text in (
        evidence.python,
        evidence.device,
        *evidence.packages,
        *evidence.packages.values(),
        evidence.fault or "",
    ):
        text.encode()
    for name, question in evidence.questions.items():
        assert question.id == name
        check_question(question)


def check_question(question: QuestionEvidence) -> None:
    """One question's values."""
    check_arrays(dict(question.arrays), LIMITS.run_bytes)
    assert len(question.arrays) <= LIMITS.arrays
    assert len(question.records) <= LIMITS.records
    for name, record in question.records.items():
        assert NAME.match(name)
        assert record["kind"] in RECORDS
    assert len(question.output.encode()) <= 3 * LIMITS.text_bytes
    assert all(
        type(value) is float and math.isfinite(value) and value >= 0
        for value in (question.seconds, question.load_seconds)
    )
    problem = question.problem
    assert (problem is None) == (question.finished and problem is None)
    if problem is not None:
        texts = [problem.code, problem.type, problem.message, problem.help or "", problem.function or ""]
        texts += [text for frame in problem.frames for _, text in frame.code]
        assert all(len(text.encode()) <= 1_000 for text in texts)


def name_end(evidence: Evidence, fault: str | None) -> str:
    """The most telling of what became of a stream."""
    if fault is not None:
        return "fault: " + next((word for word in FAULTS if word in fault), fault)
    if evidence.fault is not None:
        return "end: " + next((word for word in FAULTS if word in evidence.fault), evidence.fault)
    reasons = [
        question.problem.facts.get("reason") for question in evidence.questions.values() if question.problem is not None
    ]
    reason = next((reason for reason in reasons if reason), None)
    return f"unreadable: {reason}" if reason else TAKEN if evidence.complete else "incomplete"


FAULTS = (
    *(
        "inside a frame's header",
        "not a frame",
        "unknown kind",
        "inside a frame,",
        "digest is wrong",
        "a frame of",
        "bytes",
    ),
    *("frames after the end", "of no question", "second frame READY", "of question", "READY:", "frames"),
)

REACHES = frozenset(
    (
        *("taken", "incomplete", "end: READY:", "end: bytes", "end: frames after the end", "end: of no question"),
        *("end: of question", "end: second frame READY", "fault: a frame of", "fault: digest is wrong"),
        *("fault: inside a frame's header", "fault: inside a frame,", "fault: not a frame", "fault: unknown kind"),
        *("unreadable: after_end", "unreadable: array_twice", "unreadable: header_coverage"),
        *("unreadable: header_offsets", "unreadable: header_shape", "unreadable: header_tensors"),
        *("unreadable: json_depth", "unreadable: json_duplicate", "unreadable: json_number", "unreadable: json_size"),
        *("unreadable: json_syntax", "unreadable: json_text", "unreadable: output_twice"),
        *("unreadable: problem_twice", "unreadable: record_twice", "unreadable: records", "unreadable: schema"),
    )
)
FRAMES = Target(name="frames", make=make, read=read, reaches=REACHES)
