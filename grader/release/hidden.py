"""Gathers what a release must not hold, from where it is: the reference's folder, the data of every draw, the
reference's evidence, the secret. What each thing is, is said as it would be told to an author.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
from grader.release.practice import Practised, list_mistakes
from grader.release.shown import Shown, reads
from grader.release.strip import has_solution, join_source, list_solution_parts
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
        add_kept(needles, data, f"of draw {number}", ())
    for number, (data, evidence) in enumerate(zip(practised.data, practised.evidence, strict=True)):
        add_kept(needles, data, f"of practice draw {number}", list_shipped(assignment, evidence, practised.shown))
    for number, evidence in enumerate(practised.counting):
        add_evidence(needles, assignment, evidence, practised.shown, f"for draw {number}", counting=True)
    for number, evidence in enumerate(practised.evidence):
        add_evidence(needles, assignment, evidence, practised.shown, f"for practice draw {number}", counting=False)
    add_reference(needles, assignment, practised)
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


def add_kept(needles: Needles, data: Data, which: str, shipped: Sequence[Any]) -> None:
    """What `data.py` keeps. What it gives as well is no secret, nor what is `shipped` on purpose."""
    known = [*data.given.values(), *data.values.values(), *shipped]
    for name, value in data.kept.items():
        if not any(same(value, other) for other in known):
            needles.add_value(f"the kept value {name!r} {which}", value)


def list_shipped(assignment: Assignment, evidence: Evidence, shown: Shown) -> list[Any]:
    """The reference's answers to a practice draw that are brought on purpose: they may be what was kept of it."""
    return [
        unwrap_all(record["value"])
        for question in assignment.questions
        for check in question.checks
        if check.id in shown.get(question.id, ())
        for name, record in evidence.questions[question.id].records.items()
        if reads(check, name) and "value" in record
    ]


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


@dataclass(frozen=True)
class Public:
    """What may be read by anybody: lines of the handout and of the probe, the same as texts in which a long line may be
    a part of another, and texts in which any line may be quoted.
    """

    lines: frozenset[str] = frozenset()
    scripts: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    def has(self, line: str) -> bool:
        """Whether a line, its spaces squeezed, is there on purpose; or everybody's, however long it is."""
        plain = line.startswith(("import ", "from ", "@", "def ", "class "))
        long = len(line.replace(" ", "")) >= LEAST_LINE
        quoting = (*self.texts, *self.scripts) if long else self.texts
        return plain or line in self.lines or any(line in text for text in quoting)


def add_reference(needles: Needles, assignment: Assignment, practised: Practised) -> None:
    """The reference's folder: solution parts, other programs' lines, mistakes, concepts, keys, and every file whole."""
    private, variant = assignment.reference, practised.recipient.variant
    assert private is not None, "a release is made where the reference is"
    public = read_public(assignment, practised)
    for name, content in read_folder(private).items():
        needles.add_blob(f"the file {name} of the reference", content.strip())
        if name.endswith(TEXT_FILES):
            for text in sorted({decode(name, content), decode(name, fill_private(name, content, variant))}):
                add_file(needles, name, text, public)
    for trial in list_trials(assignment):
        if trial.kind is TrialKind.MUTANT:
            mutant = read_mutant_file(trial.folder / "mutant.toml")
            if mutant.mistake not in (mutant.hint or ""):
                needles.add_text(f"the mistake of mutant {trial.name!r}", mutant.mistake, least=LEAST_PHRASE)
    for name in ("concepts.toml", "samples.toml", "held_out.toml"):
        add_phrases(needles, private / name)


def decode(name: str, content: bytes) -> str:
    """A private file's text: of a notebook that of its code cells, which is what somebody would copy."""
    text = content.decode("utf-8", "replace")
    if not name.endswith(".ipynb"):
        return text
    try:
        cells = [cell for cell in json.loads(text)["cells"] if cell.get("cell_type") == "code"]
        return "\n\n".join(join_source(cell) for cell in cells)
    except (ValueError, KeyError, TypeError, AttributeError):
        return text


def fill_private(name: str, content: bytes, variant: Variant) -> bytes:
    """A private file with its fields filled in; as it is where that can't be done."""
    try:
        return fill_file(name, content, variant)
    except (SpecError, ValueError):
        return content


def add_file(needles: Needles, name: str, text: str, public: Public) -> None:
    """The text of a private file."""
    whose = f"{name} of the reference"
    if name.startswith(("solution/", "variants/", "mutants/")) and name.endswith((".py", ".ipynb")):
        add_program(needles, whose, text, NOTHING if name.startswith("solution/") else public, public)
    elif name.startswith("solution/") and name.endswith(".toml"):
        for line in text.splitlines():
            needles.add_text(f"a line of {whose}", line, least=8)
    else:
        add_windows(needles, f"lines of {whose}", drop_public(text, public), WINDOW)


NOTHING = Public()


def add_program(needles: Needles, whose: str, text: str, but: Public, public: Public) -> None:
    """A solution, right or wrong: its marked parts, but for what is in `but`; where nothing is marked, the lines that
    aren't public. Of the solution itself every marked part is hidden, be it public elsewhere.
    """
    lines = drop_public(text, public)
    if has_solution(text):
        parts = list_solution_parts("a program", text.encode())
        for part in parts if but is NOTHING else ():
            needles.add_text(f"a solution part of {whose}", part)
        lines = drop_public("\n".join(parts), but)
    for line in lines:
        needles.add_text(f"a line of {whose}", line, least=LEAST_LINE)
    add_windows(needles, f"lines of {whose}", lines, 2)


def drop_public(text: str, public: Public) -> list[str]:
    """The lines of a text that hold anything and aren't public, their spaces squeezed."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [line for line in lines if line and not public.has(line)]


def add_windows(needles: Needles, what: str, lines: list[str], size: int) -> None:
    """Runs of lines."""
    for start in range(len(lines) - size + 1):
        needles.add_text(what, "\n".join(lines[start : start + size]), least=LEAST_LINE * size // 2)


def read_public(assignment: Assignment, practised: Practised) -> Public:
    """What is public on purpose: the handout (the one that the solution gives, else the one that is there), the probe,
    the specification, and the hints on mistakes that go out.
    """
    variant, folder = practised.recipient.variant, assignment.folder
    files = make_handout(assignment) or read_folder(folder / "handout")
    scripts = [content.decode("utf-8", "replace") for name, content in files.items() if name.endswith(".py")]
    scripts += [fill_code(script, variant) for script in scripts]
    probe = folder / "probe.py"
    scripts += [probe.read_text("utf-8")] if probe.is_file() else []
    hints = [str(mistake["hint"]) for mistake in list_mistakes(assignment, practised.shown, variant)]
    texts = ((folder / "assignment.toml").read_text("utf-8"), *hints)
    return Public(
        lines=frozenset(" ".join(line.split()) for script in scripts for line in script.splitlines()),
        scripts=tuple(" ".join(script.split()) for script in scripts),
        texts=tuple(" ".join(text.split()) for text in texts),
    )


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
