"""From an assignment, a submission and a draw to what a sandbox is asked. Pure: reads the assignment's files only."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grader.checks.result import Kept
from grader.draws import Data, Draw
from grader.evidence.model import Array, QuestionEvidence
from grader.guest.protocol import NAME
from grader.ingest.submission import Program, Submission
from grader.sandbox.request import Interpreter, Job, Launch
from grader.spec.model import Assignment, CheckSpec, Question
from grader.weights.vault import Vault

__all__ = [
    "Prediction",
    "common_header",
    "describe_program",
    "describe_question",
    "digest_job",
    "entering_inputs",
    "keep_data",
    "list_predictions",
    "plan_job",
    "plan_launch",
    "plan_prediction",
    "plan_quick",
    "running_questions",
]

PREDICTING = ("learned", "sooner", "agrees")
ENTERING_INPUTS = "images"
QUICK_SECONDS = 600.0  # of many trainings


@dataclass(frozen=True)
class Prediction:
    """One predict run that a question needs: of the stages recorded as `record`, on the kept arrays `inputs`."""

    question: str
    record: str
    inputs: tuple[str, ...]


def plan_launch(assignment: Assignment, *, interpreter: Interpreter, vault: Vault) -> Launch:
    """What can be started before any byte of a student is there.

    Raises:
        ProvisionError: weights that the assignment needs aren't in the vault.
    """
    return Launch(
        interpreter=interpreter,
        mounts=vault.mounts(assignment.weights),
        environment=vault.environment(assignment.weights),
        limits=assignment.limits,
        device=name_device(assignment),
    )


def name_device(assignment: Assignment) -> str:
    """What an assignment computes on."""
    return "cuda" if assignment.limits.gpus else "cpu"


def plan_job(
    assignment: Assignment, submission: Submission, *, draw: Draw, data: Data, vault: Vault, threads: int = 1
) -> Job:
    """The run of a submission: all questions that run code. Everybody computes on one thread; `threads` is for an
    author who asks what that does to the numbers.
    """
    header = {
        **common_header(assignment, draw=draw, vault=vault),
        "threads": threads,
        "role": "grade",
        "program": describe_program(submission.programs[0]),
        "probe": (assignment.folder / "probe.py").read_text("utf-8"),
        "questions": order_by_length(describe_question(assignment, q) for q in running_questions(assignment)),
        "values": dict(data.values),
    }
    files = {file.path: file.content for file in submission.files if not file.path.endswith(".ipynb")}
    return Job(header=header, files=files, given=data.pack_given())


def running_questions(assignment: Assignment) -> list[Question]:
    """The questions that run a probe."""
    return [question for question in assignment.questions if question.kind == "probe"]


def order_by_length(questions: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that may take longest first, so that the last core doesn't wait for one that was begun last."""
    return sorted(questions, key=lambda question: -float(question["wall_seconds"]))


def common_header(assignment: Assignment, *, draw: Draw, vault: Vault) -> dict[str, Any]:
    """The part of a job's header that every run of an assignment shares."""
    limits = assignment.limits
    return {
        "framework": assignment.framework,
        "load": assignment.load,
        "load_seconds": limits.load_seconds,
        "draw": draw.key,
        "seed": draw.seed,
        "variant": {},
        "weights": vault.inside(assignment.weights),
        "device": name_device(assignment),
        "gpu_memory_bytes": limits.gpu_memory_bytes,
        "threads": 1,
        "parallel": 1 if limits.gpus else limits.cpus,  # what is left of a device's memory depends on nobody else
        "evidence_bytes": limits.evidence_bytes,
        "output_bytes": limits.output_bytes,
        "fork": True,
    }


def describe_question(assignment: Assignment, question: Question) -> dict[str, Any]:
    """One question as the guest sees it."""
    seconds = question.wall_seconds or assignment.limits.wall_seconds
    return {"id": question.id, "function": question.id, "wall_seconds": seconds}


