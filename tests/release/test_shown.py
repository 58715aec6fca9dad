"""Which checks are marked at home: what is shown and needs nothing private, and gives no answer away."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.evidence import read_evidence
from grader.evidence.model import Evidence, Exit, QuestionEvidence
from grader.guest.protocol import Frame, read_frame
from grader.release.shown import list_shown, narrow_to_shown, pack_evidence
from grader.spec.model import Assignment, CheckSpec, Question, Standing, Visibility


def check(use: str, **fields: Any) -> CheckSpec:
    """A check of the record "x"."""
    return CheckSpec(**{"id": use, "use": use, "of": "x", "standing": Standing.FACT, **fields})


def ask(*checks: CheckSpec, **fields: Any) -> Assignment:
    """An assignment with one question."""
    question = Question(id="q", title="q", points=Decimal(1), checks=checks, **fields)
    return Assignment(slug="hw", title="", folder=Path(), reference=None, digest="sha256:0", questions=(question,))


def leave(value: Any = None, array: Any = None, output: str = "") -> Evidence:
    """What the reference left."""
    records = {"x": {"kind": "answers", "name": "x", "value": value}, "y": {"kind": "text", "name": "y", "value": "z"}}
    arrays = {} if array is None else {"x": np.array(array, np.float32), "xy": np.ones(3, np.float32)}
    left = QuestionEvidence(id="q", exit=Exit.FINISHED, records=records, arrays=arrays, output=output)
    return Evidence(questions={"q": left}, exit=Exit.FINISHED, python="3.12.1", packages={"numpy": "2.0"})


def shown(assignment: Assignment, practice: Evidence, *counting: Evidence) -> tuple[str, ...]:
    """The checks of the question that are marked at home."""
    return list_shown(assignment, practice, counting).get("q", ())


@pytest.mark.parametrize(
    ("practice", "counting", "marked"),
    [
        ([1, 2], [[3, 4], [5, 6]], True),
        ([1, 2], [[3, 4], [1, 2]], False),  # one draw that counts has this very answer
        ([1, 2], [[1, 4], [1, 6]], False),  # the first case is the same in every draw
        ([1, 2], [[1, 4], [7, 6]], True),  # in one of them: chance
        (["a", "b", "a"], [["a", "b", "b"], ["a", "a", "b"]], True),  # a label that others have too
        ([], [[]], False),
        (5130, [5130], False),
        ([[1], [2]], [[[1], [3]]], False),
    ],
)
def test_an_answer_that_counts_is_not_given_away(practice: Any, counting: list[Any], marked: bool) -> None:
    """A check of answers is marked at home where they differ from draw to draw, in every case that is telling."""
    assert bool(shown(ask(check("cases")), leave(practice), *map(leave, counting))) is marked


def test_values_and_output_are_answers_too() -> None:
    """Arrays and printed text that don't depend on the draw; shapes may be the same."""
    close, shape, printed = ask(check("close")), ask(check("same_shape")), ask(check("printed", of=None))

    assert shown(close, leave(array=[1, 2]), leave(array=[1, 3])) == ("close",)
    assert shown(close, leave(array=[1, 2]), leave(array=[1, 2])) == ()
    assert shown(shape, leave(array=[1, 2]), leave(array=[1, 2])) == ("same_shape",)
    assert shown(printed, leave(output="a"), leave(output="b")) == ("printed",)
    assert shown(printed, leave(output="a"), leave(output="a")) == ()


@pytest.mark.parametrize("use", ["learned", "sooner", "agrees", "python", "choice", "number", "shape", "match", "text"])
def test_what_is_private_is_not_marked_at_home(use: str) -> None:
    """Nor what needs it."""
    other = check("cases", needs=(use,))
    assignment = ask(check(use), other)

    assert shown(assignment, leave([1]), leave([2])) == ()


@pytest.mark.parametrize("state", [Visibility.HIDDEN, Visibility.AFTER_DEADLINE])
def test_what_is_not_shown_is_not_marked_at_home(state: Visibility) -> None:
    """A check, or all of a question; the others are."""
    one = ask(check("cases", visibility=state), check("curve"))
    all_of_it = ask(check("curve"), visibility=state)

    assert shown(one, leave([1]), leave([2])) == ("curve",)
    assert shown(all_of_it, leave([1]), leave([2])) == ()
    assert shown(ask(check("source", standing=Standing.ADVICE)), leave([1]), leave([2])) == ()


def read(packed: bytes) -> list[Frame]:
    """The frames of packed evidence."""
    rest = memoryview(packed)

    def take(count: int) -> bytes:
        nonlocal rest
        taken, rest = bytes(rest[:count]), rest[count:]
        return taken

    return list(iter(lambda: read_frame(take, most_bytes=10**6), None))


def test_only_what_is_read_is_packed() -> None:
    """The records and arrays of the checks, and no others; the strict reader takes it."""
    assignment = ask(check("close"), check("equal"))
    narrowed = narrow_to_shown(assignment, {"q": ("close",)})
    packed = pack_evidence(narrowed, leave([1], [2, 3], "printed"))
    evidence = read_evidence(read(packed), questions=["q"], exit=Exit.FINISHED)

    assert list(evidence.questions["q"].arrays) == ["x"]
    assert list(evidence.questions["q"].records) == ["x"]
    assert evidence.questions["q"].output == ""
    assert evidence.complete and evidence.questions["q"].finished
    assert (evidence.python, evidence.packages) == ("3.12.1", {"numpy": "2.0"})
    assert packed == pack_evidence(narrowed, leave([1], [2, 3], "something else"))
