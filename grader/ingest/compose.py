"""A submission out of files that are in memory already: what a ledger kept, what a download has loose."""

from collections.abc import Collection, Mapping, Sequence

from grader.ingest.members import Member, Members, check_entries, check_nested, refuse_size
from grader.ingest.names import Tree, check_name, list_aside
from grader.ingest.read import make_submission
from grader.ingest.submission import Submission
from grader.limits import IngestLimits

__all__ = ["compose_submission"]


def compose_submission(
    contents: Mapping[str, bytes],
    *,
    files: Sequence[str],
    handout: Collection[str] = (),
    limits: IngestLimits | None = None,
) -> Submission:
    """The submission that a folder of these files would be, by the same rules; `contents` by path.

    Raises:
        SubmissionError: it is refused as a whole; `code` names the rule.
    """
    limits = limits or IngestLimits()
    check_entries(len(contents), limits)
    aside, tree = list_aside(contents), Tree()
    sizes = {path: len(content) for path, content in contents.items()}
    for path, content in contents.items():
        check_name(path, limits)
        tree.add(path)
        check_nested(path, content)
    if sum(sizes.values()) > limits.unpacked_bytes:
        raise refuse_size(sizes, limits)
    kept = tuple(Member(path=path, content=content) for path, content in contents.items() if path not in aside)
    return make_submission("submission", Members(files=kept), files, frozenset(handout), [], limits)
