import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import SubmissionError
from grader.ingest.script import list_bidi, read_script
from grader.limits import IngestLimits

LIMITS = IngestLimits()


def refused(content: bytes) -> SubmissionError:
    """Why a script of those bytes is refused."""
    with pytest.raises(SubmissionError) as caught:
        read_script("hw1.py", content, LIMITS)
    return caught.value


@pytest.mark.parametrize(
    ("content", "source"),
    [
        ("x = 'ü'".encode(), "x = 'ü'"),
        (b"\xef\xbb\xbfx = 1", "x = 1"),
        (b"\xef\xbb\xbf# coding: utf-8\nx = 1", "# coding: utf-8\nx = 1"),
        (b"# -*- coding: latin-1 -*-\nx = '\xfc'", "# -*- coding: latin-1 -*-\nx = 'ü'"),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '\x80'", "€"),
        (b"# coding: us-ascii\nx = 1", "x = 1"),
        (b"# coding: utf-8-unix\nx = 1", "x = 1"),
        (b"# coding=UTF_8\r\nx = 1\r\n", "x = 1\r\n"),
        (b"x = 1\n# coding: rot13\n", "rot13"),
        (b"", ""),
    ],
)
def test_encodings(content: bytes, source: str) -> None:
    """UTF-8 with or without its mark, and a short list of declared ones, in the first two lines alone."""
    assert read_script("hw1.py", content, LIMITS).endswith(source) or source in read_script("hw1.py", content, LIMITS)


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"# coding: rot13\nvzcbeg bf", "encoding", "'rot13'"),
        (b"# coding: utf-7\n+AGEAYQ-", "encoding", "'utf-7'"),
        (b"# coding: unicode_escape\n", "encoding", "unicode_escape"),
        (b"# coding: raw_unicode_escape\n", "encoding", "isn't taken"),
        (b"\n# coding: nonsense\n", "encoding", "nonsense"),
        (b"# coding: ..\n", "encoding", "isn't taken"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "encoding", "mark"),
        (b"# coding: ascii\nx = '\xfc'", "encoding", "line 2: the byte 0xfc can't be read as ascii"),
        (b"x = 1\ny = '\xfc'\n", "encoding", "line 2: the byte 0xfc can't be read as utf-8"),
        ("x = 1".encode("utf-16"), "encoding", "UTF-16"),
        ("x = 1".encode("utf-16-le"), "encoding", "UTF-16"),
        ("x = 1".encode("utf-32"), "encoding", "UTF-16 or UTF-32"),
        (b"x = 1\ny = '\0'", "nul", "line 2"),
        (b"x = '\xed\xa0\x80'", "encoding", "line 1"),
        (b"#" * 5_000_000, "source_too_long", "5.0 MB of code"),
    ],
)
def test_refused(content: bytes, code: str, said: str) -> None:
    """A codec that runs code or hides it, bytes that mean nothing, a NUL, and more code than any homework has."""
    error = refused(content)

    assert error.code == code
    assert said in error.message


def test_characters_that_reorder_are_noted() -> None:
    """Not refused: text in Arabic or Hebrew may hold them. Once a file, with the line."""
    assert list_bidi("hw1.py", "x = 1\n") == []
    (note,) = list_bidi("hw1.py", "x = 1\ny = '\u202e'\nz = '\u2066'\n")
    assert (note.code, note.facts) == ("bidi_characters", {"file": "hw1.py", "line": 2})


@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    """Are read as text, or refused."""
    for start in (b"", b"# coding: ", b"\xef\xbb\xbf", b"# coding: cp1252\n"):
        try:
            assert "\0" not in read_script("hw1.py", start + content, LIMITS)
        except SubmissionError as error:
            assert error.message.isprintable()
