"""The bytes of a `.py` file become its source, in one of a few encodings. Nothing is guessed."""

import codecs
import re
from collections.abc import Iterator

from grader.errors import SubmissionError
from grader.ingest.names import BIDI
from grader.ingest.refusal import refuse, show_name, show_size
from grader.ingest.submission import Note
from grader.limits import IngestLimits

__all__ = ["check_source", "decode_utf8", "has_code", "list_bidi", "read_script"]

DECLARED = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
BLANK = re.compile(rb"^[ \t\f]*(?:#[^\r\n]*)?$")
ENCODINGS = {"utf-8": "utf-8", "iso8859-1": "latin-1", "ascii": "ascii", "cp1252": "cp1252"}
TAKEN = "utf-8, latin-1, ascii or cp1252"
WIDE_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_script(path: str, content: bytes, limits: IngestLimits) -> str:
    """A script's source.

    Raises:
        SubmissionError: it isn't text in an encoding that is taken, or it is too long.
    """
    if len(content) > limits.source_bytes:
        message = f"{show_name(path)} has {show_size(len(content))} of code; at most {show_size(limits.source_bytes)}"
        raise refuse("source_too_long", f"{message} are taken")
    encoding = find_encoding(path, content)
    if encoding == "utf-8":
        source = decode_utf8(path, content)
    else:
        try:
            source = content.decode(encoding)
        except UnicodeDecodeError as error:
            raise undecodable(path, content, error.start, encoding) from None
    check_source(source, show_name(path))
    return source


def find_encoding(path: str, content: bytes) -> str:
    """The encoding that a script declares in its first two lines; UTF-8 where it declares none.

    Raises:
        SubmissionError: one that isn't taken.
    """
    marked = content.startswith(codecs.BOM_UTF8)
    for line in list_first_lines(content.removeprefix(codecs.BOM_UTF8)):
        found = DECLARED.match(line)
        if found is None:
            continue
        declared = found[1].decode("ascii", "replace")
        encoding = normalise_encoding(declared)
        if encoding is None:
            message = f"{show_name(path)} declares the encoding {show_name(declared)}, which isn't taken"
            raise refuse("encoding", message, f"Save it as UTF-8, and write that in the line; taken: {TAKEN}.")
        if marked and encoding != "utf-8":
            message = f"{show_name(path)} begins with UTF-8's mark and declares {show_name(declared)}"
            raise refuse("encoding", message, "Save it as UTF-8, and take the declaration out.")
        return encoding
    return "utf-8"


def normalise_encoding(declared: str) -> str | None:
    """The encoding that is meant, if it is taken. "utf-8-unix", as Emacs writes it, is UTF-8."""
    name = declared.casefold().replace("_", "-")
    if name == "utf-8" or name.startswith("utf-8-"):
        return "utf-8"
    try:
        return ENCODINGS.get(codecs.lookup(name).name)
    except (LookupError, ValueError):
        return None


def list_first_lines(content: bytes) -> Iterator[bytes]:
    """The lines in which an encoding can be declared: the first, and the second if the first holds no code."""
    lines = re.split(rb"\r\n|\r|\n", content[:4096], maxsplit=2)[:2]
    yield lines[0]
    if len(lines) > 1 and BLANK.match(lines[0]):
        yield lines[1]


def decode_utf8(path: str, content: bytes) -> str:
    """Text in UTF-8, with or without its mark.

    Raises:
        SubmissionError: it is something else.
    """
    if content.startswith(WIDE_MARKS) or b"\0" in content[:4]:
        message = f"{show_name(path)} isn't UTF-8: it looks like UTF-16 or UTF-32"
        raise refuse("encoding", message, 'Save it again as UTF-8; in Windows\' Notepad under "Save as", "Encoding".')
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise undecodable(path, content, error.start, "utf-8") from None


def undecodable(path: str, content: bytes, at: int, encoding: str) -> SubmissionError:
    """What to raise for a byte that means nothing in the encoding."""
    line = content.count(b"\n", 0, at) + 1
    message = f"{show_name(path)}, line {line}: the byte {content[at]:#04x} can't be read as {encoding}"
    return refuse("encoding", message, "Save the file again as UTF-8.")


def check_source(source: str, where: str) -> None:
    """Refuse what no Python source may hold.

    Raises:
        SubmissionError: a NUL, or half of a surrogate pair.
    """
    for number, line in enumerate(source.split("\n"), 1):
        if "\0" in line:
            raise refuse("nul", f"{where}, line {number}: a NUL character", "Is the file damaged? Save it again.")
        if any("\ud800" <= character <= "\udfff" for character in line):
            raise refuse("not_text", f"{where}, line {number}: half a character (a lone surrogate)")


def has_code(source: str) -> bool:
    """Whether there is anything but blank lines and comments."""
    return any(line.strip() and not line.lstrip().startswith("#") for line in source.splitlines())


def list_bidi(path: str, source: str, *, cell: int | None = None) -> list[Note]:
    """A note where invisible characters reorder what is shown, so that a person reads other code than runs."""
    for number, line in enumerate(source.split("\n"), 1):
        if not BIDI.isdisjoint(line):
            place: dict[str, str | int] = {"file": path, "line": number}
            return [Note(code="bidi_characters", facts=place if cell is None else {**place, "cell": cell})]
    return []
