"""The bytes of an `.ipynb` become the sources of its code cells; outputs and everything else are never kept.

A notebook is JSON from a stranger. It is scanned before it is parsed, so that depth, and the number of values, which
decides how much memory parsing takes, are known; outputs are dropped while parsing. What a cell is must be plain: a
cell of an odd type is refused by its number, not passed over, because it might be the homework.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from grader.ingest.refusal import refuse, show_name, show_size
from grader.ingest.script import check_source, decode_utf8, has_code, list_bidi
from grader.ingest.submission import Cell, Note, Program
from grader.limits import IngestLimits

__all__ = ["SKIP_TAG", "read_notebook"]

SKIP_TAG = "skip-grading"
TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{},]', re.DOTALL)
DROPPED = frozenset(("outputs", "attachments", "widgets"))
PYTHONS = frozenset(("python", "python2", "python3", "ipython", "ipython3", "py"))
KINDS = frozenset(("code", "markdown", "raw", "heading", "html"))
LONGEST_NUMBER = 40
SAVE_AGAIN = "Open it in Jupyter, run it from the top, and save it again."


def read_notebook(path: str, content: bytes, limits: IngestLimits) -> tuple[Program, tuple[Note, ...]]:
    """The program that a notebook is: its code cells, numbered from 1, without those tagged `skip-grading`.

    Raises:
        SubmissionError: it isn't a notebook of format 3 or 4 in Python, or it is broken or too large.
    """
    document = parse_notebook(path, content, limits)
    check_language(path, document)
    codes: list[Cell] = []
    count = 0
    for place, cell in enumerate(list_cells(path, document), 1):
        source = read_cell(path, cell, place, place_limit=limits.cells)
        if source is not None:
            count += 1
            if not is_skipped(cell):
                check_cell_language(path, cell, count)
                codes.append(Cell(number=count, source=source))
    check_length(path, codes, limits)
    for code in codes:
        check_source(code.source, f"{show_name(path)}, cell {code.number}")
    return Program(path=path, cells=tuple(codes), cell_count=count), make_notes(path, codes, count)


def make_notes(path: str, codes: list[Cell], count: int) -> tuple[Note, ...]:
    """What a student should know about the notebook."""
    notes = []
    if count > len(codes):
        notes.append(Note(code="cells_skipped", facts={"file": path, "count": count - len(codes)}))
    if not any(has_code(code.source) for code in codes):
        notes.append(Note(code="no_code", facts={"file": path}))
    for code in codes:
        notes.extend(list_bidi(path, code.source, cell=code.number)[: 1 if len(notes) < 3 else 0])
    return tuple(notes)


def parse_notebook(path: str, content: bytes, limits: IngestLimits) -> Mapping[str, Any]:
    """The notebook's JSON, within bounds.

    Raises:
        SubmissionError: it is no JSON object, or it is too large.
    """
    shown = show_name(path)
    if len(content) > limits.program_bytes:
        message = f"{shown} has {show_size(len(content))}; at most {show_size(limits.program_bytes)} are taken"
        raise refuse("notebook_too_large", message, 'Clear its outputs ("Clear all outputs"), and save it again.')
    text = decode_utf8(path, content)
    if not text.strip():
        raise refuse("notebook_json", f"{shown} is empty: not even an empty notebook", SAVE_AGAIN)
    scan(shown, text, limits)
    try:
        document = json.loads(text, object_pairs_hook=read_object, parse_int=read_int, parse_constant=lambda name: None)
    except json.JSONDecodeError as error:
        message = f"{shown} isn't a notebook: no JSON (line {error.lineno}, column {error.colno})"
        raise refuse("notebook_json", message, *explain_json(text), SAVE_AGAIN) from None
    except DuplicateKeyError as error:
        message = f"{shown} says {show_name(error.key)} twice in one place"
        raise refuse("notebook_twice", message, SAVE_AGAIN) from None
    except (RecursionError, ValueError):
        raise refuse("notebook_json", f"{shown} isn't a notebook: its JSON can't be read", SAVE_AGAIN) from None
    if not isinstance(document, dict):
        raise refuse("notebook_form", f"{shown} isn't a notebook: {name_type(document)}, not an object", SAVE_AGAIN)
    return document


class DuplicateKeyError(Exception):
    """A JSON object has a key twice: readers differ in which value they take."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def scan(shown: str, text: str, limits: IngestLimits) -> None:
    """Look at depth and number of tokens before anything is built from them."""
    depth = 0
    for count, found in enumerate(TOKEN.finditer(text)):
        first = text[found.start()]
        if first in "[{":
            depth += 1
        elif first in "]}":
            depth -= 1
        if depth > limits.json_depth:
            raise refuse("notebook_depth", f"{shown} is nested more than {limits.json_depth} deep", SAVE_AGAIN)
        if count > limits.json_tokens:
            message = f"{shown} holds more than {limits.json_tokens:,} values"
            raise refuse("notebook_too_large", message, 'Clear its outputs ("Clear all outputs"), and save it again.')


