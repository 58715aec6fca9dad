"""Finds the assignment that a submission is for, and the course that it belongs to.

In this order: `--assignment` (a path or a name); a `.grade/` folder in the submission; the name of the submission's
folder or file. Names are looked up in every `assignments/` folder on the way up from the current folder, then on the
way up from the submission's parent.

A submission belongs to a student, so nothing in it is trusted to say what *runs* here: its `.grade/` may name an
assignment or hold its public folder, never a reference (whose `data.py` and `checks.py` run outside every sandbox), and
no `assignments/` folder inside a submission is looked into.
"""

import difflib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import UsageError

__all__ = ["Course", "Found", "find_assignment"]

SPECIFICATION = "assignment.toml"
SUFFIXES = (".tar.gz", ".zip", ".py", ".ipynb", ".toml", ".tar", ".tgz")
NEAR = 0.45


@dataclass(frozen=True, kw_only=True)
class Course:
    """A folder with `assignments/`, and what its `course.toml` says."""

    root: Path
    title: str | None = None
    inbox: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Found:
    """An assignment's public folder, its reference (None where there is none here), and its course."""

    folder: Path
    reference: Path | None
    course: Course | None


def find_assignment(submission: Path | None, *, named: str | None = None, here: Path) -> Found:
    """The assignment of that name or path, or the one that the submission is for. `here` is the current folder.

    Raises:
        UsageError: there is none, and which there are; or a course.toml can't be read.
    """
    inside = None if submission is None else submission.resolve()
    roots = list(find_roots(inside, here.resolve()))
    if named is not None:
        found, name = find_named(named, roots, here), clean_name(named)
    else:
        assert inside is not None, "a submission or a name"
        found, name = find_packed(inside, roots), strip_suffix(inside.name)
        found = found or look_up(name, roots)
    if found is None:
        raise explain_missing(name, roots, submission)
    return found


def find_named(named: str, roots: list[Path], here: Path) -> Found | None:
    """What `--assignment` says: a folder with an assignment, else a name."""
    folder = (here / Path(named).expanduser()).resolve()
    if (folder / SPECIFICATION).is_file():
        return describe(folder)
    return look_up(clean_name(named), roots)


def clean_name(named: str) -> str:
    """A name as it was meant: "hw1", "hw1/", "assignments\\hw1"."""
    return named.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]


def strip_suffix(name: str) -> str:
    """A file's name without what says that it is a file."""
    lower = name.lower()
    return next((name[: -len(suffix)] for suffix in SUFFIXES if lower.endswith(suffix)), name)


def find_packed(inside: Path, roots: list[Path]) -> Found | None:
    """What a `.grade/` folder in the submission (or beside the file) says."""
    packed = (inside if inside.is_dir() else inside.parent) / ".grade"
    course = packed / "course.toml"
    name = read_course(course).get("assignment") if course.is_file() else None
    if name is not None and not isinstance(name, str):
        raise UsageError(f"{str(course)!r}: assignment is {name!r}; a name expected, such as 'hw1'")
    if name is not None and (known := look_up(clean_name(name), roots)) is not None:
        return known
    for folder in [packed, *([packed / clean_name(name)] if name else []), *list_folders(packed)]:
        if (folder / SPECIFICATION).is_file():
            return Found(folder=folder, reference=None, course=None)
    if name is not None:
        raise explain_missing(clean_name(name), roots, inside)
    return None


def look_up(name: str, roots: list[Path]) -> Found | None:
    """The nearest assignment of that name."""
    for root in roots:
        folder = root / "assignments" / name
        if name not in ("", ".", "..") and (folder / SPECIFICATION).is_file():
            return describe(folder)
    return None


def describe(folder: Path) -> Found:
    """An assignment by its folder: its reference and course by where that folder is."""
    if folder.parent.name != "assignments":
        return Found(folder=folder, reference=None, course=None)
    root = folder.parent.parent
    reference = root / "reference" / folder.name
    return Found(folder=folder, reference=reference if reference.is_dir() else None, course=open_course(root))


def open_course(root: Path) -> Course:
    """A course, with what its course.toml says if it has one. An inbox's path starts at the course's folder."""
    path = root / "course.toml"
    said = read_course(path) if path.is_file() else {}
    title, inbox = said.get("title"), said.get("inbox")
    for name, value in (("title", title), ("inbox", inbox)):
        if value is not None and not isinstance(value, str):
            raise UsageError(f"{str(path)!r}: {name} is {value!r}; a text expected")
    if inbox and "://" in inbox:
        raise UsageError(f"{str(path)!r}: inbox is {inbox!r}; a folder expected, URLs aren't taken yet")
    return Course(root=root, title=title, inbox=(root / Path(inbox).expanduser()) if inbox else None)


def read_course(path: Path) -> dict[str, Any]:
    """A course.toml's content.

    Raises:
        UsageError: it isn't TOML, or can't be read.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{str(path)!r} can't be read: {error}") from error


def find_roots(inside: Path | None, here: Path) -> Iterator[Path]:
    """Folders that have an `assignments/`: those on the way up from `here` first, then from the submission's parent.

    None of them is in the submission, and the folder that a submitted file lies in counts only if we stand in it: it
    may be a student's too.
    """
    around = [] if inside is None else list(inside.parents)
    if inside is not None and inside.is_file():
        around = around[1:]
    seen: set[Path] = set()
    for folder in [here, *here.parents, *around]:
        within = inside is not None and inside.is_dir() and folder.is_relative_to(inside)
        if folder not in seen and not within and (folder / "assignments").is_dir():
            yield folder
        seen.add(folder)


def list_folders(parent: Path) -> list[Path]:
    """The folders in a folder, sorted."""
    return sorted(path for path in parent.iterdir() if path.is_dir()) if parent.is_dir() else []


def explain_missing(name: str, roots: list[Path], submission: Path | None) -> UsageError:
    """What to say where there is no such assignment: which there are, and which was meant."""
    known = {path.name: root for root in reversed(roots) for path in list_folders(root / "assignments")}
    known = {slug: root for slug, root in known.items() if (root / "assignments" / slug / SPECIFICATION).is_file()}
    details = []
    if submission is not None:
        kind = "folder" if submission.is_dir() else "file"
        details.append(f"The {kind} you gave is {submission.name or submission}; an assignment has its folder's name.")
    if known:
        details.append(f"Here: {', '.join(sorted(known))} (in assignments/)")
    else:
        details.append("No folder assignments/ was found on the way up from it or from the current folder.")
    near = difflib.get_close_matches(name, known, n=1, cutoff=NEAR)
    command = f"grade submit {submission} --assignment {near[0]}" if near and submission is not None else None
    if near:
        details.append(f"Did you mean:  {command or near[0]}")
    return UsageError(f"no assignment {name!r}", details=tuple(details))
