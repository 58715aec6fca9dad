"""Writes a new assignment's two folders: its files, and the handout that its solution gives."""

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from grader.errors import ProvisionError, UsageError
from grader.ingest.cells import make_notebook
from grader.release.strip import has_solution, strip_script
from grader.starters import keras, plain, pytorch, quiz

__all__ = ["STARTERS", "check_name", "write_starter"]

STARTERS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("code", "none"): plain.FILES,
    ("code", "torch"): pytorch.FILES,
    ("code", "tensorflow"): keras.FILES,
    ("quiz", "none"): quiz.FILES,
}
"""The files of each starter, by kind and framework."""

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
RESERVED = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]|test|tests")
"""Names that Windows keeps for devices, and those of modules that a student's `import` must find elsewhere."""


def check_name(slug: str) -> None:
    """Hold a name to what a folder, a file and a module can be called everywhere.

    Raises:
        UsageError: it can't be used, and which would be right.
    """
    if NAME.fullmatch(slug) and not RESERVED.fullmatch(slug):
        return
    right = suggest(slug)
    raise UsageError(
        f"an assignment can't be called {slug[:80]!r}",
        details=("Small letters, digits, - and _ are right, beginning with a letter or digit: hw1, gradient-descent.",),
        command=f"grade new {right}" if right else None,
    )


def suggest(slug: str) -> str | None:
    """The name that is nearest to one that can't be used."""
    plain_letters = unicodedata.normalize("NFKD", slug).encode("ascii", "ignore").decode().lower()
    right = re.sub(r"[^a-z0-9_]+", "-", plain_letters).strip("-_")[:64].rstrip("-_")
    if RESERVED.fullmatch(right):
        right = f"{right}-1"
    return right if NAME.fullmatch(right) else None


def write_starter(root: Path, slug: str, *, kind: str, framework: str) -> list[Path]:
    """Write assignments/<slug> and reference/<slug> into a course's folder; the files, from its root.

    Raises:
        UsageError: the name can't be used, one of the folders is there already, or there is no such starter.
        ProvisionError: they can't be written. What was begun is left as it is, and named.
    """
    check_name(slug)
    starter = STARTERS.get((kind, framework))
    if starter is None:
        raise UsageError(f"a {kind} needs no framework", command=f"grade new {slug} --kind {kind}")
    refuse_existing(root, slug)
    contents = fill_names(starter, slug)
    try:
        for path, content in contents.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("xb") as file:
                file.write(content)
    except OSError as error:
        raise ProvisionError(f"{slug!r} couldn't be written whole: {error}") from error
    return [Path(path) for path in contents]


def refuse_existing(root: Path, slug: str) -> None:
    """Never write into what is there already.

    Raises:
        UsageError: one of the two folders is.
    """
    there = [f"{parent}/{slug}" for parent in ("assignments", "reference") if (root / parent / slug).exists()]
    if there:
        raise UsageError(
            f"there is {' and '.join(there)} already; nothing was written",
            details=("Choose another name, or move it away.",),
        )


def fill_names(starter: Mapping[str, str], slug: str) -> dict[str, bytes]:
    """The files with the assignment's name in them, and the handout that the solution gives."""
    files = {path.replace("SLUG", slug): text.replace("SLUG", slug) for path, text in starter.items()}
    made: dict[str, bytes] = {path: text.encode() for path, text in files.items()}
    solution = f"reference/{slug}/solution/{slug}.py"
    if has_solution(files.get(solution, "")):
        script = strip_script(files[solution], where=solution)
        made[f"assignments/{slug}/handout/{slug}.py"] = script.encode()
        made[f"assignments/{slug}/handout/{slug}.ipynb"] = make_notebook(script)
    return dict(sorted(made.items()))
