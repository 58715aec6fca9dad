"""`assignment.toml` becomes an `Assignment`, or every fault that it has is told at once. Nothing of it is run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from grader.errors import SpecError
from grader.limits import Limits
from grader.spec.concepts import CONCEPTS_FILE, read_concepts
from grader.spec.digest import digest_assignment, digest_file
from grader.spec.faults import Faults, join_path, read_fields, suggest_name
from grader.spec.fields import count_combinations
from grader.spec.model import Assignment, Question
from grader.spec.questions import read_questions
from grader.spec.source import check_functions, read_functions
from grader.spec.toml import find_times, read_toml
from grader.spec.values import describe_value, shorten, to_float
from grader.spec.variants import check_fields
from grader.spec.vocabulary import ASSIGNMENT, IDENTIFIER, LIMITS, PROSE, SHEET_NAME

__all__ = ["load_assignment"]

SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
FAMILIES = {"torchvision": "torch", "keras": "tensorflow"}
MOST_VALUES = 200
MOST_COMBINED = 500
"""Combinations times draws: for each there is a run of the reference, and data that a batch keeps in memory."""
PREDICTED = ("learned", "sooner", "agrees")
EXPLANATIONS = "explanations.toml"
PROBE_SIGNATURE = ("student", "given", "record")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an assignment is: its public and, if it is there, its private folder."""

    slug: str
    folder: Path
    reference: Path | None


def load_assignment(folder: Path, *, reference: Path | None = None, slug: str | None = None) -> Assignment:
    """Read an assignment's public folder, and look whether its private one has what the checks need.

    `slug` is its name where that isn't its folder's: a copy in a submission's `.grade/`.

    Raises:
        SpecError: it is unsound; all its faults are in there.
    """
    folder = Path(folder)
    path = folder / "assignment.toml"
    if not path.is_file():
        raise SpecError(f"{folder} is no assignment: it has no assignment.toml")
    faults = Faults()
    document = read_toml(path)
    place = Place(slug=read_slug(slug or folder.resolve().name, faults), folder=folder, reference=reference)
    assignment = read_document(document, place, faults)
    if faults.found:
        count = f"{len(faults.found)} faults" if len(faults.found) > 1 else "a fault"
        raise SpecError(f"{path} has {count}, so nobody can be graded with it", faults=tuple(faults.found))
    return assignment


def read_slug(slug: str, faults: Faults) -> str:
    """An assignment's name: its folder's, as a rule."""
    if SLUG.fullmatch(slug) is None:
        faults.add("the folder's name", f"{slug!r} can't be used", "letters, digits, - and _ are right, such as hw1")
    return slug


def read_document(document: Mapping[str, Any], place: Place, faults: Faults) -> Assignment:
    """The whole document."""
    for where, value in find_times(document):
        aware = isinstance(value, datetime) and value.tzinfo is not None
        message = f"{value} is a time, and nothing here takes one" if aware else f"{value} is a time without a zone"
        faults.add(where, message, "due dates belong to a class, with a zone: 2026-11-20T23:59:00+01:00")
    values = read_fields(document, ASSIGNMENT, "", faults)
    questions = read_questions(document, faults, claims_count=values["claims_count"] is True)
    questions = add_explanations(questions, place, faults)
    files = values["files"] or name_files(place.slug, questions)
    check_names(files, values, faults)
    check_quiz(questions, files, values["load"], faults)
    limits = read_limits(values["limits"], faults)
    if limits.gpus and values["load"] == "once":
        hint = 'load = "each" is right: a process that has used a graphics processor can\'t be forked'
        faults.add("load", '"once" doesn\'t go with limits.gpus', hint)
    variants = read_variants(values["variants"], faults)
    check_combinations(variants, values["draws"], faults)
    check_fields(questions, variants, faults)
    check_handout(questions, place.folder, faults)
    concepts = place.reference / CONCEPTS_FILE if place.reference is not None else None
    check_code(questions, place, faults)
    return Assignment(
        slug=place.slug,
        title=values.get("title", place.slug),
        folder=place.folder,
        reference=place.reference,
        digest=digest_assignment(place.folder),
        files=files,
        limits=limits,
        variants=variants,
        questions=questions,
        concepts=read_concepts(concepts, questions, faults) if concepts is not None and concepts.is_file() else {},
        data=tuple(dict.fromkeys(split_pin(entry)[0] for entry in values["data"])),
        data_digests=digest_data(values["data"], place.folder, faults),
        **{
            name: values[name]
            for name in ("framework", "load", "weights", "draws", "attempts", "claims_count", "level")
        },
        minutes=values["minutes"],
    )


def name_files(slug: str, questions: tuple[Question, ...]) -> tuple[str, ...]:
    """The files that are graded where an assignment doesn't say: a program, or a quiz's answers, or both."""
    kinds = {question.is_answered for question in questions} or {False}
    return (*([f"{slug}.py"] if False in kinds else []), *([SHEET_NAME] if True in kinds else []))


