from pathlib import Path

import pytest

from grader.errors import SpecError
from grader.spec.toml import mark_column, read_toml


def read(tmp_path: Path, content: bytes) -> SpecError:
    """What reading such a file raises."""
    path = tmp_path / "assignment.toml"
    path.write_bytes(content)
    with pytest.raises(SpecError) as caught:
        read_toml(path)
    return caught.value


def test_a_syntax_error_shows_its_line_and_a_caret(tmp_path: Path) -> None:
    """File, line, column, the line itself, and a caret below."""
    error = read(tmp_path, b'title = "T"\npoints = = 2\n')

    assert error.faults[0].path == "assignment.toml, line 2, column 10"
    assert error.details[1:] == ("    2 | points = = 2", "                 ^")


def test_a_file_that_ends_too_soon(tmp_path: Path) -> None:
    """The end of the document has a line and a column as well."""
    error = read(tmp_path, b'title = [\n  "a"')

    assert error.faults[0].path.startswith("assignment.toml, line 2")
    assert '    2 |   "a"' in error.details


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"title = '\xff'", "line 1: not UTF-8 (byte 0xff)"),
        (b"a = " + b"9" * 5000, "a number in it is too long"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b"#" * 2_000_000, "larger than"),
        (b'a = 1\na = 2', "cannot overwrite a value"),
        (b"a = 1_", "isn't TOML"),
    ],
)  # fmt: skip
def test_what_is_no_toml(content: bytes, said: str, tmp_path: Path) -> None:
    """Whatever the bytes, it is a SpecError that says why."""
    assert said in read(tmp_path, content).message


def test_a_missing_file(tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(SpecError, match=r"nothing\.toml can't be read: no such file"):
        read_toml(tmp_path / "nothing.toml")


def test_a_byte_order_mark_does_not_count(tmp_path: Path) -> None:
    """Windows' editors write one."""
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xef\xbb\xbftitle = 'T'")

    assert read_toml(path) == {"title": "T"}


def test_a_long_line_is_shown_around_the_caret() -> None:
    """The caret stands below its column, wherever the line is cut; control characters don't reach a terminal."""
    line, caret = mark_column("x" * 150 + "\x1b!" + "y" * 50, 7, 152)

    assert line[len(caret) - 1] == "!"
    assert "\x1b" not in line
