"""Reading `answers.toml`: what it says, and what is said of one that nobody can read."""

import json
from pathlib import Path
from typing import Any

import pytest

from grader.evidence.strict_json import parse_json
from grader.ingest import read_sheet, read_submission
from grader.ingest.submission import Note, Sheet
from grader.limits import IngestLimits
from grader.spec.digest import digest_bytes


def read(text: str) -> Sheet:
    """A sheet of this text."""
    return read_sheet(text.encode())


def test_what_an_answer_can_be() -> None:
    """Text, numbers, truth, lists and tables are what the recorder would have sent for them."""
    sheet = read('a = "x"\nb = 5130\nc = 0.5\nd = true\ne = [1, "y"]\nf = { g = "h" }\n[i]\n"j k" = "l"\n')

    assert sheet.faults == ()
    assert sheet.values == {
        **{"a": "x", "b": 5130, "c": 0.5, "d": True, "e": [1, "y"]},
        **{"f": {"g": "h"}, "i": {"j k": "l"}},
    }
    assert sheet.lines == {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "i": 7}


@pytest.mark.parametrize(
    ("written", "marker"),
    [
        ("2026-11-20", {"$": "object", "type": "date"}),
        ("07:30:00", {"$": "object", "type": "time"}),
        ("2026-11-20T07:30:00Z", {"$": "object", "type": "datetime"}),
        ("nan", {"$": "nan"}),
        ("-inf", {"$": "-inf"}),
        ("1e999", {"$": "inf"}),
        ("9007199254740993", {"$": "int", "type": "int", "digits": "9007199254740993"}),
        ("[[[[1]]]]", [[[{"$": "deep", "type": "list"}]]]),
        ("{ a = { b = { c = { d = 1 } } } }", {"a": {"b": {"c": {"$": "deep", "type": "dict"}}}}),
        ("[" + "1," * 1_001 + "]", {"$": "long", "type": "list", "length": 1_001}),
        ('"' + "x" * 20_001 + '"', {"$": "long", "type": "str", "length": 20_001}),
        ('{ "$" = "tuple" }', {"$": "dict", "items": [["$", "tuple"]]}),
    ],
)
def test_what_no_answer_can_be_is_marked(written: str, marker: Any) -> None:
    """It costs its own question: the others' answers stand."""
    sheet = read(f"a = 1\nb = {written}\n")

    assert sheet.faults == ()
    assert sheet.values == {"a": 1, "b": marker}


@pytest.mark.parametrize(
    ("line", "message", "suggestion"),
    [
        ("why = because of it", "text stands between quotes", 'write why = "because of it"'),
        ("why = it's so  # mine", "text stands between quotes", 'write why = "it\'s so"'),
        ("count = 5,130", "the number isn't written as TOML has it", 'write count = 5130, or in quotes: "5,130"'),
        ("count: 5130", "an equals sign is missing", "write count = 5130"),
        ("count 5130", "an equals sign is missing", "write count = 5130"),
        ("count", "an equals sign is missing", 'write count = "…"'),
        ("count =", "there is no answer after the equals sign", "write one, or leave the line out"),
        ("why = True", "True is Python's word, not TOML's", "write true"),
        ("why = None", "None is Python's word, not TOML's", "write nothing: leave the line out"),
        ('why = "so', "a quote is missing", 'write why = "so"'),
        ("first = 2", "first is answered twice", "keep one of the two lines"),
        ('why = "C:\\data"', "unescaped '\\' in a string", "between single quotes a backslash is itself: '…'"),
        ('why = "a\x00b"', "an invisible control character stands there", "write the line anew"),
    ],
)
def test_a_fault_has_its_line_and_what_would_be_right(line: str, message: str, suggestion: str) -> None:
    """In the words of whoever wrote it; and no answer counts."""
    sheet = read(f"first = 1\n\n{line}\n")

    assert sheet.values == {}
    assert [(fault.line, fault.message, fault.suggestion) for fault in sheet.faults] == [(3, message, suggestion)]


def test_every_fault_is_told() -> None:
    """Not only the first, on which a parser stops."""
    sheet = read('a = because\nb = 2\nc: 3\nd = "x\ne = 5\nb = 6\n')

    assert [fault.line for fault in sheet.faults] == [1, 3, 4, 6]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('a = """so\nb = 2\n', "the file ends before a quote, bracket or brace is closed"),
        ("a = [1,\nb = 2\nc = 3\n", "the answer above doesn't end"),
    ],
)
def test_what_is_never_closed(text: str, message: str) -> None:
    """Is told once, and not as faults of all that follows."""
    sheet = read(text)

    assert message in {fault.message for fault in sheet.faults}
    assert len(sheet.faults) <= 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a = '" + b"x" * 300_000 + b"'", "it has 300 kB; at most 262 kB are taken"),
        (b"a = \xff", "not UTF-8 (byte 0xff); save it as UTF-8"),
        (b"a = " + b"[" * 100_000, "it is nested too deeply"),
        (b"a" + b".a" * 30_000 + b" = 1", "it is nested too deeply"),
        (b"a = " + b"9" * 100_000, "a number in it is too long"),
        (b"a = 0x" + b"f" * 9_000, "a number in it is too long"),
        (b"a = 99999999999999999999", "a number in it is too long"),
        (b"\n".join(b"a%d = 1" % n for n in range(1_001)), "it has 1,001 answers; at most 1,000 are taken"),
    ],
)
def test_bounds(content: bytes, message: str) -> None:
    """A file beyond them is a fault; reading it never raises, and costs no time."""
    sheet = read_sheet(content)

    assert [fault.message for fault in sheet.faults] == [message]
    assert sheet.values == {}


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"\xef\xbb\xbfa = 1\r\nb = 2\r\n"])
def test_empty_marked_and_from_windows(content: bytes) -> None:
    """No answers, a byte order mark and other ends of lines are no faults."""
    assert read_sheet(content).faults == ()


