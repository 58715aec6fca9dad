"""What a reader of folders or archives hands on: files with their content, and what it left out."""

from dataclasses import dataclass, field

from grader.ingest.names import find_nested
from grader.ingest.refusal import refuse, show_name, show_size
from grader.limits import IngestLimits

__all__ = ["Left", "Member", "Members", "check_entries", "check_nested", "refuse_size"]

WORTH_SAYING_BYTES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Member:
    """One file of a submission."""

    path: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Left:
    """Something that was left out: a path that is plainly no homework, and how large it is."""

    path: str
    size: int

    @property
    def is_large(self) -> bool:
        """Whether a student should hear of it."""
        return self.size >= WORTH_SAYING_BYTES


@dataclass(frozen=True, kw_only=True)
class Members:
    """The files of a submission as they were found, the folder that holds everything not taken off yet."""

    files: tuple[Member, ...]
    left: tuple[Left, ...] = ()


def check_entries(count: int, limits: IngestLimits) -> None:
    """Refuse too many files.

    Raises:
        SubmissionError: there are more than `limits.entries`.
    """
    if count > limits.entries:
        raise refuse(
            "too_many_files",
            f"more than {limits.entries:,} files and folders",
            "Hand in only what you wrote: no data sets, no environment, no installed packages.",
        )


def check_nested(path: str, content: bytes) -> None:
    """Refuse an archive inside the submission: what is in it would not be seen.

    Raises:
        SubmissionError: it is one.
    """
    if find_nested(path, content[:512]) is not None:
        raise refuse(
            "nested_archive",
            f"{show_name(path)} is an archive inside the submission",
            "Unpack it if your homework is in it, or leave it out.",
        )


def refuse_size(sizes: dict[str, int], limits: IngestLimits) -> Exception:
    """What to raise when the files are too large together: it names the largest."""
    largest = max(sizes, key=lambda path: sizes[path])
    return refuse(
        "too_large",
        f"the files are larger than {show_size(limits.unpacked_bytes)} together; the largest is {show_name(largest)} "
        f"({show_size(sizes[largest])})",
        "Leave data sets and checkpoints out: the grader brings its own.",
    )
