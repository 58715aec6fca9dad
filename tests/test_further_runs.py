"""A question near to a check's line is run again with other seeds and the same hidden inputs; all of it is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from grader.batch.draw_book import DrawBook
from grader.batch.keys import Keys
from grader.checks.result import Verdict
from grader.collect import Progress, collect_evidence, join_evidence
from grader.draws import Pick
from grader.guest.protocol import Frame, Kind
from grader.jobs import keep_data
from grader.marking import mark_evidence
from grader.reference import obtain_evidence
from grader.runs import read_result, write_result
from grader.sandbox import FakeSandbox, RunRequest
from grader.spec.model import Assignment
from tests.test_collect import DATA, DRAW, answer, end, make_assignment, make_submission, make_workshop

IMAGES = 10
LABELLED = replace(DATA, kept={**DATA.kept, "labels": np.zeros(IMAGES, np.int64)})
SEEDS = [replace(DRAW, variation=number * 1_000_000).seed for number in range(3)]


class Guest:
    """A sandbox in which the weights that leave classify so many of ten images, by the seed of the run."""

    def __init__(self, *rights: int) -> None:
        self.rights: Mapping[int, int] = dict(zip(SEEDS, rights, strict=False))
        self.sandbox = FakeSandbox(self.answer)

    def answer(self, request: RunRequest) -> Sequence[Frame]:
        """The run's frames."""
        header = request.job.header
        if header["role"] != "predict":
            asked = len(header["questions"])
            return [frame for frame in answer(request) if frame.question < asked or frame.kind is Kind.DONE]
        right = np.arange(IMAGES) < self.rights[header["seed"]]
        outputs = np.where(right[:, None], [[2.0, 0.0]], [[0.0, 2.0]]).astype(np.float32)
        start = np.where(np.arange(IMAGES)[:, None] < 1, [[0.0, 0.0]], [[0.0, 9.0]]).astype(np.float32)
        return [Frame(Kind.ARRAYS, save({"0": start, "1": outputs}), 0), end(0), Frame(Kind.DONE, b"")]

    @property
    def seeds(self) -> list[int]:
        """The seeds of the runs of the submission's code that were made."""
        return [run.job.header["seed"] for run in self.sandbox.requests if run.job.header["role"] == "grade"]


def make_near(folder: Path, near: float = 0.15) -> Assignment:
    """The assignment whose training has a line at one half."""
    assignment = make_assignment(folder)
    train, say = assignment.questions
    check = replace(train.checks[0], parameters={"accuracy": 0.5, "near": near})
    return replace(assignment, questions=(replace(train, checks=(check,)), say))


def grade(folder: Path, guest: Guest, near: float = 0.15) -> tuple[Any, Any]:
    """What was collected, and the marks."""
    assignment = make_near(folder, near)
    workshop = make_workshop(folder, guest.sandbox)
    collected = collect_evidence(assignment, make_submission(), draw=DRAW, data=LABELLED, workshop=workshop)
    kept = keep_data(assignment, data=LABELLED, vault=workshop.vault)
    marks = mark_evidence(assignment, collected.evidence, collected.evidence, kept=kept, authors={})
    return collected, marks.results["train"]["learned"]


@pytest.mark.parametrize(
    ("rights", "runs", "passed"),
    [
        ((9, 0, 0), 1, True),
        ((2, 9, 9), 1, False),
        ((5, 6, 0), 2, True),
        ((4, 2, 9), 2, False),
        ((5, 4, 8), 3, True),
        ((4, 5, 2), 3, False),
    ],
)
def test_two_that_agree_decide(tmp_path: Path, rights: tuple[int, int, int], runs: int, passed: bool) -> None:
    """At most two more runs, and no more than it takes; each of the same draw with a seed of its own."""
    guest = Guest(*rights)
    collected, result = grade(tmp_path, guest)

    assert guest.seeds == SEEDS[:runs]
    assert {run.job.header["draw"] for run in guest.sandbox.requests} == {DRAW.key}
    assert (result.verdict is Verdict.PASSED) == passed
    assert len(collected.evidence.questions["train"].again) == runs - 1
    assert collected.evidence.questions["say"].again == ()