def describe_program(program: Program) -> dict[str, Any]:
    """The graded file as the guest sees it."""
    if program.cells is None:
        return {"path": program.path, "kind": "script", "source": program.source}
    cells = [{"number": cell.number, "source": cell.source} for cell in program.cells]
    return {"path": program.path, "kind": "notebook", "cells": cells, "of": program.cell_count}


def list_predictions(assignment: Assignment) -> list[Prediction]:
    """The predict runs that an assignment's checks call for, each once."""
    found: dict[tuple[str, str], list[str]] = {}
    for question in running_questions(assignment):
        for check in question.checks:
            for record in recorded_stages(check):
                names = found.setdefault((question.id, record), [])
                names.append(str(check.parameters.get("inputs", ENTERING_INPUTS)))
    return [Prediction(question, record, tuple(dict.fromkeys(names))) for (question, record), names in found.items()]


def recorded_stages(check: CheckSpec) -> list[str]:
    """The names of the stages records from which a check wants predictions."""
    if check.use not in PREDICTING:
        return []
    named = {"learned": [check.of], "sooner": [check.of, check.parameters.get("than")]}
    return [str(name) for name in named.get(check.use, [check.parameters.get("with")]) if name]


def plan_prediction(
    assignment: Assignment, prediction: Prediction, *, evidence: QuestionEvidence, draw: Draw, data: Data, vault: Vault
) -> Job | None:
    """The predict run of one record, or None where the question left no stages to predict from."""
    record = evidence.records.get(prediction.record)
    if record is None or record.get("kind") != "stages" or assignment.reference is None:
        return None
    stages = [list(stage["changed"]) for stage in record["stages"]]
    left = {name: array for name, array in evidence.arrays.items() if name.startswith(f"{prediction.record}.")}
    question = next(question for question in assignment.questions if question.id == prediction.question)
    header = {
        **common_header(assignment, draw=draw, vault=vault),
        "role": "predict",
        "program": None,
        "probe": (assignment.reference / "predict.py").read_text("utf-8"),
        "questions": [describe_question(assignment, question)],
        "values": {"stages": {prediction.question: {"record": prediction.record, "stages": stages}}},
    }
    return Job(header=header, given=data.pack_given({**entering_inputs(prediction, data), **left}))


def plan_quick(
    assignment: Assignment, question: Question, *, seeds: Sequence[int], draw: Draw, data: Data, vault: Vault
) -> Job:
    """The author's own training of one question, many times over: quick.py with what enters a predict run."""
    assert assignment.reference is not None
    predictions = [prediction for prediction in list_predictions(assignment) if prediction.question == question.id]
    entering = {name: array for one in predictions for name, array in entering_inputs(one, data).items()}
    header = {
        **common_header(assignment, draw=draw, vault=vault),
        "role": "quick",
        "program": None,
        "probe": (assignment.reference / "quick.py").read_text("utf-8"),
        "questions": [{**describe_question(assignment, question), "wall_seconds": QUICK_SECONDS}],
        "values": {**data.values, "quick": {"seeds": list(seeds)}},
    }
    return Job(header=header, given=data.pack_given(entering))


def entering_inputs(prediction: Prediction, data: Data) -> dict[str, Array]:
    """The kept arrays that enter the predict run, and no others: never a label."""
    return {name: data.kept[name] for name in prediction.inputs if name in data.kept and NAME.fullmatch(name)}


def keep_data(assignment: Assignment, *, data: Data, vault: Vault) -> Kept:
    """What stays outside, for the checks."""
    return Kept(values=data.kept, checkpoints=vault.checkpoints(assignment.weights))


def digest_job(job: Job, *, environment: Mapping[str, Any]) -> str:
    """The name of a run by content: everything that enters it, and what it runs in ("sha256:…")."""
    digest = hashlib.sha256(json.dumps([job.header, environment], sort_keys=True).encode())
    for path, content in sorted(job.files.items()):
        digest.update(f"\0{path}\0".encode() + hashlib.sha256(content).digest())
    digest.update(hashlib.sha256(job.given).digest())
    return f"sha256:{digest.hexdigest()}"
