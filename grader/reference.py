"""The evidence of the author's own submissions (solution, mutants, variants), through the very door that students use,
cached by everything that enters.

A cache entry is a folder of stored runs, named by the digest of the job, the guest's code, the interpreter and the
weights. Entries are never changed; a half-written one doesn't count.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import grader.guest
from grader.answers import NOTHING_RAN, list_keyed, settle_key
from grader.collect import Collected, Watch, Workshop, collect_evidence, join_evidence, lacks_runs, settle
from grader.draws import Data, Draw
from grader.errors import Fault, ProvisionError, SandboxError, SpecError
from grader.evidence.model import Evidence, Exit
from grader.ingest import read_submission
from grader.ingest.submission import Program, Sheet, Submission, SubmittedFile
from grader.jobs import asked_questions, digest_job, list_predictions, plan_job, running_questions
from grader.runs import read_json, read_result, write_json, write_result
from grader.sandbox.interpreters import read_layout
from grader.sandbox.request import RunResult, image_of
from grader.spec.fields import Variant, fill_code, find_combination
from grader.spec.model import Assignment

__all__ = [
    "Obtained",
    "describe_interpreter",
    "digest_folder",
    "digest_kept",
    "needs_solution",
    "obtain_evidence",
    "obtain_reference",
    "read_authors",
    "read_solution",
]


def obtain_reference(
    assignment: Assignment,
    *,
    draw: Draw,
    data: Data,
    workshop: Workshop,
    report: Watch = lambda progress: None,
    fresh: bool = False,
) -> Evidence:
    """The solution's evidence for a draw.

    Raises:
        ProvisionError: the assignment's private part isn't here.
        SpecError: the solution itself doesn't finish.
        SandboxError: the sandbox failed.
    """
    if not needs_solution(assignment):
        return settle_key(assignment, NOTHING_RAN)
    solution = read_solution(assignment, draw.chosen)
    obtained = obtain_evidence(
        assignment, solution, draw=draw, data=data, workshop=workshop, report=report, fresh=fresh
    )
    if not obtained.made_now and not is_whole(obtained.evidence):
        # A machine that was too busy once must not make the assignment unsound for ever.
        obtained = obtain_evidence(
            assignment, solution, draw=draw, data=data, workshop=workshop, report=report, fresh=True
        )
    evidence = settle_key(assignment, obtained.evidence)
    refuse_broken(assignment, evidence)
    refuse_unfinished(assignment, evidence)
    return evidence


def needs_solution(assignment: Assignment) -> bool:
    """Whether any question is marked against the reference's evidence: explanations alone aren't."""
    return bool(running_questions(assignment) or list_keyed(assignment))


def is_whole(evidence: Evidence) -> bool:
    """Whether every question ran to its end, and what was trained was predicted from."""
    return all(question.finished and not question.unpredicted for question in evidence.questions.values())


@dataclass(frozen=True)
class Obtained:
    """Evidence, whether it was made just now, and the runs that it is of, by name."""

    evidence: Evidence
    made_now: bool
    results: Mapping[str, RunResult] = field(default_factory=dict)


def obtain_evidence(
    assignment: Assignment,
    submission: Submission,
    *,
    draw: Draw,
    data: Data,
    workshop: Workshop,
    report: Watch = lambda progress: None,
    fresh: bool = False,
    threads: int = 1,
) -> Obtained:
    """The evidence of one of the author's own submissions: from the cache, else by running it (`fresh`: always).

    What was stored before a check's line was drawn where it is may lack further runs: then it is made anew.

    Raises:
        SandboxError: the sandbox failed.
    """
    if not asked_questions(assignment, submission):  # an answers.toml: read again at once, so nothing is kept
        collected = collect_evidence(assignment, submission, draw=draw, data=data, workshop=workshop)
        return Obtained(collected.evidence, made_now=True)
    name = name_entry(assignment, submission, draw=draw, data=data, workshop=workshop, threads=threads)
    folder = workshop.home / "reference" / name
    stored = None if fresh else read_entry(assignment, folder)
    if stored is not None and not lacks_runs(assignment, stored.evidence, data=data, vault=workshop.vault):
        return Obtained(settle(assignment, submission, stored.evidence), made_now=False, results=stored.results)
    collected = collect_evidence(
        assignment, submission, draw=draw, data=data, workshop=workshop, report=report, threads=threads
    )
    write_entry(folder, collected)
    return Obtained(collected.evidence, made_now=True, results=collected.results)


def read_solution(assignment: Assignment, variant: Variant | None = None) -> Submission:
    """The reference's solution, read as any submission is, for a variant (left out: the first combination).

    Raises:
        ProvisionError: there is none here.
        SpecError: it has a field that names nothing that varies.
    """
    if assignment.reference is None:
        raise ProvisionError(
            f"{assignment.slug!r} can't be graded here: its reference isn't on this machine",
            details=("A reference is the folder reference/<assignment> beside assignments/; instructors have it.",),
        )
    chosen = find_combination(assignment.variants, 0) if variant is None else variant
    return read_authors(assignment, assignment.reference / "solution", chosen)


def read_authors(assignment: Assignment, folder: Path, variant: Variant) -> Submission:
    """One of the author's own submissions, as a student of this variant would have written it: what the handout has as
    fields, `CLASSES = {variant.classes}`, is filled in. Never done with what a student wrote.

    Raises:
        SpecError: it has a field that names nothing that varies.
    """
    submission = read_submission(folder, files=assignment.files)
    if not variant:
        return submission

    def fill(text: str) -> str:
        return fill_code(text, variant, where=str(folder))

    return replace(
        submission,
        files=tuple(replace(file, content=fill_content(file, fill)) for file in submission.files),
        programs=tuple(fill_program(program, fill) for program in submission.programs),
        sheet=fill_sheet(submission.sheet, fill),
    )


def fill_sheet(sheet: Sheet | None, fill: Callable[[str], str]) -> Sheet | None:
    """The answers of a program, its fields filled in; an answers.toml has none."""
    return sheet and replace(sheet, program=sheet.program and fill_program(sheet.program, fill))


def fill_content(file: SubmittedFile, fill: Callable[[str], str]) -> bytes:
    """A file as it lies beside the program; only Python has fields."""
    return fill(file.content.decode("utf-8")).encode() if file.path.endswith(".py") else file.content


def fill_program(program: Program, fill: Callable[[str], str]) -> Program:
    """The program with its fields filled in."""
    cells = program.cells and tuple(replace(cell, source=fill(cell.source)) for cell in program.cells)
    return replace(program, source=program.source and fill(program.source), cells=cells)


def name_entry(
    assignment: Assignment, submission: Submission, *, draw: Draw, data: Data, workshop: Workshop, threads: int
) -> str:
    """The digest of everything that the reference's evidence depends on."""
    assert assignment.reference is not None
    interpreter = workshop.find_interpreter(assignment.framework)
    predict = assignment.reference / "predict.py"
    environment: dict[str, Any] = {
        "guest": digest_folder(Path(grader.guest.__file__).parent),
        "interpreter": describe_interpreter(interpreter.executable),
        "image": image_of(workshop.sandbox, assignment.framework),
        "weights": workshop.vault.digests(assignment.weights),
        "predict": predict.read_text("utf-8") if predict.is_file() else None,
        "predictions": [[p.question, p.record, list(p.inputs)] for p in list_predictions(assignment)],
        "kept": digest_kept(data),
    }
    job = plan_job(assignment, submission, draw=draw, data=data, vault=workshop.vault, threads=threads)
    return digest_job(job, environment=environment).removeprefix("sha256:")


