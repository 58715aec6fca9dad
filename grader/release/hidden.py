"""Gathers what a release must not hold, from where it is: the reference's folder, the data of every draw, the
reference's evidence, the secret. What each thing is, is said as it would be told to an author.
"""

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from grader.check_assignment import TrialKind, list_trials
from grader.checks.comparison import unwrap
from grader.draws import Data
from grader.errors import SpecError
from grader.evidence.model import Evidence
from grader.release.handout import make_handout, read_folder
from grader.release.leaks import Hidden, Needles
from grader.release.practice import Practised
from grader.release.shown import Shown, reads
from grader.release.strip import has_solution, list_solution_parts
from grader.spec.fields import Variant, fill_code, fill_file
from grader.spec.model import Assignment, CheckSpec, Question, Visibility
from grader.spec.mutant import read_mutant_file
from grader.spec.toml import read_toml

__all__ = ["gather_hidden"]

TEXT_FILES = (".py", ".ipynb", ".toml", ".md", ".txt", ".json", ".csv")
LEAST_LINE = 24
"""Characters of a line of code, spaces not counted, that is nobody else's."""
LEAST_PHRASE = 20
WINDOW = 3
"""Lines of a private file that are looked for together: single ones are often everybody's."""


def gather_hidden(assignment: Assignment, practised: Practised, *, secret: bytes) -> Hidden:
    """Everything that a release of this assignment, for this variant, mustn't hold.

    Raises:
        SpecError: the solution's markers or a mutant's description can't be read.
        ProvisionError: the reference isn't here.
    """
    needles = Needles()
    add_secret(needles, practised, secret)
    for number, data in enumerate(practised.counting_data):
        add_kept(needles, data, f"of draw {number}")
    for number, data in enumerate(practised.data):
        add_kept(needles, data, f"of practice draw {number}")
    for number, evidence in enumerate(practised.counting):
        add_evidence(needles, assignment, evidence, practised.shown, f"for draw {number}", counting=True)
    for number, evidence in enumerate(practised.evidence):
        add_evidence(needles, assignment, evidence, practised.shown, f"for practice draw {number}", counting=False)
    add_reference(needles, assignment, practised.recipient.variant)
    return needles.finish()


def add_secret(needles: Needles, practised: Practised, secret: bytes) -> None:
    """The secret, and the keys that it names draws by: as bytes, digits and letters."""
    needles.add_blob("the grader's secret", secret)
    needles.add_text("the grader's secret", secret.hex())
    needles.add_text("the grader's secret", base64.b64encode(secret).decode())
    for number, draw in enumerate(practised.counting_draws):
        needles.add_text(f"the key of draw {number}", draw.key)
        needles.add_blob(f"the key of draw {number}", bytes.fromhex(draw.key))
    for draw in (*practised.counting_draws, *practised.draws):
        needles.add_text("a key that data are made from", draw.data_key)


def add_kept(needles: Needles, data: Data, which: str) -> None:
    """What `data.py` keeps. What it gives as well is no secret."""
    given = [*data.given.values(), *data.values.values()]
    for name, value in data.kept.items():
        if not any(same(value, other) for other in given):
            needles.add_value(f"the kept value {name!r} {which}", value)


def same(one: Any, other: Any) -> bool:
    """Whether two values of `data.py` are one."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return isinstance(one, np.ndarray) and isinstance(other, np.ndarray) and np.array_equal(one, other)
    return type(one) is type(other) and bool(one == other)


def add_evidence(
    needles: Needles, assignment: Assignment, evidence: Evidence, shown: Shown, which: str, *, counting: bool
) -> None:
    """What the reference answers where a student isn't shown it; to draws that count, every array."""
    for question in assignment.questions:
        left = evidence.questions.get(question.id)
        if left is None:
            continue
        hidden = [check for check in question.checks if is_hidden(question, check)]
        at_home = [check for check in question.checks if check.id in shown.get(question.id, ())]
        for check in question.checks if counting else hidden:
            for name, array in left.arrays.items():
                if reads(check, name) and not is_shipped(name, check, at_home):
                    needles.add_array(say_check(question, check, which), array)
        for check in hidden:
            for name, record in left.records.items():
                if reads(check, name) and "value" in record and not any(reads(other, name) for other in at_home):
                    needles.add_value(say_check(question, check, which), unwrap_all(record["value"]))


def is_hidden(question: Question, check: CheckSpec) -> bool:
    """Whether a student isn't shown a check's result at once."""
    return question.visibility is not Visibility.SHOWN or check.visibility is not Visibility.SHOWN


def is_shipped(name: str, check: CheckSpec, at_home: list[CheckSpec]) -> bool:
    """Whether an array of shapes alone is brought on purpose: it may be the same in every draw."""
    return check.use == "same_shape" and any(reads(other, name) for other in at_home)


