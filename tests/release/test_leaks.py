"""The search for what is hidden: every form in which it may lie in a file is found, and nothing else."""

import base64
import gzip
import io
import json
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from grader.errors import UsageError
from grader.guest.protocol import Kind, pack_frame
from grader.release import members as opened
from grader.release.leaks import LEAST_NUMBERS, NEAR, Hidden, Needles, Runs, find_leaks

RNG = np.random.default_rng(7)
PICTURES = RNG.random((6, 4, 4)).astype(np.float32)
LABELS = RNG.integers(0, 10, 60)
CODE = "    weights = inputs @ projection\n    return weights.softmax(dim=-1)"


def hide() -> Hidden:
    """Some hidden things."""
    needles = Needles()
    needles.add_array("pictures", PICTURES)
    needles.add_array("labels", LABELS)
    needles.add_text("code", CODE)
    needles.add_value("kinds", ["good", "bad", "good", "bad", "bad", "good", "bad"])
    needles.add_value("factor", 0.7312345)
    needles.add_blob("secret", bytes(range(32)))
    return needles.finish()


def npz(**arrays: np.ndarray[Any, Any]) -> bytes:
    """An .npz file."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def npy(array: np.ndarray[Any, Any]) -> bytes:
    """An .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def pack_zip(content: bytes) -> bytes:
    """A zip with one compressed file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.bin", content)
    return buffer.getvalue()


def pack_tar(content: bytes) -> bytes:
    """A tar with one file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("inner.bin")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def notebook(source: Any) -> bytes:
    """A notebook with one cell."""
    return json.dumps({"cells": [{"cell_type": "code", "source": source}]}).encode()


FOUND: dict[str, tuple[bytes, str]] = {
    "bytes": (b"xyz" + PICTURES.tobytes() + b"abc", "pictures"),
    "a row's bytes": (b"x" + PICTURES[4].tobytes(), "pictures"),
    "npz": (npz(other=np.ones(3), hidden=PICTURES), "pictures"),
    "another type": (npz(hidden=PICTURES.astype(np.float64)), "pictures"),
    "labels as bytes": (npy(LABELS.astype(np.uint8)), "labels"),
    "safetensors": (save({"a": PICTURES[1:3].copy()}), "pictures"),
    "labels in safetensors": (save({"a": LABELS.astype(np.int32)}), "labels"),
    "frames": (pack_frame(Kind.READY, b"{}") + pack_frame(Kind.ARRAYS, save({"a": PICTURES})), "pictures"),
    "json": (json.dumps({"labels": LABELS.tolist()}).encode(), "labels"),
    "rounded numbers": (" ".join(f"{value:.4f}" for value in PICTURES.ravel()).encode(), "pictures"),
    "repr": (repr(PICTURES.ravel().tolist()).encode(), "pictures"),
    "csv": ("\n".join(map(str, LABELS.tolist())).encode(), "labels"),
    "one number": (b"x = 0.7312345\n", "factor"),
    "words": (b'["good", "bad", "good",\n "bad", "bad", "good", "bad"]', "kinds"),
    "code": (f"def f():\n{CODE}\n".encode(), "code"),
    "code in a comment": (CODE.replace("    ", "").replace("\n", "  ").encode(), "code"),
    "notebook": (notebook(CODE), "code"),
    "notebook by lines": (notebook(CODE.splitlines(keepends=True)), "code"),
    "escaped twice": (json.dumps({"text": json.dumps(CODE)}).encode(), "code"),
    "gzip": (gzip.compress(CODE.encode()), "code"),
    "zlib": (zlib.compress(PICTURES.tobytes()), "pictures"),
    "zip in zip": (pack_zip(pack_zip(CODE.encode())), "code"),
    "tar": (pack_tar(PICTURES.tobytes()), "pictures"),
    "base64": (b'{"image/png": "' + base64.b64encode(PICTURES.tobytes()) + b'"}', "pictures"),
    "secret": (b"..." + bytes(range(32)), "secret"),
}


