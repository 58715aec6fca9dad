"""Whatever a student hands in becomes one canonical tree and the programs in it, or is refused with the reason."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from grader.errors import SubmissionError, UsageError
from grader.ingest.answers import read_sheet
from grader.ingest.archive import find_largest, read_zip
from grader.ingest.folder import read_folder, read_open, read_tail
from grader.ingest.members import Left, Member, Members
from grader.ingest.names import ARCHIVES, check_name, split_top
from grader.ingest.notebook import read_notebook
from grader.ingest.refusal import refuse, show_name, show_size
from grader.ingest.script import has_code, list_bidi, read_script
from grader.ingest.submission import Note, Program, Sheet, Submission, SubmittedFile
from grader.ingest.tar import find_largest_in, find_packing, read_tar
from grader.ingest.unpacking import Packing
from grader.limits import IngestLimits
from grader.spec.digest import digest_bytes, digest_tree
from grader.spec.vocabulary import SHEET_NAME

__all__ = ["choose_name", "make_submission", "read_submission"]

PROGRAMS = (".py", ".ipynb")
SHEET_PROGRAM = "answers.py"
"""In place of an `answers.toml`: a program whose variables are the answers, or a notebook of that name."""
MOST_NAMED = 3
MAKE = "a .zip or a .tar.gz"


@dataclass(frozen=True, kw_only=True)
class Found:
    """One asked file, as it was found."""

    asked: str
    program: Program | None = None
    sheet: Sheet | None = None
    there: bool = True
    notes: tuple[Note, ...] = ()


def read_submission(
    path: Path,
    *,
    files: Sequence[str],
    handout: Collection[str] = (),
    limits: IngestLimits | None = None,
    name: str | None = None,
) -> Submission:
    """Read a folder, a zip, a tar, or a single file. `files` are the names that the assignment grades.

    For `x.py` a notebook `x.ipynb` is taken where there is no script, or where the script is one of the `handout`'s
    files (digests, "sha256:…") unchanged and the notebook isn't. A single file of another name is taken as the one
    that is asked for. A graded file that isn't there is no error: it is in `missing`, and a note says what was found.
    `name` is under which name it was handed in, where that isn't the path's: a download has other names.

    Raises:
        UsageError: there is nothing at `path`.
        SubmissionError: it is refused as a whole; `code` names the rule.
    """
    limits = limits or IngestLimits()
    path = Path(path)
    name = name or (path.resolve().name if path.is_dir() else path.name)
    packing = find_packing(name)
    is_zip = PurePosixPath(name).suffix.casefold() == ".zip"
    notes: list[Note] = []
    if path.is_dir():
        members = read_folder(path, limits)
    elif not path.exists() and not path.is_symlink():
        raise UsageError(f"there is no file or folder {str(path)!r}")
    elif is_zip:
        members = read_zip(read_packed(path, name, limits, None), limits)
    elif packing is not None:
        members = read_tar(read_packed(path, name, limits, packing), packing, limits)
    else:
        members, notes = read_single(path, name, files, limits)
    submission = make_submission(name, enter_top(members), files, frozenset(handout), notes, limits)
    holds_files = is_zip or packing is not None or path.is_dir()
    return name_inside(submission) if holds_files else submission


def read_packed(path: Path, name: str, limits: IngestLimits, packing: Packing | None) -> bytes:
    """An archive's bytes: a tar's, or, without a `packing`, a zip's.

    Raises:
        SubmissionError: there are too many; the largest file in it is named.
    """
    content, size = read_open(path, limits.packed_bytes)
    if len(content) <= limits.packed_bytes:
        return content
    if packing is None:
        largest = find_largest(read_tail(path, size), size, limits)
    else:
        largest = find_largest_in(content, packing, limits)
    message = f"{show_name(name)} has {show_size(size)}; at most {show_size(limits.packed_bytes)} are taken"
    advice = "Leave data sets and checkpoints out: the grader brings its own."
    raise refuse("too_large", message + (f"; the largest file in it is {largest}" if largest else ""), advice)


def read_single(path: Path, given: str, files: Sequence[str], limits: IngestLimits) -> tuple[Members, list[Note]]:
    """A file that was handed in by itself as `given`, under the name that is asked for.

    Raises:
        SubmissionError: it isn't of a kind that is asked for.
    """
    suffix = PurePosixPath(given).suffix.casefold()
    kinds = {kind for name in files for kind in list_suffixes(name)}
    if suffix not in kinds:
        raise refuse_kind(given, kinds)
    content, size = read_open(path, limits.program_bytes)
    if len(content) > limits.program_bytes:
        message = f"{show_name(given)} has {show_size(size)}; at most {show_size(limits.program_bytes)} are taken"
        raise refuse("notebook_too_large" if suffix == ".ipynb" else "too_large", message)
    name = choose_name(given, files)
    check_name(name, limits)
    notes = [] if name == given else [Note(code="taken_as", facts={"file": given, "name": name})]
    return Members(files=(Member(path=name, content=content),)), notes


def list_suffixes(name: str) -> tuple[str, ...]:
    """The endings of a file that can be handed in for a name."""
    if name == SHEET_NAME:
        return (".toml", *PROGRAMS)
    suffix = PurePosixPath(name).suffix
    return PROGRAMS if suffix == ".py" else (suffix,)


def refuse_kind(given: str, kinds: set[str]) -> SubmissionError:
    """What to raise for a file of another kind."""
    right = ", ".join(["a folder", "a .zip", "a .tar.gz", *(f"a {kind}" for kind in sorted(kinds))])
    archive = PurePosixPath(given).suffix.casefold() in ARCHIVES
    advice = f"Unpack it and hand in the folder, or make {MAKE} of it." if archive else f"Taken are {right}."
    return refuse("kind", f"{show_name(given)} is of no kind that is taken", advice)


def choose_name(given: str, files: Sequence[str]) -> str:
    """The asked name under which a single file is taken: its own where it is asked for, else the only one possible."""
    suffix = PurePosixPath(given).suffix.casefold()
    possible = [PurePosixPath(name).stem + suffix for name in files if suffix in list_suffixes(name)]
    if given in possible:
        return given
    programs = [name for name in possible if PurePosixPath(name).stem != PurePosixPath(SHEET_NAME).stem]
    possible = programs or possible  # a script of another name is the homework's before it is one of answers
    return given if len(possible) != 1 else possible[0]


def enter_top(members: Members) -> Members:
    """Take off the folder that holds everything, as archives and downloads have it."""
    top = split_top([member.path for member in members.files])
    if members.files and top:
        files = (Member(path=member.path.removeprefix(top), content=member.content) for member in members.files)
        return Members(files=tuple(files), left=members.left)
    return members


def make_submission(
    name: str,
    members: Members,
    files: Sequence[str],
    handout: frozenset[str],
    notes: list[Note],
    limits: IngestLimits,
) -> Submission:
    """The submission as a value; `name` is what to show of where it came from."""
    contents = {
        member.path: member.content for member in sorted(members.files, key=lambda member: member.path.encode())
    }
    found = [find_asked(name, contents, handout, limits) for name in files]
    submitted = tuple(
        SubmittedFile(path=name, content=content, digest=digest_bytes(content)) for name, content in contents.items()
    )
    programs = tuple(item.program for item in found if item.program is not None)
    return Submission(
        source=name,
        digest=digest_tree({file.path: file.digest for file in submitted}),
        files=submitted,
        programs=programs,
        sheet=next((item.sheet for item in found if item.sheet is not None), None),
        missing=tuple(item.asked for item in found if not item.there),
        notes=(*notes, *(note for item in found for note in item.notes), *note_left(members.left)),
    )


def name_inside(submission: Submission) -> Submission:
    """The same, showing which of its files is graded first."""
    graded = [program.path for program in submission.programs]
    graded += [] if submission.sheet is None else [submission.sheet.path]
    return replace(submission, source=f"{submission.source}/{graded[0]}") if graded else submission


def find_asked(name: str, contents: dict[str, bytes], handout: frozenset[str], limits: IngestLimits) -> Found:
    """One asked file: its program where it is one; a note where it isn't there, or where there are two."""
    if name == SHEET_NAME:
        return find_sheet(contents, handout, limits)
    suffix = PurePosixPath(name).suffix
    notebook = name.removesuffix(".py") + ".ipynb" if suffix == ".py" else None
    if name in contents:
        if suffix not in PROGRAMS:
            return Found(asked=name)
        if notebook is None or notebook not in contents:
            return read_program(name, name, contents, limits, ())
        untouched = [path for path in (name, notebook) if digest_bytes(contents[path]) in handout]
        facts: dict[str, str | int] = {"file": name, "notebook": notebook}
        if untouched == [name]:
            return read_program(name, notebook, contents, limits, (Note(code="untouched_script", facts=facts),))
        return read_program(name, name, contents, limits, (Note(code="both_kinds", facts=facts),))
    if notebook is not None and notebook in contents:
        return read_program(name, notebook, contents, limits, ())
    facts = {"file": name, "notebook": notebook or "", "found": name_found(name, contents)}
    return Found(asked=name, there=False, notes=(Note(code="missing_file", facts=facts),))