def read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object without what is never looked at."""
    table = dict(pairs)
    if len(table) != len(pairs):
        raise DuplicateKeyError(find_twice([key for key, _ in pairs]))
    for key in DROPPED & table.keys():
        del table[key]
    return table


def find_twice(keys: list[str]) -> str:
    """The first key that stands there a second time."""
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            return key
        seen.add(key)
    return ""


def read_int(digits: str) -> int:
    """A whole number; a longer one than any that means something is none."""
    return int(digits) if len(digits) <= LONGEST_NUMBER else -1


def explain_json(text: str) -> tuple[str, ...]:
    """Why something may be no JSON, where that can be told."""
    if "<<<<<<<" in text and ">>>>>>>" in text:
        return ("It holds the marks of a merge conflict (<<<<<<<): both versions are in it.",)
    if text.lstrip().startswith(("import ", "from ", "#", "def ", "%", '"""')):
        return ("It looks like a script: should its name end in .py?",)
    return ()


def list_cells(path: str, document: Mapping[str, Any]) -> list[Any]:
    """All cells of a notebook, in order: format 4 has them directly, format 3 in worksheets.

    Raises:
        SubmissionError: another format, or no list of cells.
    """
    shown = show_name(path)
    version = document.get("nbformat", 4 if "cells" in document else 3 if "worksheets" in document else None)
    if type(version) is not int or version not in (3, 4):
        said = "doesn't say its format" if version is None else f"is of format {show_name(str(version))}"
        raise refuse("notebook_version", f"{shown} {said}; notebooks of format 3 and 4 are taken", SAVE_AGAIN)
    if version == 4:
        cells = document.get("cells")
    else:
        sheets = document.get("worksheets")
        if not isinstance(sheets, list) or not all(isinstance(sheet, dict) for sheet in sheets):
            raise refuse("notebook_form", f"{shown} has no list of worksheets, as format 3 has", SAVE_AGAIN)
        lists = [sheet.get("cells") for sheet in sheets]
        cells = [cell for some in lists for cell in some] if all(isinstance(some, list) for some in lists) else None
    if not isinstance(cells, list):
        raise refuse("notebook_form", f"{shown} has no list of cells", SAVE_AGAIN)
    return cells


def read_cell(path: str, cell: Any, place: int, *, place_limit: int) -> str | None:
    """A code cell's source; None where the cell is text. `place` counts all cells from 1.

    Raises:
        SubmissionError: it is no cell, or there are too many.
    """
    where = f"{show_name(path)}, cell {place} of all cells"
    if place > place_limit:
        raise refuse("too_many_cells", f"{show_name(path)} has more than {place_limit:,} cells")
    if not isinstance(cell, dict):
        raise refuse("notebook_cell", f"{where}: {name_type(cell)} where a cell belongs", SAVE_AGAIN)
    kind = cell.get("cell_type")
    if not isinstance(kind, str) or kind not in KINDS:
        said = "no cell_type" if kind is None else f"the cell_type {show_name(str(kind))}"
        raise refuse("notebook_cell", f"{where}: it has {said}", SAVE_AGAIN)
    if kind != "code":
        return None
    source = cell.get("source", cell.get("input"))
    if isinstance(source, str):
        return source
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return "".join(source)
    said = "it has no source" if source is None else f"its source is {name_type(source)}, not text or a list of lines"
    raise refuse("notebook_cell", f"{where}: {said}", SAVE_AGAIN)


def is_skipped(cell: Mapping[str, Any]) -> bool:
    """Whether a cell is tagged as not to be graded."""
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return isinstance(tags, list) and SKIP_TAG in tags


def check_language(path: str, document: Mapping[str, Any]) -> None:
    """Refuse a notebook in another language than Python. One that doesn't say is taken for Python."""
    for language in list_languages(document.get("metadata")):
        if not is_python(language):
            message = f"{show_name(path)} is a notebook in {show_name(language)}; Python is right"
            raise refuse("notebook_language", message, "Choose a Python kernel, and save it again.")


def list_languages(metadata: Any) -> Iterator[str]:
    """The languages that a notebook's metadata names."""
    if not isinstance(metadata, dict):
        return
    for section, key in (("language_info", "name"), ("kernelspec", "language")):
        table = metadata.get(section)
        language = table.get(key) if isinstance(table, dict) else None
        if isinstance(language, str) and language:
            yield language


def check_cell_language(path: str, cell: Mapping[str, Any], number: int) -> None:
    """Refuse a code cell that says it is in another language."""
    metadata = cell.get("metadata")
    editor = metadata.get("vscode") if isinstance(metadata, dict) else None
    for language in (cell.get("language"), editor.get("languageId") if isinstance(editor, dict) else None):
        if isinstance(language, str) and language and not is_python(language):
            message = f"{show_name(path)}, cell {number}: it is in {show_name(language)}; Python is right"
            raise refuse("notebook_language", message, f'Change its language, or tag the cell "{SKIP_TAG}".')


def is_python(language: str) -> bool:
    """Whether a language's name means Python."""
    return language.casefold() in PYTHONS


def check_length(path: str, codes: list[Cell], limits: IngestLimits) -> None:
    """Refuse more code than any homework has."""
    total = sum(len(code.source) for code in codes)
    if total > limits.source_bytes:
        message = (
            f"{show_name(path)} has {show_size(total)} of code; at most {show_size(limits.source_bytes)} are taken"
        )
        raise refuse("source_too_long", message)


def name_type(value: Any) -> str:
    """What a JSON value is."""
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "nothing (null)"}
    return names.get(type(value), "a number")
