"""From an assignment, a submission and a draw to what a sandbox is asked. Pure: reads the assignment's files only."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from grader.answers import ANSWERS
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
    "asked_questions",
    "common_header",
    "describe_answers",
    "describe_program",
    "describe_question",
    "digest_job",
    "entering_inputs",
    "keep_data",
    "list_predictions",
    "narrow_to",
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
    """The run of a submission: all questions that run code. Without any there is nothing to run.

    Everybody computes on one thread; `threads` is for an author who asks what that does to the numbers.
    """
    probing = running_questions(assignment) if submission.programs else []
    header = {
        **common_header(assignment, draw=draw, vault=vault),
        "threads": threads,
        "role": "grade",
        "program": describe_program(submission.programs[0]) if submission.programs else None,
        "probe": (assignment.folder / "probe.py").read_text("utf-8") if probing else "",
        "questions": order_by_length(asked_questions(assignment, submission)),
        "values": dict(data.values),
    }
    return Job(header=header, files=entering_files(assignment, submission), given=data.pack_given())


def entering_files(assignment: Assignment, submission: Submission) -> dict[str, bytes]:
    """A submission's files as they lie in the working folder: no notebooks, and no answers that were read outside."""
    sheet = submission.sheet
    is_quiz = any(question.is_answered for question in assignment.questions)
    read = sheet.path if is_quiz and sheet is not None and sheet.program is None else None
    files = {f.path: f.content for f in submission.files if not f.path.endswith(".ipynb") and f.path != read}
    return lay_out(files, read_data_files(assignment))


def read_data_files(assignment: Assignment) -> dict[str, bytes]:
    """The files that come with the assignment, under the paths at which a run finds them."""
    return {f"data/{name}": (assignment.folder / "data" / name).read_bytes() for name in assignment.data}


def lay_out(submitted: Mapping[str, bytes], ours: Mapping[str, bytes]) -> dict[str, bytes]:
    """A working folder: what was submitted, and the assignment's own files, which win where both want one place."""
    paths = {path.casefold() for path in ours}
    folders = {path.rpartition("/")[0] for path in paths}
    kept = {
        path: content
        for path, content in submitted.items()
        if path.casefold() not in folders and not any(is_in_way(path.casefold(), taken) for taken in paths)
    }
    return {**kept, **ours}


def is_in_way(path: str, taken: str) -> bool:
    """Whether a path is a taken one, or lies below it."""
    return path == taken or path.startswith(f"{taken}/")


def asked_questions(assignment: Assignment, submission: Submission) -> list[dict[str, Any]]:
    """What is asked of a submission's code, as the guest sees it: each question that runs a probe, and one in which a
    program of answers is loaded for all questions of a quiz.
    """
    asked = [describe_question(assignment, q) for q in running_questions(assignment)] if submission.programs else []
    sheet = submission.sheet
    if sheet is not None and sheet.program is not None and any(q.is_answered for q in assignment.questions):
        asked.append(describe_answers(assignment, sheet.program))
    return asked


def narrow_to(assignment: Assignment, names: Collection[str]) -> Assignment:
    """The assignment with the questions that a run of these names asks: `ANSWERS` stands for all of a quiz."""
    kept = [q for q in assignment.questions if (ANSWERS if q.is_answered else q.id) in names]
    return replace(assignment, questions=tuple(kept))


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
        "variant": dict(draw.chosen),
        "weights": vault.inside(assignment.weights),
        "data": dict(assignment.data_digests),
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


def describe_answers(assignment: Assignment, program: Program) -> dict[str, Any]:
    """The question that loads a program of answers, with the names that it is asked for."""
    return {
        "id": ANSWERS,
        "function": "",
        "wall_seconds": assignment.limits.wall_seconds,
        "program": describe_program(program),
        "variables": [question.id for question in assignment.questions if question.is_answered],
    }


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
    given = data.pack_given({**entering_inputs(prediction, data), **left})
    return Job(header=header, files=read_data_files(assignment), given=given)


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
    return Job(header=header, files=read_data_files(assignment), given=data.pack_given(entering))


def entering_inputs(prediction: Prediction, data: Data) -> dict[str, Array]:
    """The kept arrays that enter the predict run, and no others: never a label."""
    return {name: data.kept[name] for name in prediction.inputs if name in data.kept and NAME.fullmatch(name)}


def keep_data(assignment: Assignment, *, data: Data, vault: Vault) -> Kept:
    """What stays outside, for the checks."""
    return Kept(values=data.kept, checkpoints=vault.checkpoints(assignment.weights), concepts=assignment.concepts)


def digest_job(job: Job, *, environment: Mapping[str, Any]) -> str:
    """The name of a run by content: everything that enters it, and what it runs in ("sha256:…")."""
    digest = hashlib.sha256(json.dumps([job.header, environment], sort_keys=True).encode())
    for path, content in sorted(job.files.items()):
        digest.update(f"\0{path}\0".encode() + hashlib.sha256(content).digest())
    digest.update(hashlib.sha256(job.given).digest())
    return f"sha256:{digest.hexdigest()}"
