"""`course.toml`, beside `assignments/`: what the course is called, and where a submission is handed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import SpecError
from grader.spec.faults import Faults, read_fields
from grader.spec.toml import read_toml
from grader.spec.values import Field, Text

__all__ = ["COURSE", "Course", "read_course"]

COURSE: tuple[Field, ...] = (
    Field("title", Text(longest=200), None, "What the course is called."),
    Field("inbox", Text(longest=1_000), None, "The folder into which submissions are handed in."),
    Field("hand_in", Text(longest=500), None, "Where to hand in otherwise, in a few words for students."),
)


@dataclass(frozen=True, kw_only=True)
class Course:
    """A course. `inbox` is a whole path, None where nothing can be handed in with this program."""

    title: str | None = None
    inbox: Path | None = None
    hand_in: str | None = None


def read_course(path: Path) -> Course:
    """Read a course.toml; a relative `inbox` counts from its folder, and `~` is the home folder.

    Raises:
        SpecError: there is no such file, or it is unsound; all its faults are in there.
    """
    path = Path(path)
    faults = Faults()
    values = read_fields(read_toml(path), COURSE, "", faults)
    inbox = read_inbox(values, path, faults)
    if faults.found:
        count = f"{len(faults.found)} faults" if len(faults.found) > 1 else "a fault"
        raise SpecError(f"{path} has {count}", faults=tuple(faults.found))
    return Course(title=values["title"], inbox=inbox, hand_in=values["hand_in"])


def read_inbox(values: Mapping[str, Any], path: Path, faults: Faults) -> Path | None:
    """The inbox's folder."""
    inbox = values["inbox"]
    if not inbox:
        return None
    if "://" in inbox:
        faults.add("inbox", f"{inbox!r} is an address", "a folder is right; an address can't be used yet")
        return None
    try:
        return (path.parent / Path(inbox).expanduser()).resolve()
    except RuntimeError:
        faults.add("inbox", f"{inbox!r} begins with a home folder that isn't known", "write the whole path")
    except (ValueError, OSError):
        faults.add("inbox", f"{inbox!r} can't be a path", "write the path of a folder")
    return None