def describe_interpreter(executable: Path) -> list[Any]:
    """An interpreter by its path and version, and what is installed beside it, by the names of the `.dist-info`
    folders: versions, at no import. An interpreter that is upgraded in place is another one.

    Raises:
        SandboxError: it doesn't answer.
    """
    packages = executable.parent.parent.glob("lib*/python*/site-packages/*.dist-info")
    return [str(executable), read_layout(executable).version, sorted(path.name for path in packages)]


def digest_kept(data: Data) -> str:
    """The kept arrays and values by content: they enter the predict run."""
    return hashlib.sha256(spell_kept(dict(data.kept)).encode()).hexdigest()


def spell_kept(value: Any) -> str:
    """A kept value as a text that is another's only by chance: of an array its type, shape and a digest, for `repr`
    leaves out most of a large one.
    """
    if isinstance(value, Mapping):
        return f"{{{', '.join(sorted(f'{key!r}: {spell_kept(part)}' for key, part in value.items()))}}}"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}({', '.join(map(spell_kept, value))})"
    if hasattr(value, "tobytes") and hasattr(value, "dtype"):
        return f"{value.dtype} {value.shape} {hashlib.sha256(value.tobytes()).hexdigest()}"
    return repr(value)


def digest_folder(folder: Path) -> str:
    """The Python files of a folder by content."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def read_entry(assignment: Assignment, folder: Path) -> Collected | None:
    """A cached entry's runs and their evidence, or None where there is none or it isn't whole."""
    if not (folder / "entry.json").is_file():
        return None
    entry = read_json(folder / "entry.json")
    results = {name: read_result(folder, name) for name in entry["results"]}
    whole = {name: result for name, result in results.items() if result is not None}
    if len(whole) < len(results):
        return None
    return Collected(results=whole, evidence=join_evidence(assignment, whole, entry["questions"]))


def write_entry(folder: Path, collected: Collected) -> None:
    """Store an entry; `entry.json`, written last, makes it count."""
    for name, result in collected.results.items():
        write_result(folder, name, result)
    write_json(folder / "entry.json", {"results": list(collected.results), "questions": list(collected.questions)})


def refuse_broken(assignment: Assignment, evidence: Evidence) -> None:
    """A guest that ended by itself is our fault: the solution is supervised by it, and can't end it.

    Raises:
        SandboxError: the run ended without its last frame, and no limit says why; or a predict run met a limit.
    """
    if evidence.exit in (Exit.CRASHED, Exit.SIGNALLED):
        raise SandboxError(
            f"the run of the reference solution of {assignment.slug!r} broke off",
            details=tuple(
                filter(None, (f"It ended as {evidence.exit.value!r}, before its questions.", evidence.fault))
            ),
        )
    for question in evidence.questions.values():
        for record, limit in question.unpredicted.items():
            raise SandboxError(
                f"predicting from what {assignment.slug!r}'s solution trained ({question.id}: {record}) met a limit",
                details=(f"It ended as {limit.value!r}, twice; with less to do on this machine it may not.",),
            )


def refuse_unfinished(assignment: Assignment, evidence: Evidence) -> None:
    """An assignment whose own solution doesn't finish is unsound.

    Raises:
        SpecError: names each question that didn't, and why.
    """
    faults = tuple(
        Fault(
            f"reference/{assignment.slug}/solution: {question.id}",
            f"ended as {question.exit.value}"
            + (f": {question.problem.type} {question.problem.message}" if question.problem else ""),
            "the reference must finish every question",
        )
        for question in evidence.questions.values()
        if not question.finished
    )
    faults += tuple(
        Fault(f"reference/{assignment.slug}/solution: {question.id}", "it has no answer", "the key is the reference's")
        for question in list_keyed(assignment)
        if evidence.questions[question.id].finished and question.id not in evidence.questions[question.id].records
    )
    if faults:
        raise SpecError(
            f"the reference solution of {assignment.slug!r} didn't finish",
            faults=faults,
            command=f"grade check {assignment.slug}",
        )
