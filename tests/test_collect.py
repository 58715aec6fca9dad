"""From a submission to evidence, around a sandbox that answers as a guest would: what enters, when, and what is tried
again."""

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from grader.collect import Progress, Workshop, collect_evidence
from grader.draws import Data, Draw
from grader.errors import SandboxError, SpecError
from grader.evidence.model import Exit
from grader.guest.protocol import Frame, Kind
from grader.ingest.submission import Program, Submission, SubmittedFile
from grader.reference import obtain_evidence, obtain_reference
from grader.sandbox import FakeSandbox, Interpreter, RunRequest
from grader.spec.model import Assignment, CheckSpec, Question, Standing
from grader.weights.vault import Vault

DRAW = Draw(0, "ab" * 32, data_key="ef" * 32)
LABELS = np.array([0, 1])
DATA = Data(
    given={"train": np.ones(3, np.float32)},
    values={"histories": [1]},
    kept={"images": np.full(2, 7, np.float32), "labels": LABELS},
)


def make_assignment(folder: Path) -> Assignment:
    """One question that trains, one that doesn't."""
    (folder / "probe.py").write_text("def train(student, given, record): ...\n")
    (folder / "predict.py").write_text("def train(given, tensors): ...\n")
    learned = CheckSpec(
        id="learned", use="learned", of="epochs", standing=Standing.FACT, parameters={"accuracy": Decimal("0.5")}
    )
    equal = CheckSpec(id="equal", use="equal", of="answer", standing=Standing.CLAIM)
    questions = (
        Question(id="train", title="Train", points=Decimal(1), checks=(learned,)),
        Question(id="say", title="Say", points=Decimal(1), checks=(equal,)),
    )
    return Assignment(
        slug="hw", title="HW", folder=folder, reference=folder, digest="sha256:0", files=("hw.py",), questions=questions
    )


def make_submission(source: str = "x = 1") -> Submission:
    file = SubmittedFile(path="hw.py", content=source.encode(), digest="sha256:1")
    return Submission(
        source="hw.py", digest="sha256:2", files=(file,), programs=(Program(path="hw.py", source=source),)
    )


def pack(value: Any) -> bytes:
    return json.dumps(value).encode()


def end(question: int, how: str = "finished") -> Frame:
    ended = {"exit": how, "code": 0, "signal": None, "load_seconds": 0.1, "seconds": 0.2, "peak_bytes": 1}
    return Frame(Kind.ENDED, pack({**ended, "output_bytes": 0, "definitions_only": False}), question)


def answer(request: RunRequest) -> Sequence[Frame]:
    """What a guest answers: a stage with one changed tensor, an answer; or the predictions."""
    done = Frame(Kind.DONE, b"")
    if request.job.header["role"] == "predict":
        arrays = save({"0": np.zeros((2, 2), np.float32), "1": np.eye(2, dtype=np.float32)})
        return [Frame(Kind.ARRAYS, arrays, 0), end(0), done]
    stages = [
        {"label": "start", "epoch": None, "changed": [], "omitted": []},
        {"label": "end", "epoch": None, "changed": ["fc.weight"], "omitted": []},
    ]
    record = {
        "kind": "stages",
        "name": "epochs",
        "start": {"fc.weight": "0" * 64},
        "trainable": ["fc.weight"],
        "buffers": [],
        "stages": stages,
    }
    record["values"] = "whole"
    return [
        Frame(Kind.RECORD, pack(record), 0),
        Frame(Kind.ARRAYS, save({"epochs.1.fc.weight": np.ones(2, np.float32)}), 0),
        end(0),
        Frame(Kind.RECORD, pack({"kind": "answers", "name": "answer", "value": 3}), 1),
        end(1),
        done,
    ]


def make_workshop(home: Path, sandbox: FakeSandbox) -> Workshop:
    return Workshop(
        sandbox=sandbox,
        find_interpreter=lambda framework: Interpreter(framework=framework, executable=Path("/usr/bin/python3")),
        vault=Vault(home),
        home=home,
        secret=b"s" * 32,
    )