@pytest.mark.parametrize("form", FOUND)
def test_what_is_hidden_is_found(form: str) -> None:
    """In any form, with the member and what it is."""
    content, what = FOUND[form]
    leaks = find_leaks({"hw/README.md": b"nothing", "hw/file.bin": content}, hide())

    assert what in {leak.what for leak in leaks}
    assert all(leak.path.startswith("hw/file.bin") for leak in leaks)
    assert all("hw/file.bin" in str(leak) and leak.what in str(leak) for leak in leaks)


@pytest.mark.parametrize(
    "content",
    [
        npz(other=RNG.random((6, 4, 4)), labels=RNG.integers(0, 10, 60)),
        save({"zeros": np.zeros((90, 9), np.float32)}),
        json.dumps(list(range(1000))).encode(),
        b"good bad, and a bad good: 0.73, 0.7312, 7",
        CODE.replace("inputs", "outputs").encode(),
        b"\x00" * 4096 + bytes(reversed(range(32))),
        b"PK\x03\x04 no zip", b"\x1f\x8b no gzip", b"GRD1 no frames", b"x\x9c no zlib", b"\x93NUMPY no array",
    ],
)  # fmt: skip
def test_nothing_else_is(content: bytes) -> None:
    """Other data of the same kind, plain runs of numbers, damaged archives."""
    assert find_leaks({"file": content}, hide()) == []


def test_plain_things_are_told_not_searched() -> None:
    """A small number, a short word, an array of zeros are everywhere: they are named instead."""
    needles = Needles()
    plain: dict[str, Any] = {"seven": 7, "yes": True, "word": "good", "zeros": np.zeros(50), "steps": np.arange(50)}
    for name, value in plain.items():
        needles.add_value(name, value)
    hidden = needles.finish()

    assert set(hidden.unsearched) == set(plain)
    assert find_leaks({"file": b"7 True good 0 0 0 0 0 0 0 0 0"}, hidden) == []


def test_a_nested_value_is_searched() -> None:
    """Arrays and numbers in tables and lists."""
    needles = Needles()
    needles.add_value("table", {"a": [PICTURES], "b": [[1.5, 2.25], [7.125, 3.5], [2.75, 9.5], [1.25, 8.5]]})
    hidden = needles.finish()

    assert find_leaks({"file": PICTURES.tobytes()}, hidden)
    assert find_leaks({"file": b"[[1.5, 2.25], [7.125, 3.5], [2.75, 9.5], [1.25, 8.5]]"}, hidden)


@pytest.mark.parametrize("pack", [pack_zip, gzip.compress])
def test_what_is_too_deep_or_too_large_is_refused(
    pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is passed over in silence."""
    content = CODE.encode()
    for _ in range(8):
        content = pack(content)
    with pytest.raises(UsageError, match="too often"):
        find_leaks({"file": content}, hide())
    monkeypatch.setattr(opened, "MOST_BYTES", 1000)

    with pytest.raises(UsageError, match="too much"):
        find_leaks({"file": pack(b"0" * 5000)}, hide())


def has_run(numbers: list[float], run: list[float]) -> bool:
    """The same as `Runs.has`, place by place."""
    return any(
        all(is_near(there, wanted, len(run)) for there, wanted in zip(numbers[start:], run, strict=False))
        for start in range(len(numbers) - len(run) + 1)
    )


def is_near(there: float, wanted: float, length: int) -> bool:
    """Whether a number is one of a run: rounded perhaps, if it isn't whole and the run long enough."""
    if not np.isfinite(wanted):
        return not np.isfinite(there)
    share = 1e-9 if length < LEAST_NUMBERS or wanted == round(wanted) else NEAR
    return abs(there - wanted) <= share * abs(wanted)


FEW = st.sampled_from([0.0, 1.0, 2.0, -1.0, 0.5, 0.5004, 0.502, 0.1234567, float("nan"), float("inf"), -float("inf")])


@given(st.lists(FEW, max_size=30), st.lists(FEW, min_size=1, max_size=10), st.integers(0, 20))
def test_a_run_is_found_wherever_it_is(numbers: list[float], run: list[float], start: int) -> None:
    """Looking up the rarest number finds what going through all places finds."""
    for row in (numbers, [*numbers[:start], *run, *numbers[start:]]):
        assert Runs(np.array(row, np.float64)).has(np.array(run, np.float64)) == has_run(row, run)