def find_sheet(contents: dict[str, bytes], handout: frozenset[str], limits: IngestLimits) -> Found:
    """The answers to a quiz: `answers.toml`, or a program in its place where that isn't there or is the handout's.

    Raises:
        SubmissionError: the program can't be read as one.
    """
    notebook = SHEET_PROGRAM.removesuffix(".py") + ".ipynb"
    other = next((path for path in (SHEET_PROGRAM, notebook) if path in contents), None)
    notes: tuple[Note, ...] = ()
    if SHEET_NAME in contents:
        untouched = [path for path in (SHEET_NAME, other) if path and digest_bytes(contents[path]) in handout]
        facts: dict[str, str | int] = {"file": SHEET_NAME, "notebook": other or ""}
        if other is None or untouched != [SHEET_NAME]:
            both = other is not None and other not in untouched
            notes = (Note(code="both_kinds", facts=facts),) if both else ()
            return Found(asked=SHEET_NAME, sheet=read_sheet(contents[SHEET_NAME], limits=limits), notes=notes)
        notes = (Note(code="untouched_script", facts=facts),)
    found = find_asked(SHEET_PROGRAM, contents, handout, limits)
    return replace(use_as_sheet(found), asked=SHEET_NAME, notes=(*notes, *map(name_sheet, found.notes)))


