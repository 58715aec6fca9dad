"""What a student works on: the files of `handout/`, made from the solution where that has solution parts.

The handout is a file of the repository like any other, so that an author sees what students get, and a submission that
is the handout unchanged is known as that. `find_stale` says where it isn't any more what the solution gives.
"""

from collections.abc import Mapping
from pathlib import Path

from grader.durable import write_whole
from grader.errors import Fault, ProvisionError, SpecError
from grader.ingest.cells import make_notebook
from grader.release.strip import has_solution, strip_notebook, strip_script
from grader.spec.digest import ALONGSIDE
from grader.spec.model import Assignment

__all__ = ["find_stale", "make_handout", "read_handout", "read_solution_files", "write_handout"]


def read_solution_files(assignment: Assignment) -> dict[str, bytes]:
    """The files of the solution, by path.

    Raises:
        ProvisionError: there is none here.
    """
    if assignment.reference is None or not (assignment.reference / "solution").is_dir():
        raise ProvisionError(
            f"{assignment.slug!r} can't be released here: its solution isn't on this machine",
            details=("It is the folder reference/<assignment>/solution beside assignments/.",),
        )
    return read_folder(assignment.reference / "solution")


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of a folder by path, sorted; what programs leave behind isn't among them."""
    if not folder.is_dir():
        return {}
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    kept = {name: path for name, path in found.items() if not set(name.split("/")) & set(ALONGSIDE)}
    return {name: kept[name].read_bytes() for name in sorted(kept)}


def make_handout(assignment: Assignment) -> dict[str, bytes]:
    """The files that the solution gives, stripped; a notebook for a script, where the solution has no own. None where
    no file of the solution has a solution part: then `handout/` is written by hand.

    Raises:
        SpecError: a marker has no partner.
        ProvisionError: there is no solution here.
    """
    made: dict[str, bytes] = {}
    for name, content in read_solution_files(assignment).items():
        if not name.endswith((".py", ".ipynb")) or not has_solution(content.decode("utf-8", "replace")):
            continue
        if name.endswith(".ipynb"):
            made[name] = strip_notebook(content, where=name)
        else:
            script = strip_script(content.decode("utf-8"), where=name)
            made[name] = script.encode()
            made.setdefault(name.removesuffix(".py") + ".ipynb", make_notebook(script))
    return made


def read_handout(assignment: Assignment) -> dict[str, bytes]:
    """The files of `handout/`.

    Raises:
        SpecError: there are none.
    """
    files = read_folder(assignment.folder / "handout")
    if not files:
        folder = assignment.folder / "handout"
        fault = Fault(str(folder), "there is nothing for students in it", "a script or notebook to begin with")
        raise SpecError(
            f"{assignment.slug!r} has no handout",
            faults=(fault,),
            details=("Mark what students write with # BEGIN SOLUTION and # END SOLUTION in the solution.",),
            command=f"grade release {assignment.slug} --update-handout",
        )
    return files


def find_stale(assignment: Assignment) -> list[str]:
    """The files of `handout/` that aren't what the solution gives. Raises as `make_handout`."""
    there = read_folder(assignment.folder / "handout")
    return [name for name, content in make_handout(assignment).items() if there.get(name) != content]


def write_handout(assignment: Assignment) -> list[str]:
    """Write what the solution gives into `handout/`; the names of what changed. Raises as `make_handout`, and:

    Raises:
        OSError: it can't be written.
    """
    made: Mapping[str, bytes] = make_handout(assignment)
    stale = find_stale(assignment)
    for name in stale:
        path = assignment.folder / "handout" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, made[name])
    return stale
