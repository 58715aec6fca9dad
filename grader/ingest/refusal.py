"""Why a submission is refused, and in what words. `grader.ingest`'s docstring has the table of codes."""

from grader.errors import SubmissionError

__all__ = ["guess_kind", "refuse", "show_name", "show_size"]

MOST_SHOWN = 80
KINDS = (
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"PK\x03\x04", "a zip"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ\x00", "compressed with xz"),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard, which isn't taken"),
)


def refuse(code: str, message: str, *details: str) -> SubmissionError:
    """What to raise: the rule's code, what was found, and what would be right."""
    return SubmissionError(message, code=code, details=details)


def show_name(name: str) -> str:
    """A name that a student chose, safe to show: quoted, control characters escaped, not too long."""
    shown = name if len(name) <= MOST_SHOWN else name[: MOST_SHOWN // 2] + "…" + name[-MOST_SHOWN // 2 :]
    return ascii(shown) if any(not c.isprintable() for c in shown) else repr(shown)


def show_size(size: int) -> str:
    """A size as a person says it: 312 bytes, 4.2 kB, 98 MB."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            value = size / factor
            return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"
    return f"{size} bytes"


def guess_kind(content: bytes) -> str:
    """What a file that isn't what its name says looks like."""
    if not content:
        return "empty"
    for magic, kind in KINDS:
        if content.startswith(magic):
            return kind
    if content.lstrip()[:1] == b"<":
        return "a web page"
    return "a tar archive" if content[257:262] == b"ustar" else "something else"
