"""JSON that comes from a sandbox or from a student's disk. A case's first byte says which reader it is for.

`p` what a frame holds, `r` a receipt, `m` a manifest of weights.
"""

import json
import math
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from grader.errors import EvidenceError, ProvisionError, UsageError
from grader.evidence.schema import check_ended, check_problem, check_ready, check_record
from grader.evidence.strict_json import parse_json
from grader.hand_in import Receipt, read_receipt, write_receipt
from grader.weights import WeightsKind, find_checkpoint
from grader.weights.manifest import read_manifest
from tests.evidence.building import DIGEST, ENDED, PROBLEM, READY, RECORDS
from tests.fuzz.dice import Dice
from tests.fuzz.mutate import mutate_bytes
from tests.fuzz.target import TAKEN, Target, check_words
from tests.fuzz.trees import copy_tree, make_tree, mutate_json

__all__ = ["JSON", "WORDS", "check_tree"]

MOST_BYTES, MOST_DEPTH = 20_000, 16
WORDS: tuple[Any, ...] = (
    *(
        "kind",
        "name",
        "value",
        "tensors",
        "modules",
        "stages",
        "trainable",
        "buffers",
        "start",
        "epoch",
        "end",
        "answers",
    ),
    *("model", "step", "gradients", "unusable", "raises", "whole", "sample", "none", "frames", "near", "caret", "exit"),
    *(
        "finished",
        "signalled",
        "memory_limit",
        "w",
        "b",
        DIGEST,
        "F32",
        0,
        1,
        -1,
        2**53,
        2**53 + 1,
        1.0,
        True,
        None,
        [],
        {},
    ),
    *(
        [2, 3],
        [2**40],
        [2**20, 2**21],
        ["w", "w"],
        [["", "Linear"]],
        {"w": 1},
        {"w": DIGEST},
        [1, 2],
        [[1, "x"]],
        "a b",
    ),
)
CHECKPOINT = find_checkpoint("torchvision/resnet18/IMAGENET1K_V1")
RECEIPT = Receipt(
    assignment="hw1",
    student="ada",
    attempt=1,
    submission_digest="sha256:" + DIGEST,
    archive=f"hw1/ada/1/ada-1-{DIGEST[:16]}.zip",
    archive_digest="sha256:" + DIGEST,
    archive_bytes=1234,
    inbox="/srv/inbox",
    handed_in_at="2026-11-20T23:59:00.000000+01:00",
)
MANIFEST: dict[str, Any] = {
    "path": f"real/{CHECKPOINT.file}",
    "sha256": DIGEST,
    "size_bytes": 100,
    "changed_ns": 1,
    "tensors": {DIGEST: 1},
    "licence": "BSD",
    "source": "https://example.org",
}
CHECKS: tuple[Callable[[Any], None], ...] = (check_record, check_record, check_problem, check_ended, check_ready)


@cache
def find_folder() -> Path:
    """A folder in which receipts lie while they are read."""
    folder = tempfile.mkdtemp(prefix="fuzz-")
    return Path(folder)


@cache
def write_sound_receipt() -> dict[str, Any]:
    """A receipt's content as it is written."""
    path = find_folder() / "sound.json"
    write_receipt(path, RECEIPT)
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


def make(dice: Dice) -> bytes:
    """One document."""
    kind = dice.pick("pppppppppprm")
    if kind == "r":
        tree: Any = write_sound_receipt()
    elif kind == "m":
        tree = MANIFEST
    elif dice.chance(0.25):
        tree = make_tree(dice, 5)
    else:
        tree = dice.pick((*RECORDS.values(), PROBLEM, ENDED, READY))
    text = mutate_json(dice, copy_tree(tree), WORDS, most=dice.pick((0, 1, 1, 2, 3)))
    content = text.encode(dice.pick(("utf-8",) * 40 + ("utf-16", "utf-32", "utf-8-sig")), "surrogatepass")
    if dice.chance(0.004):
        content = dice.pick(
            (b"[" * 30_000, b'{"a":' * 5000, b'"' * 19_999, b'"\\' * 9000, b"9" * 19_000, b"1e" + b"9" * 9_000)
        )
    if dice.chance(0.15):
        content = mutate_bytes(dice, content, (b"\\ud800", b"\\u0000", b"\xed\xa0\x80", b"\xc3", b'"', b"[", b"NaN"))
    return kind.encode() + content


def check_tree(tree: Any) -> None:
    """What every reader of JSON relies on: finite numbers, whole text, few levels, integers that a float holds."""
    waiting = [(tree, 0)]
    while waiting:
        value, depth = waiting.pop()
        assert depth <= MOST_DEPTH
        if isinstance(value, dict):
            waiting += [(item, depth + 1) for pair in value.items() for item in pair]
        elif isinstance(value, list):
            waiting += [(item, depth + 1) for item in value]
        elif isinstance(value, str):
            value.encode()
        elif type(value) is int:
            assert abs(value) <= 2**53
        elif isinstance(value, float):
            assert math.isfinite(value)
        else:
            assert value is None or type(value) is bool


def read(content: bytes) -> str:
    """By the reader that the first byte names."""
    return READERS[content[:1]](content[1:])


def read_evidence_json(content: bytes) -> str:
    """What a frame holds: the same value as the standard library's, and of one of the shapes that are agreed on."""
    try:
        value = parse_json(content, most_bytes=MOST_BYTES, most_depth=MOST_DEPTH)
    except EvidenceError as error:
        return check_words(error)
    check_tree(value)
    assert value == json.loads(content)
    for check in CHECKS:
        try:
            check(value)
        except EvidenceError as error:
            check_words(error)
        else:
            return "shape"
    return TAKEN


def read_receipt_file(content: bytes) -> str:
    """A receipt that somebody shows."""
    path = find_folder() / "receipt.json"
    path.write_bytes(content)
    try:
        receipt = read_receipt(path)
    except UsageError as error:
        check_words(error)
        return "no receipt"
    assert receipt == RECEIPT
    return "receipt"


def read_manifest_text(content: bytes) -> str:
    """A manifest of a checkpoint that somebody wrote by hand."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return "no text"
    try:
        entry = read_manifest(text, CHECKPOINT, WeightsKind.REAL, folder=Path("/vault"))
    except ProvisionError as error:
        check_words(error)
        return "no manifest"
    assert entry.path.parent.parent == Path("/vault")
    assert all(type(count) is int for count in (entry.size_bytes, entry.changed_ns, *entry.tensors.values()))
    return "manifest"


READERS = {b"p": read_evidence_json, b"r": read_receipt_file, b"m": read_manifest_text}
REACHES = frozenset(
    (
        *("taken", "shape", "json_depth", "json_duplicate", "json_number", "json_size", "json_syntax", "json_text"),
        *("manifest", "no manifest", "receipt", "no receipt", "no text"),
    )
)
JSON = Target(
    name="json",
    make=make,
    read=read,
    reaches=REACHES,
    sound=frozenset((TAKEN, "shape", "manifest", "receipt")),
    share=10 / 12,
)