def test_the_predict_run_joins_the_evidence(tmp_path: Path) -> None:
    """What the second run computes stands beside the question it belongs to, under the record's name."""
    sandbox = FakeSandbox(answer)
    seen: list[Progress] = []
    collected = collect_evidence(
        make_assignment(tmp_path),
        make_submission(),
        draw=DRAW,
        data=DATA,
        workshop=make_workshop(tmp_path, sandbox),
        report=seen.append,
    )

    assert set(collected.evidence.questions["train"].predictions) == {"epochs.0", "epochs.1"}
    assert collected.evidence.questions["say"].predictions == {}
    assert [step.stage for step in seen] == ["starting", "running", "running", "predicting"]


def test_what_is_kept_enters_only_the_second_run_and_labels_never(tmp_path: Path) -> None:
    """The submission's run gets what is given; the predict run the hidden images and what left; neither any label."""
    sandbox = FakeSandbox(answer)
    collect_evidence(
        make_assignment(tmp_path),
        make_submission(),
        draw=DRAW,
        data=DATA,
        workshop=make_workshop(tmp_path, sandbox),
    )
    train, predict = sandbox.requests

    assert set(load(train.job.given)) == {"train"}
    assert set(load(predict.job.given)) == {"train", "images", "epochs.1.fc.weight"}
    assert predict.job.header["program"] is None
    assert predict.job.files == {}
    assert predict.job.header["values"]["stages"] == {"train": {"record": "epochs", "stages": [[], ["fc.weight"]]}}
    assert all(LABELS.tobytes() not in request.job.given for request in sandbox.requests)


def test_a_question_that_left_no_stages_needs_no_second_run(tmp_path: Path) -> None:
    """Where nothing was trained nothing is predicted."""
    sandbox = FakeSandbox(lambda request: [end(0, "crashed"), end(1), Frame(Kind.DONE, b"")])
    collected = collect_evidence(
        make_assignment(tmp_path),
        make_submission(),
        draw=DRAW,
        data=DATA,
        workshop=make_workshop(tmp_path, sandbox),
    )

    assert len(sandbox.requests) == 1
    assert collected.evidence.questions["train"].exit is Exit.CRASHED


def test_a_sandbox_that_fails_is_tried_once_more(tmp_path: Path) -> None:
    """One failure of ours is mended in a fresh sandbox; a second one is told, and becomes no score."""
    failures = [SandboxError("it didn't start")]

    def fail_first(request: RunRequest) -> Sequence[Frame]:
        if failures:
            raise failures.pop()
        return answer(request)

    def collect() -> Exit:
        workshop = make_workshop(tmp_path, FakeSandbox(fail_first))
        return collect_evidence(
            make_assignment(tmp_path), make_submission(), draw=DRAW, data=DATA, workshop=workshop
        ).evidence.exit

    assert collect() is Exit.FINISHED
    failures += [SandboxError("again"), SandboxError("and again")]
    with pytest.raises(SandboxError):
        collect()


def test_evidence_is_cached_by_what_it_depends_on(tmp_path: Path) -> None:
    """The same submission runs once; a changed probe, solution, draw or kept image runs again; changed points don't."""
    sandbox = FakeSandbox(answer)
    workshop = make_workshop(tmp_path / "home", sandbox)
    assignment = make_assignment(tmp_path)

    def runs(assignment: Assignment = assignment, source: str = "x = 1", draw: Draw = DRAW, data: Data = DATA) -> int:
        before = len(sandbox.requests)
        obtain_evidence(assignment, make_submission(source), draw=draw, data=data, workshop=workshop)
        return len(sandbox.requests) - before

    first, again = runs(), runs()
    cheaper = Assignment(**{**vars(assignment), "questions": tuple(assignment.questions), "title": "Other"})

    assert (first, again) == (2, 0)
    assert runs(cheaper) == 0
    assert runs(source="x = 2") == 2
    assert runs(draw=Draw(1, "cd" * 32, data_key="ef" * 32)) == 2
    other_images = Data(given=DATA.given, values=DATA.values, kept={**DATA.kept, "images": np.zeros(2, np.float32)})
    assert runs(data=other_images) == 2
    (tmp_path / "probe.py").write_text("# changed\n")
    assert runs() == 2