def check_quiz(questions: tuple[Question, ...], files: tuple[str, ...], load: str, faults: Faults) -> None:
    """What an assignment with questions of a quiz must be like as a whole."""
    if not any(question.is_answered for question in questions):
        return
    if SHEET_NAME not in files:
        faults.add("files", f"{SHEET_NAME!r} isn't among them", "the questions of a quiz are answered there")
    if load == "once":
        hint = '"each" is right: answers are a program too'
        faults.add("load", '"once" doesn\'t go with questions of a quiz', hint)


def add_explanations(questions: tuple[Question, ...], place: Place, faults: Faults) -> tuple[Question, ...]:
    """The questions with what the private `explanations.toml` says of them: it gives answers away."""
    path = None if place.reference is None else place.reference / EXPLANATIONS
    if path is None or not path.is_file():
        return questions
    said = {}
    asked = [question.id for question in questions if question.is_answered]
    for name, value in read_toml(path).items():
        where = f"{EXPLANATIONS}: {shorten(name)}"
        if name not in asked:
            near = suggest_name(name, asked)
            hint = f'did you mean "{near}"?' if near else "only questions of a quiz have explanations"
            faults.add(where, "there is no such question", hint)
        said[name] = PROSE.read(value, faults.at(where))
    return tuple(replace(question, explanation=said.get(question.id)) for question in questions)


def check_names(files: tuple[str, ...], values: Mapping[str, Any], faults: Faults) -> None:
    """What names of files and weights must agree on."""
    stems: dict[str, int] = {}
    for number, name in enumerate(files):
        stem = name.removesuffix(".ipynb").removesuffix(".py").casefold()
        if stem in stems and name.endswith((".py", ".ipynb")):
            hint = "a notebook is taken in place of its script anyway"
            faults.add(f"files[{number}]", f"{name!r} names the same program as {files[stems[stem]]!r}", hint)
        stems.setdefault(stem, number)
    for number, name in enumerate(values["weights"]):
        family = name.split("/")[0]
        framework = FAMILIES.get(family)
        if framework is not None and framework != values["framework"]:
            message = f'{name!r} needs framework = "{framework}", and it is "{values["framework"]}"'
            faults.add(f"weights[{number}]", message, "change one of the two")


def read_limits(table: Any, faults: Faults) -> Limits:
    """What a run may use."""
    if table is None:
        return Limits()
    if not isinstance(table, dict):
        faults.add("limits", f"{describe_value(table)} where a table belongs", "[limits]")
        return Limits()
    limits = Limits(**read_fields(table, LIMITS, "limits", faults))
    check_graphics(limits, faults)
    return limits


def check_graphics(limits: Limits, faults: Faults) -> None:
    """What the limits of graphics processors must agree on."""
    if limits.gpu_memory_bytes is not None and not limits.gpus:
        faults.add("limits.gpu_memory_bytes", "there is no graphics processor to limit", "say gpus = 1 as well")
    if limits.gpu_share > 1 and limits.gpus != 1:
        message = f"{limits.gpus} graphics processors can't be shared" if limits.gpus else "there is none to share"
        faults.add("limits.gpu_share", message, "gpus = 1 is right where several runs share one")
    elif limits.gpu_share > 1 and limits.gpu_memory_bytes is None:
        faults.add(
            "limits.gpu_share", "runs that share a graphics processor need a limit each", "say gpu_memory_bytes as well"
        )


def read_variants(table: Any, faults: Faults) -> dict[str, tuple[Any, ...]]:
    """What differs from student to student: each name with the values that are drawn from."""
    if table is None:
        return {}
    if not isinstance(table, dict):
        faults.add("variants", f"{describe_value(table)} where a table belongs", "[variants]")
        return {}
    variants = {}
    for name, values in table.items():
        path = join_path("variants", shorten(name))
        IDENTIFIER.read(name, faults.at(path))
        if not isinstance(values, list) or len(values) < 2:
            faults.add(path, f"{describe_value(values)} where values to draw from belong", f"{name} = [3, 4, 5]")
            continue
        if len(values) > MOST_VALUES:
            faults.add(path, f"it has {len(values):,} values", f"at most {MOST_VALUES:,} are taken")
            continue
        variants[name] = tuple(read_variant(item, f"{path}[{n}]", faults) for n, item in enumerate(values))
        if any(item in values[:number] for number, item in enumerate(values)):
            faults.add(path, "a value stands there twice", "each is as likely as another; leave one out")
    return variants


def check_combinations(variants: Mapping[str, tuple[Any, ...]], draws: int, faults: Faults) -> None:
    """There are so few combinations that the reference can be run for each of them."""
    combined = count_combinations(variants)
    if variants and combined * draws > MOST_COMBINED:
        times = f"{combined:,} combinations and {draws:,} {'draw' if draws == 1 else 'draws'}"
        message = f"{times} are {combined * draws:,} runs of the reference"
        faults.add("variants", message, f"at most {MOST_COMBINED:,} are taken: fewer values, or fewer draws")