def say_check(question: Question, check: CheckSpec, which: str) -> str:
    """What the reference's values of a check are called."""
    return f"what {question.id}.{check.id} expects {which}"


def unwrap_all(value: Any) -> Any:
    """An answer as plain values."""
    value = unwrap(value)
    if isinstance(value, Mapping):
        return {name: unwrap_all(item) for name, item in value.items()}
    return [unwrap_all(item) for item in value] if isinstance(value, list) else value


def add_reference(needles: Needles, assignment: Assignment, variant: Variant) -> None:
    """The reference's folder: solution parts, other programs' lines, mistakes, concepts, keys, and every file whole."""
    private = assignment.reference
    assert private is not None, "a release is made where the reference is"
    public = list_public_lines(assignment, variant)
    for name, content in read_folder(private).items():
        needles.add_blob(f"the file {name} of the reference", content.strip())
        if name.endswith(TEXT_FILES):
            add_file(needles, name, content, variant, public)
    for trial in list_trials(assignment):
        if trial.kind is TrialKind.MUTANT:
            mutant = read_mutant_file(trial.folder / "mutant.toml")
            if mutant.mistake not in (mutant.hint or ""):
                needles.add_text(f"the mistake of mutant {trial.name!r}", mutant.mistake, least=LEAST_PHRASE)
    for name in ("concepts.toml", "samples.toml", "held_out.toml"):
        add_phrases(needles, private / name)


def add_file(needles: Needles, name: str, content: bytes, variant: Variant, public: set[str]) -> None:
    """The text of a private file, as it is and with its fields filled in."""
    texts = {content.decode("utf-8", "replace"), fill_private(name, content, variant).decode("utf-8", "replace")}
    whose = f"{name} of the reference"
    for text in sorted(texts):
        if name.startswith(("solution/", "variants/", "mutants/")) and name.endswith((".py", ".ipynb")):
            add_program(needles, whose, name, text, public)
        elif name.startswith("solution/") and name.endswith(".toml"):
            for line in text.splitlines():
                needles.add_text(f"a line of {whose}", line, least=8)
        else:
            add_windows(needles, f"lines of {whose}", text.splitlines(), WINDOW)


def fill_private(name: str, content: bytes, variant: Variant) -> bytes:
    """A private file with its fields filled in; as it is where that can't be done."""
    try:
        return fill_file(name, content, variant)
    except (SpecError, ValueError):
        return content


def add_program(needles: Needles, whose: str, name: str, text: str, public: set[str]) -> None:
    """A solution, right or wrong: its marked parts whatever else is public, and its lines that aren't the handout's."""
    lines = [line for line in text.splitlines() if " ".join(line.split()) not in public]
    if has_solution(text):
        parts = list_solution_parts(name, text.encode())
        for part in parts:
            needles.add_text(f"a solution part of {whose}", part)
        lines = [line for part in parts for line in part.splitlines()]
    for line in lines:
        if not is_plain(line):
            needles.add_text(f"a line of {whose}", line, least=LEAST_LINE)
    add_windows(needles, f"lines of {whose}", lines, 2)


def add_windows(needles: Needles, what: str, lines: list[str], size: int) -> None:
    """Runs of lines that hold anything."""
    filled = [line for line in lines if line.strip() and not is_plain(line)]
    for start in range(len(filled) - size + 1):
        needles.add_text(what, "\n".join(filled[start : start + size]), least=LEAST_LINE * size // 2)


def is_plain(line: str) -> bool:
    """Whether a line is everybody's, however long: an import, a decorator, the head of a function or class."""
    return line.strip().startswith(("import ", "from ", "@", "def ", "class "))


def list_public_lines(assignment: Assignment, variant: Variant) -> set[str]:
    """The lines of the handout: the one that the solution gives, and where it gives none, the one that is there."""
    files = make_handout(assignment) or read_folder(assignment.folder / "handout")
    texts = [
        text
        for name, content in files.items()
        if name.endswith(".py")
        for text in (content.decode("utf-8", "replace"), fill_code(content.decode("utf-8", "replace"), variant))
    ]
    return {" ".join(line.split()) for text in texts for line in text.splitlines()}


def add_phrases(needles: Needles, path: Path) -> None:
    """The texts of a file of concepts or samples that are long enough to be nobody else's."""
    if path.is_file():
        for phrase in list_phrases(read_toml(path)):
            needles.add_text(f"a phrase of {path.name}", phrase, least=LEAST_PHRASE)


def list_phrases(value: Any) -> Iterator[str]:
    """Every text of a document."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from list_phrases(item)
    elif isinstance(value, list):
        for item in value:
            yield from list_phrases(item)
    elif isinstance(value, str):
        yield value