def test_only_that_question_is_asked_again(tmp_path: Path) -> None:
    """The others keep the one run they have."""
    guest = Guest(5, 6)
    grade(tmp_path, guest)
    asked = [
        [question["id"] for question in run.job.header["questions"]]
        for run in guest.sandbox.requests
        if run.job.header["role"] == "grade"
    ]

    assert asked == [["train", "say"], ["train"]]


def test_it_is_told(tmp_path: Path) -> None:
    """Somebody who waits hears that it is being run again."""
    seen: list[Progress] = []
    guest = Guest(5, 4, 8)
    collect_evidence(
        make_near(tmp_path),
        make_submission(),
        draw=DRAW,
        data=LABELLED,
        workshop=make_workshop(tmp_path, guest.sandbox),
        report=seen.append,
    )

    assert [(step.question, step.done) for step in seen if step.stage == "again"] == [("train", 1), ("train", 2)]


def test_stored_runs_hold_all_of_it(tmp_path: Path) -> None:
    """Read again from the disk, the same runs give the same verdict, with no code run."""
    collected, result = grade(tmp_path, Guest(4, 5, 6))
    for name, run in collected.results.items():
        write_result(tmp_path / "stored", name, run)
    read = {name: read_result(tmp_path / "stored", name) for name in collected.results}
    assignment = make_near(tmp_path)
    joined = join_evidence(assignment, {n: run for n, run in read.items() if run is not None}, ["train", "say"])
    kept = keep_data(assignment, data=LABELLED, vault=make_workshop(tmp_path, FakeSandbox(answer)).vault)
    marks = mark_evidence(assignment, joined, joined, kept=kept, authors={})

    assert set(collected.results) > {"student", "again-train-1-student", "again-train-2-predict-train-epochs"}
    assert marks.results["train"]["learned"] == result
    assert [note.code for note in result.notes] == ["near_the_line"]


def test_a_reference_that_lacks_further_runs_is_run_again(tmp_path: Path) -> None:
    """A line that moved near to stored evidence asks for the runs that nobody made then."""
    guest = Guest(5, 6)
    workshop = make_workshop(tmp_path, guest.sandbox)

    def obtain(near: float) -> bool:
        return obtain_evidence(
            make_near(tmp_path, near), make_submission(), draw=DRAW, data=LABELLED, workshop=workshop
        ).made_now

    assert [obtain(0.0), obtain(0.0), obtain(0.15), obtain(0.15), obtain(0.0)] == [True, False, True, False, False]


def test_batches_know_what_asks_for_further_runs(tmp_path: Path) -> None:
    """How near is near is a part of the question's key, so a class is run again for it; without it, no number is."""

    def key(near: float, accuracy: float = 0.5) -> str:
        assignment = make_near(tmp_path, near)
        train, say = assignment.questions
        check = replace(train.checks[0], parameters={**train.checks[0].parameters, "accuracy": accuracy})
        assignment = replace(assignment, questions=(replace(train, checks=(check,)), say))
        workshop = make_workshop(tmp_path, FakeSandbox(answer))
        keys = Keys(assignment, workshop=workshop, book=DrawBook(assignment, secret=b"s" * 32))
        return keys.of_questions(make_submission(), Pick(0))["train"]

    assert key(0.0) == key(0.0, 0.6)
    assert len({key(0.0), key(0.1), key(0.2), key(0.1, 0.6)}) == 4


def test_another_seed_and_more_threads_are_runs_of_their_own(tmp_path: Path) -> None:
    """Both enter the job, neither changes the hidden inputs; each is cached by itself."""
    workshop = make_workshop(tmp_path, FakeSandbox(answer))

    def obtain(variation: int, threads: int) -> bool:
        draw = replace(DRAW, variation=variation)
        return obtain_evidence(
            make_near(tmp_path, 0.0), make_submission(), draw=draw, data=DATA, workshop=workshop, threads=threads
        ).made_now

    made = [obtain(0, 1), obtain(0, 2), obtain(1, 1), obtain(0, 2)]
    assert isinstance(workshop.sandbox, FakeSandbox)
    headers = [run.job.header for run in workshop.sandbox.requests if run.job.header["role"] == "grade"]

    assert made == [True, True, True, False]
    assert [header["threads"] for header in headers] == [1, 2, 1]
    assert len({header["seed"] for header in headers}) == 2
    assert {header["draw"] for header in headers} == {DRAW.key}
