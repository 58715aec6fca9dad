import pytest

from grader.report.clean import clean_line, clean_text, shorten, spell_ascii


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;https://evil.example\x07click\x1b]8;;\x07", "click"),
        ("\x1b]52;c;cm0gLXJmIH4=\x07done", "done"),
        ("\x1b]52;c;cm0gLXJmIH4=\x1b\\done", "done"),
        ("\x9b2J\x9d0;title\x9cx", "x"),
        ("\x1bP+q544e\x1b\\y", "y"),
        ("\x1b[2K\x1b[1A 15 / 15", " 15 / 15"),
        ("a\x08\x08b\x07\x00\x7f", "ab"),
        ("one\rtwo", "one\ntwo"),
        ("\u202etxt.exe", "<U+202E>txt.exe"),
        ("a\u2066b\u2069", "a<U+2066>b<U+2069>"),
        ("zero\u200bwidth", "zero<U+200B>width"),
        ("tag\U000e0041", "tag<U+E0041>"),
        ("naïve 北京 🙂", "naïve 北京 🙂"),
        ("lone \ud800", "lone <U+D800>"),
        ("\x1b", ""),
        ("\x1b[", ""),
    ],
)
def test_nothing_is_obeyed(hostile: str, shown: str) -> None:
    """Escape sequences and control characters go; what reorders or hides is shown by its number."""
    assert clean_text(hostile) == shown


def test_marks_stack_only_so_high() -> None:
    """Hundreds of accents on one letter would paint over the lines above."""
    assert len(clean_text("a" + "\u0301" * 500)) == 5


def test_a_line_is_a_line() -> None:
    """Line breaks of every kind become spaces."""
    assert clean_line("a\nb\r\nc\x85d\u2028e") == "a b cd<U+2028>e"


def test_much_text_takes_little() -> None:
    """Megabytes of half-open sequences are cut before they are read."""
    assert clean_text("\x1b]" * 10_000_000, most=1000) == ""


def test_shortening_keeps_both_ends() -> None:
    """An error says its most at both ends."""
    assert shorten("begin" + "x" * 100 + "end", 20) == "beginxxx ... xxxxend"
    assert len(shorten("x" * 1000, 20)) == 20
    assert shorten("short", 20) == "short"


@pytest.mark.parametrize(
    ("text", "plain"), [("0.10 → 0.84 · é", "0.10 -> 0.84 - e"), ("北", "\\u5317"), ("5 × 3 …", "5 x 3 ...")]
)
def test_plain_is_ascii(text: str, plain: str) -> None:
    """Signs of ours have a usual spelling; anything else keeps its number."""
    assert spell_ascii(text) == plain