def test_a_damaged_cache_entry_is_made_again(tmp_path: Path) -> None:
    """A file of the cache that was cut short costs a run, and nothing else."""
    sandbox = FakeSandbox(answer)
    workshop = make_workshop(tmp_path / "home", sandbox)
    assignment = make_assignment(tmp_path)
    obtain_evidence(assignment, make_submission(), draw=DRAW, data=DATA, workshop=workshop)
    for path in (tmp_path / "home" / "reference").glob("*/student.frames"):
        path.write_bytes(path.read_bytes()[:50])

    obtained = obtain_evidence(assignment, make_submission(), draw=DRAW, data=DATA, workshop=workshop)
    assert obtained.made_now
    assert set(obtained.evidence.questions["train"].predictions) == {"epochs.0", "epochs.1"}


def test_an_assignment_whose_solution_crashes_is_unsound(tmp_path: Path) -> None:
    """Nobody is graded against a reference that doesn't finish; the question is named."""
    (tmp_path / "solution").mkdir()
    (tmp_path / "solution" / "hw.py").write_text("x = 1")
    sandbox = FakeSandbox(lambda request: [end(0), end(1, "crashed"), Frame(Kind.DONE, b"")])

    with pytest.raises(SpecError) as caught:
        obtain_reference(
            make_assignment(tmp_path), draw=DRAW, data=DATA, workshop=make_workshop(tmp_path / "home", sandbox)
        )
    assert ["say" in fault.path for fault in caught.value.faults] == [True]


def test_a_solution_that_once_ran_out_of_time_is_run_again(tmp_path: Path) -> None:
    """A busy machine's unfinished evidence isn't believed from the cache: the next grading runs the solution anew."""
    (tmp_path / "solution").mkdir()
    (tmp_path / "solution" / "hw.py").write_text("x = 1")
    ends = ["wall_limit"]
    sandbox = FakeSandbox(
        lambda request: (
            [end(0), end(1, ends[0]), Frame(Kind.DONE, b"")]
            if request.job.header["role"] == "grade"
            else answer(request)
        )
    )
    workshop = make_workshop(tmp_path / "home", sandbox)

    def obtain() -> bool:
        evidence = obtain_reference(make_assignment(tmp_path), draw=DRAW, data=DATA, workshop=workshop)
        return all(question.finished for question in evidence.questions.values())

    with pytest.raises(SpecError):
        obtain()
    ends[0] = "finished"

    assert obtain()


@pytest.mark.parametrize(("broken", "exit"), [(1, Exit.FINISHED), (2, Exit.CRASHED)])
def test_a_run_that_breaks_off_is_made_once_more(tmp_path: Path, broken: int, exit: Exit) -> None:
    """A guest that ends by itself costs a student nothing the first time; the second time what it left counts."""
    answers = [[Frame(Kind.READY, pack({"python": "3", "packages": {}, "device": "cpu"}))]] * broken
    sandbox = FakeSandbox(lambda request: answers.pop() if answers else answer(request))
    collected = collect_evidence(
        make_assignment(tmp_path),
        make_submission(),
        draw=DRAW,
        data=DATA,
        workshop=make_workshop(tmp_path, sandbox),
    )

    assert collected.evidence.exit is exit
    assert [request.job.header["role"] for request in sandbox.requests][:2] == ["grade", "grade"]


