"""Why a submission is refused, and in what words. `grader.ingest`'s docstring has the table of codes."""

from grader.errors import SubmissionError

__all__ = ["refuse", "show_name", "show_size"]

MOST_SHOWN = 80


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
