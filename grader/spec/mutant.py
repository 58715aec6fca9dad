"""`mutant.toml`, beside a wrong solution: which mistake it makes, and which checks must fail it."""

from dataclasses import dataclass
from pathlib import Path

from grader.errors import SpecError
from grader.spec.faults import Faults, read_fields
from grader.spec.toml import read_toml
from grader.spec.values import REQUIRED, Field, Text, Texts

__all__ = ["Mutant", "read_mutant_file"]

MUTANT: tuple[Field, ...] = (
    Field("mistake", Text(lines=True), REQUIRED, "What is wrong with it."),
    Field(
        "fails", Texts(item=Text(longest=200), least=1), REQUIRED, 'What must fail it: "question" or "question.check".'
    ),
    Field("hint", Text(lines=True), None, "What a student is told who makes this mistake."),
)


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """What an author says of a wrong solution."""

    mistake: str
    fails: tuple[str, ...]
    hint: str | None = None


def read_mutant_file(path: Path) -> Mutant:
    """Read a mutant.toml.

    Raises:
        SpecError: there is no such file, or it is unsound; all its faults are in there.
    """
    faults = Faults()
    values = read_fields(read_toml(path), MUTANT, "", faults)
    if faults.found:
        raise SpecError(f"{path} is unsound", faults=tuple(faults.found))
    return Mutant(**values)