def test_a_solution_whose_run_breaks_off_is_our_fault(tmp_path: Path) -> None:
    """A guest that ends by itself doesn't make the assignment unsound; the next grading runs the solution anew."""
    (tmp_path / "solution").mkdir()
    (tmp_path / "solution" / "hw.py").write_text("x = 1")
    answers = [[Frame(Kind.READY, pack({"python": "3", "packages": {}, "device": "cpu"}))]] * 2
    sandbox = FakeSandbox(lambda request: answers.pop() if answers else answer(request))
    workshop = make_workshop(tmp_path / "home", sandbox)

    with pytest.raises(SandboxError, match="broke off"):
        obtain_reference(make_assignment(tmp_path), draw=DRAW, data=DATA, workshop=workshop)
    evidence = obtain_reference(make_assignment(tmp_path), draw=DRAW, data=DATA, workshop=workshop)
    assert evidence.exit is Exit.FINISHED


@pytest.mark.parametrize("broken", ["closed early", "killed", "told"])
def test_a_predict_run_that_breaks_is_our_fault_unless_it_tells_why(tmp_path: Path, broken: str) -> None:
    """No student code runs there: a crash is tried again and then ours; weights that don't fit are told, and theirs."""
    told: dict[str, Any] = {
        "code": "exception",
        "where": "question",
        "type": "RuntimeError",
        "message": "shapes differ",
        "help": None,
    }
    told |= {"frames": [], "function": None, "signature": None, "near": []}
    endings: dict[str, list[Frame]] = {
        "closed early": [],
        "killed": [end(0, "signalled"), Frame(Kind.DONE, b"")],
        "told": [Frame(Kind.PROBLEM, pack(told), 0), end(0, "crashed"), Frame(Kind.DONE, b"")],
    }
    sandbox = FakeSandbox(lambda r: endings[broken] if r.job.header["role"] == "predict" else answer(r))

    def collect() -> Exit:
        workshop = make_workshop(tmp_path, sandbox)
        return collect_evidence(
            make_assignment(tmp_path), make_submission(), draw=DRAW, data=DATA, workshop=workshop
        ).evidence.exit

    if broken == "told":
        assert collect() is Exit.FINISHED
        assert len(sandbox.requests) == 2
    else:
        with pytest.raises(SandboxError, match="predicts"):
            collect()
        assert len(sandbox.requests) == 3


def test_a_predict_run_that_meets_a_limit_twice_costs_its_question_a_look(tmp_path: Path) -> None:
    """The submission is graded; what the predictions were for is neither a pass nor the student's fault."""
    frames = [end(0, "wall_limit"), Frame(Kind.DONE, b"")]
    sandbox = FakeSandbox(lambda r: frames if r.job.header["role"] == "predict" else answer(r))
    workshop = make_workshop(tmp_path, sandbox)
    collected = collect_evidence(make_assignment(tmp_path), make_submission(), draw=DRAW, data=DATA, workshop=workshop)

    assert len(sandbox.requests) == 3
    assert collected.evidence.questions["train"].unpredicted == {"epochs": Exit.WALL_LIMIT}
    assert collected.evidence.questions["say"].unpredicted == {}


def test_a_solution_whose_predict_run_meets_a_limit_is_our_fault(tmp_path: Path) -> None:
    """It isn't kept: the next grading tries it anew."""
    (tmp_path / "solution").mkdir()
    (tmp_path / "solution" / "hw.py").write_text("x = 1")
    frames = [end(0, "memory_limit"), Frame(Kind.DONE, b"")]
    slow = [True]
    sandbox = FakeSandbox(lambda r: frames if slow and r.job.header["role"] == "predict" else answer(r))
    workshop = make_workshop(tmp_path / "home", sandbox)

    with pytest.raises(SandboxError, match="met a limit"):
        obtain_reference(make_assignment(tmp_path), draw=DRAW, data=DATA, workshop=workshop)
    slow.clear()
    evidence = obtain_reference(make_assignment(tmp_path), draw=DRAW, data=DATA, workshop=workshop)
    assert set(evidence.questions["train"].predictions) == {"epochs.0", "epochs.1"}