def test_a_line_of_very_many_spaces_costs_no_time() -> None:
    """What looks at faulty lines looks at short ones only."""
    sheet = read("a" + " " * 200_000 + "#" * 20_000)

    assert len(sheet.faults) == 1


def test_a_line_that_cannot_be_known_is_not_told() -> None:
    """A name that begins two lines, one of them within a text, has none."""
    sheet = read('a = """\nb = 1\n"""\nb = 2\n')

    assert sheet.lines == {"a": 1}


def test_what_is_read_is_what_crosses() -> None:
    """Values are JSON by the rules that hold for what comes out of a sandbox."""
    sheet = read('a = [1, nan, 2026-01-01, 99999999999999]\nb = { "ü" = 1.5 }\n')
    written = json.dumps(dict(sheet.values), ensure_ascii=False, allow_nan=False).encode()

    assert parse_json(written, most_bytes=1_000, most_depth=16) == dict(sheet.values)


# In a submission


def place(tmp_path: Path, **files: str) -> Path:
    """A folder with these files; `_dot_` is a dot."""
    for name, text in files.items():
        (tmp_path / name.replace("_dot_", ".")).write_text(text, "utf-8")
    return tmp_path


def test_answers_beside_a_program(tmp_path: Path) -> None:
    """They are none of the programs."""
    folder = place(tmp_path, hw_dot_py="x = 1", answers_dot_toml="y = 2")
    submission = read_submission(folder, files=["hw.py", "answers.toml"])

    assert [program.path for program in submission.programs] == ["hw.py"]
    assert submission.sheet is not None
    assert (submission.sheet.values, submission.missing) == ({"y": 2}, ())


def test_a_program_of_answers(tmp_path: Path) -> None:
    """Is taken in place of the file, and is no program of the homework's."""
    submission = read_submission(place(tmp_path, answers_dot_py="y = 2"), files=["answers.toml"])

    assert submission.programs == ()
    assert submission.sheet is not None
    assert submission.sheet.program is not None
    assert (submission.sheet.path, submission.sheet.program.source) == ("answers.py", "y = 2")
    assert submission.source.endswith("/answers.py")


def test_both(tmp_path: Path) -> None:
    """The file is taken, which is said; the notebook isn't even read."""
    folder = place(tmp_path, answers_dot_toml="y = 2", answers_dot_ipynb="broken")
    submission = read_submission(folder, files=["answers.toml"])

    assert submission.sheet is not None
    assert submission.sheet.values == {"y": 2}
    assert submission.notes == (Note(code="both_kinds", facts={"file": "answers.toml", "notebook": "answers.ipynb"}),)


def test_the_untouched_handout_gives_way(tmp_path: Path) -> None:
    """A blank sheet that came with the handout isn't the student's: the script beside it is taken."""
    folder = place(tmp_path, answers_dot_toml="# blank\n", answers_dot_py="y = 2")
    handout = frozenset([digest_bytes(b"# blank\n")])
    submission = read_submission(folder, files=["answers.toml"], handout=handout)

    assert submission.sheet is not None
    assert submission.sheet.path == "answers.py"
    assert [note.code for note in submission.notes] == ["untouched_script"]


def test_no_answers(tmp_path: Path) -> None:
    """They are missing by the name that is asked for, and what is there of their kinds is named."""
    submission = read_submission(place(tmp_path, quiz_dot_toml="y = 2"), files=["answers.toml"])

    assert (submission.sheet, submission.missing) == (None, ("answers.toml",))
    assert submission.notes[0].code == "missing_file"
    assert submission.notes[0].facts["file"] == "answers.toml"


@pytest.mark.parametrize(
    ("given", "files", "taken"),
    [
        ("my answers.toml", ["answers.toml"], "answers.toml"),
        ("quiz.py", ["answers.toml"], "answers.py"),
        ("quiz.ipynb", ["answers.toml"], "answers.ipynb"),
        ("other.py", ["hw.py", "answers.toml"], "hw.py"),
        ("answers.py", ["hw.py", "answers.toml"], "answers.py"),
        ("mine.toml", ["hw.py", "answers.toml"], "answers.toml"),
    ],
)
def test_a_single_file(given: str, files: list[str], taken: str, tmp_path: Path) -> None:
    """Is taken as what it can be; a script is the homework's before it is one of answers."""
    notebook = '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'
    path = tmp_path / given
    path.write_text(notebook if given.endswith("ipynb") else "x = 1", "utf-8")
    submission = read_submission(path, files=files)

    assert [file.path for file in submission.files] == [taken]


def test_too_large_a_file_costs_the_quiz_alone(tmp_path: Path) -> None:
    """50 MB of answers beside a program: the program is graded."""
    folder = place(tmp_path, hw_dot_py="x = 1")
    (folder / "answers.toml").write_bytes(b"a = '" + b"x" * 50_000_000 + b"'")
    limits = IngestLimits()
    submission = read_submission(folder, files=["hw.py", "answers.toml"], limits=limits)

    assert len(submission.programs) == 1
    assert submission.sheet is not None
    assert submission.sheet.faults[0].message == "it has 50 MB; at most 262 kB are taken"