def use_as_sheet(found: Found) -> Found:
    """A program as answers: none of the submission's programs."""
    if found.program is None:
        return found
    return replace(found, program=None, sheet=Sheet(path=found.program.path, program=found.program))


def name_sheet(note: Note) -> Note:
    """A note about a missing program of answers, as one about the answers."""
    return replace(note, facts={**note.facts, "file": SHEET_NAME}) if note.code == "missing_file" else note


def read_program(
    asked: str, path: str, contents: dict[str, bytes], limits: IngestLimits, notes: tuple[Note, ...]
) -> Found:
    """A graded script or notebook.

    Raises:
        SubmissionError: it can't be read as one.
    """
    if path.endswith(".ipynb"):
        program, more = read_notebook(path, contents[path], limits)
        return Found(asked=asked, program=program, notes=(*notes, *more))
    source = read_script(path, contents[path], limits)
    empty = () if has_code(source) else (Note(code="no_code", facts={"file": path}),)
    return Found(
        asked=asked, program=Program(path=path, source=source), notes=(*notes, *empty, *list_bidi(path, source))
    )


def name_found(name: str, contents: dict[str, bytes]) -> str:
    """What there is in place of an asked file: the same name elsewhere first, then others of its kind."""
    wanted = list_suffixes(name)
    stem = PurePosixPath(name).stem.casefold()
    others = [PurePosixPath(path) for path in contents if PurePosixPath(path).suffix.casefold() in wanted]
    others.sort(key=lambda path: (path.stem.casefold() != stem, len(path.parts), str(path)))
    return ", ".join(str(path) for path in others[:MOST_NAMED])


def note_left(left: tuple[Left, ...]) -> list[Note]:
    """A note on what was left out, where it is large."""
    large: dict[str, int] = {}
    for item in left:
        top = item.path.split("/")[0]
        large[top] = large.get(top, 0) + item.size
    named = [name for name, size in large.items() if Left(path=name, size=size).is_large]
    if not named:
        return []
    size = show_size(sum(large[name] for name in named))
    return [Note(code="left_out", facts={"names": ", ".join(named[:MOST_NAMED]), "size": size})]
