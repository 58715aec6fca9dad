"""In which order options are shown: another one for each student, always the same for the same one.

Marking knows nothing of it: what is stored is an option's text.
"""

import hashlib
import string

from grader.spec.model import Question

__all__ = ["label_options", "shuffle_options"]


def shuffle_options(question: Question, *, slug: str, student: str) -> tuple[str, ...]:
    """A question's options in a student's order: that of a digest, the same with every version of Python."""

    def digest(option: str) -> bytes:
        return hashlib.sha256("\0".join((slug, question.id, student, option)).encode()).digest()

    return tuple(sorted(question.content.get("options", ()), key=digest))


def label_options(count: int) -> tuple[str, ...]:
    """a, b, c, …: letters, for numbers are those of the original order."""
    letters = string.ascii_lowercase
    return tuple((letters[n // 26 - 1] if n >= 26 else "") + letters[n % 26] for n in range(count))
