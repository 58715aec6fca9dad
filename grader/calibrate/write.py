"""Numbers into `assignment.toml`, its comments and its order kept; nothing else of the file changes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from grader.calibrate.proposals import Proposal
from grader.durable import write_whole
from grader.errors import UsageError
from grader.spec import load_assignment
from grader.spec.model import Assignment

__all__ = ["change_numbers", "write_numbers"]


def write_numbers(assignment: Assignment, proposals: Sequence[Proposal]) -> Assignment:
    """Write what is proposed, and read the assignment again.

    Raises:
        UsageError: the file can't be read, or can't be written.
        SpecError: it isn't sound with these numbers; then it is as it was.
    """
    changes = {proposal.check: proposal.changes for proposal in proposals if proposal.changes}
    if not changes:
        return assignment
    path = assignment.folder / "assignment.toml"
    before = read_file(path)
    write_file(path, change_numbers(before, changes))
    try:
        return load_assignment(assignment.folder, reference=assignment.reference, slug=assignment.slug)
    except Exception:
        write_file(path, before)
        raise


def read_file(path: Path) -> str:
    """The file's text, its line endings as they are.

    Raises:
        UsageError: it can't be read.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(f"{str(path)!r} can't be read: {error}") from error


def write_file(path: Path, text: str) -> None:
    """Write it whole or not at all.

    Raises:
        UsageError: it can't be written.
    """
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise UsageError(f"{str(path)!r} can't be written: {error.strerror or error}") from error


def change_numbers(text: str, changes: Mapping[str, Mapping[str, float]]) -> str:
    """The text with numbers of checks changed, or added where a default stood.

    Args:
        text: of an assignment.toml.
        changes: for each check, "question.check", its numbers by name.

    Raises:
        UsageError: it isn't TOML, or hasn't such a check.
    """
    try:
        document: Any = tomlkit.parse(text)
    except TOMLKitError as error:
        raise UsageError(f"assignment.toml can't be changed: {error}") from error
    found = {
        f"{question['id']}.{check.get('id', check['use'])}": check
        for question in document.get("questions", ())
        for check in question.get("checks", ())
    }
    for name, numbers in changes.items():
        if name not in found:
            raise UsageError(f"assignment.toml has no check {name!r}")
        for parameter, number in numbers.items():
            found[name][parameter] = number
    return tomlkit.dumps(document)