def read_variant(value: Any, path: str, faults: Faults) -> Any:
    """One value that can be drawn: text, a number, true or false, or a list of such."""
    if isinstance(value, list):
        return [read_variant(item, f"{path}[{number}]", faults) for number, item in enumerate(value)]
    if isinstance(value, Decimal):
        if not value.is_finite() or abs(to_float(value)) == float("inf"):
            faults.add(path, f"{shorten(str(value))} is no number to compute with", None)
        return to_float(value)
    if isinstance(value, dict):
        faults.add(path, "a table where a value belongs", "text, a number, true, false, or a list of such")
    if isinstance(value, int) and abs(value) > 2**53:
        faults.add(path, f"{shorten(str(value))} is too large", "whole numbers up to 2 ** 53 are right")
    return value


def split_pin(entry: str) -> tuple[str, str | None]:
    """A file's name, and the digest that its content must have ("sha256:…") where one is pinned to it."""
    name, _, pin = entry.partition("@")
    return name, pin or None


def digest_data(entries: tuple[str, ...], folder: Path, faults: Faults) -> dict[str, str]:
    """The digests of the files in data/ that the assignment names; a pinned one must have just that content."""
    data = folder / "data"
    there = sorted(path.name for path in data.iterdir() if path.is_file()) if data.is_dir() else []
    digests: dict[str, str] = {}
    for number, (name, pin) in enumerate(map(split_pin, entries)):
        if name in digests:
            faults.add(f"data[{number}]", f"{name!r} stands there twice", "once is enough")
        if name in there:
            digests[name] = digest_file(data / name)
            if pin not in (None, digests[name]):
                hint = f'if it is meant to be this one: "{name}@{digests[name]}"'
                faults.add(f"data[{number}]", f"data/{name} isn't the file that its digest names", hint)
            continue
        near = suggest_name(name, there)
        hint = f'did you mean "{near}"?' if near else f"data/ has {', '.join(there) or 'no files'}"
        faults.add(f"data[{number}]", f"data/ has no file {name!r}", hint)
    return digests


def check_handout(questions: tuple[Question, ...], folder: Path, faults: Faults) -> None:
    """Code that is shown with a question is there."""
    for number, question in enumerate(questions):
        code = question.content.get("code")
        if code and not is_there(folder / "handout" / code):
            faults.add(f"questions[{number}].code", f"handout/ has no file {code!r}", "put it there")


def is_there(path: Path) -> bool:
    """Whether there is such a file; a name that no file can have names none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def check_code(questions: tuple[Question, ...], place: Place, faults: Faults) -> None:
    """The functions that questions need are defined, in the public folder and, if it is there, in the private one."""
    probes = {q.id: f"questions[{n}].id" for n, q in enumerate(questions) if q.kind == "probe" and q.id.isidentifier()}
    check_file(place.folder / "probe.py", "probe.py", probes, PROBE_SIGNATURE, faults)
    reference = place.reference
    if reference is None:
        return
    if not reference.is_dir():
        faults.add(
            "reference", f"there is no folder {reference}", "it holds solution/, data.py and what else is private"
        )
        return
    asked = any(question.kind != "text" for question in questions)
    if asked and not (reference / "solution").is_dir():
        faults.add("reference", f"{reference} has no folder solution/", "the reference is a submission like any other")
    own: dict[str, str] = {}
    predicted: dict[str, str] = {}
    for number, question in enumerate(questions):
        for place_of_check, check in enumerate(question.checks):
            path = f"questions[{number}].checks[{place_of_check}]"
            if check.use == "python":
                own[check.id] = f"{path}.id"
            elif check.use == "pytest" and not (reference / "checks.py").is_file():
                faults.add(f"{path}.use", f"there is no file {reference / 'checks.py'}", "it holds the pytest tests")
            elif check.use in PREDICTED and question.kind == "probe":
                predicted.setdefault(question.id, f"{path}.use")
    check_file(reference / "checks.py", "checks.py", own, ("student", "reference", "kept"), faults)
    check_file(reference / "predict.py", "predict.py", predicted, ("given", "tensors"), faults)
    drawn = dict.fromkeys(["data"], "reference") if predicted or (reference / "data.py").is_file() else {}
    check_file(reference / "data.py", "data.py", drawn, ("draw",), faults)


def check_file(path: Path, name: str, wanted: dict[str, str], signature: tuple[str, ...], faults: Faults) -> None:
    """A file of the author's defines what is wanted of it. A file that nothing is wanted of need not be there."""
    if not wanted:
        return
    if not path.is_file():
        faults.add(name, f"there is no file {path}", f"it defines {', '.join(wanted)}")
        return
    found = read_functions(path, faults, name=name)
    if found is not None:
        check_functions(found, wanted, signature, faults)
