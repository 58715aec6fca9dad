"""Finds the assignment that a submission is for, and the course that it belongs to.

In this order: `--assignment` (a path or a name); a `.grade/` folder in the submission; the name of the submission's
folder or file. Names are looked up in every `assignments/` folder on the way up from the current folder, then on the
way up from the submission's parent.

A submission belongs to a student, so nothing in it is trusted to say what *runs* here: its `.grade/` may name an
assignment or hold its public folder, never a reference (whose `data.py` and `checks.py` run outside every sandbox), and
no `assignments/` folder inside a submission is looked into.
"""

import difflib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from grader.errors import SpecError, UsageError
from grader.spec import Assignment, Course, load_assignment, read_course
from grader.spec.toml import read_toml
from grader.spec.values import describe_value

__all__ = ["Found", "find_assignment"]

SPECIFICATION = "assignment.toml"
SUFFIXES = (
    *(".zip", ".py", ".ipynb", ".toml"),
    *(".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz"),
)
NEAR = 0.45
LONGEST_NAME = 200


@dataclass(frozen=True, kw_only=True)
class Found:
    """An assignment's public folder, its reference (None where there is none here), and its course.

    `slug` is its name where that isn't the folder's. `practice` is what a release brought for marking at home, where
    there is no reference.
    """

    folder: Path
    reference: Path | None = None
    course: Course = field(default_factory=Course)
    slug: str | None = None
    practice: Path | None = None

    def load(self) -> Assignment:
        """The assignment.

        Raises:
            SpecError: it is unsound.
        """
        return load_assignment(self.folder, reference=self.reference, slug=self.slug)


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
    """What `--assignment` says: a folder with an assignment, a name, or a folder that a release made."""
    folder = (here / Path(named).expanduser()).resolve()
    if (folder / SPECIFICATION).is_file():
        return describe(folder)
    known = look_up(clean_name(named), roots)
    return known or (find_packed(folder, roots) if folder.is_dir() else None)


def clean_name(named: str) -> str:
    """A name as it was meant: "hw1", "hw1/", "assignments\\hw1"."""
    return named.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]


def strip_suffix(name: str) -> str:
    """A file's name without what says that it is a file."""
    lower = name.lower()
    return next((name[: -len(suffix)] for suffix in SUFFIXES if lower.endswith(suffix)), name)


def find_packed(inside: Path, roots: list[Path]) -> Found | None:
    """What a `.grade/` folder in the submission (or beside the file) says.

    It holds the public folder of an assignment, or is one; its `course.toml` may name the assignment.
    """
    packed = (inside if inside.is_dir() else inside.parent) / ".grade"
    if not packed.is_dir():
        return None
    named = read_name(packed / "course.toml")
    known = look_up(named, roots) if named is not None else None
    brought = find_practice(packed, named) if named is not None else None
    if known is not None and (known.reference is not None or brought is None):
        return known
    if brought is not None:
        return brought
    if (packed / SPECIFICATION).is_file():
        name = named or strip_suffix(inside.name)
        return look_up(name, roots) or Found(folder=packed, slug=name)
    folders = [folder for folder in list_folders(packed) if (folder / SPECIFICATION).is_file()]
    chosen = [folder for folder in folders if folder.name == named] if named is not None else folders[:1]
    if not chosen:
        if named is not None:
            raise explain_missing(named, roots, inside)
        return None
    return look_up(chosen[0].name, roots) or Found(folder=chosen[0])


def find_practice(packed: Path, name: str) -> Found | None:
    """What a release brought: the public folder, and what marking at home needs."""
    folder, practice = packed / name, packed / "practice"
    whole = (folder / SPECIFICATION).is_file() and (practice / "practice.json").is_file()
    return Found(folder=folder, slug=name, practice=practice) if whole and name not in ("", ".", "..") else None


def read_name(path: Path) -> str | None:
    """The assignment that a submission's own `course.toml` names, if there is one.

    Raises:
        UsageError: it can't be read, or names no assignment.
    """
    if not path.is_file():
        return None
    try:
        name = read_toml(path).get("assignment")
    except SpecError as error:
        raise UsageError(error.message, details=error.details) from error
    if name is not None and (not isinstance(name, str) or not name.isprintable() or len(name) > LONGEST_NAME):
        raise UsageError(f"{str(path)!r}: assignment is {describe_value(name)}; a name is right, such as 'hw1'")
    return None if name is None else clean_name(name)


def look_up(name: str, roots: list[Path]) -> Found | None:
    """The nearest assignment of that name."""
    for root in roots:
        folder = root / "assignments" / name
        with suppress(OSError, ValueError):  # a name that no folder can have
            if name not in ("", ".", "..") and (folder / SPECIFICATION).is_file():
                return describe(folder)
    return None


def describe(folder: Path) -> Found:
    """An assignment by its folder: its reference and course by where that folder is."""
    if folder.parent.name != "assignments":
        return Found(folder=folder)
    root = folder.parent.parent
    reference, course = root / "reference" / folder.name, root / "course.toml"
    return Found(
        folder=folder,
        reference=reference if reference.is_dir() else None,
        course=read_course(course) if course.is_file() else Course(),
    )


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
        given = submission.name or submission.resolve().name
        given = f"folder you gave is {given}/" if submission.is_dir() else f"file you gave is {given}"
        details.append(f"The {given}; an assignment has its folder's name.")
    if known:
        details.append(f"Here: {', '.join(sorted(known))} (in assignments/)")
    else:
        details.append("No folder assignments/ was found on the way up from it or from the current folder.")
    near = [slug for slug in known if name.lower().startswith(slug.lower())]
    near = near[-1:] or difflib.get_close_matches(name, known, n=1, cutoff=NEAR)
    command = f"grade submit {submission} --assignment {near[0]}" if near and submission is not None else None
    if near:
        details.append(f"Did you mean:  {command or near[0]}")
    return UsageError(f"no assignment {name!r}", details=tuple(details))
