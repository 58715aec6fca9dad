import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from grader.batch.model import RowState, Unmatched
from grader.batch.summary import LookAt, Reason, Work, describe_summary, summarize, write_summary
from grader.report import Audience, FaultInfo, Report, Whose
from grader.spec.digest import digest_file
from tests.batch.class_samples import CLASS, grade, missing, ours
from tests.report.samples import (
    DIGEST,
    HW1,
    all_passed,
    environment,
    failed,
    good_report,
    report_of,
    unfinished_report,
)

REFUSED = FaultInfo(whose=Whose.STUDENT, code="path", message="../hw1.py leads out of the archive")


def flawed() -> Report:
    """One of the points of `head` is lost."""
    results = all_passed()
    results["head"]["any_classes"] = failed("values_differ")
    return report_of(results, audience=Audience.INSTRUCTOR)


def test_the_figures_of_a_class() -> None:
    """States are counted over all rows, median and mean over those that have points."""
    summary = summarize(CLASS, HW1)

    assert summary.students == 7
    assert {state.value: count for state, count in summary.states.items()} == {
        "graded": 4, "late": 1, "missing": 1, "needs_review": 0, "not_graded": 1,
    }  # fmt: skip
    assert (summary.median, summary.mean) == (Decimal("14.5"), Decimal("12.8"))
    assert [bin.count for bin in summary.bins] == [0, 0, 0, 2, 3]
    assert (summary.identical, summary.late) == (1, 1)


def test_hardest_counts_graded_rows_only() -> None:
    """Who handed in nothing, and whom we couldn't grade, makes no question look hard."""
    summary = summarize(CLASS, HW1)

    assert {share.of for share in summary.questions} == {5}
    assert [(share.id, share.share, share.earned) for share in summary.hardest] == [
        ("fine_tune", 0.65, 3),
        ("optimizer", 0.8, 4),
        ("head", pytest.approx(14.5 / 15), 4),
    ]


def test_the_check_that_is_to_blame_is_named() -> None:
    """Where a question's points are its checks', the hardest of these stands for it."""
    grades = [grade("s1", lost={"head": "2"}, mark_id=1), grade("s2", mark_id=2)]
    summary = summarize(grades, HW1, marks={1: flawed(), 2: good_report(audience=Audience.INSTRUCTOR)})

    assert [(share.id, share.share) for share in summary.hardest] == [("head.any_classes", 0.5)]


def test_where_to_look() -> None:
    """Ours first, then what a person must decide, what was refused, and what is the same as another's."""
    grades = [
        grade("s1", mark_id=1, lost=dict.fromkeys([q.id for q in HW1.questions], "0"), submission_digest=None),
        grade("s2", RowState.NEEDS_REVIEW, points=None, final_points=None, questions={}),
        ours("s3"),
        missing("s4"),
        *(grade(id, submission_digest=DIGEST) for id in ("s5", "s6")),
        *(grade(id, submission_digest="sha256:" + "cd" * 32, team="t1") for id in ("s7", "s8")),
    ]
    summary = summarize(grades, HW1, marks={1: unfinished_report(REFUSED)}, marked_late=["s5", "s4"])

    assert [(look.reason, look.student_id) for look in summary.look_at] == [
        (Reason.NOT_GRADED, "s3"),
        (Reason.NEEDS_REVIEW, "s2"),
        (Reason.REFUSED, "s1"),
        (Reason.MARKED_LATE, "s4"),
        (Reason.MARKED_LATE, "s5"),
        (Reason.ALIKE, "s5"),
    ]
    assert summary.look_at[-1] == LookAt(
        reason=Reason.ALIKE, student_id="s5", what="handed in the same, byte for byte", others=("s6",)
    )
    assert summary.identical == 2


def test_the_handout_is_nobodys_work(tmp_path: Path) -> None:
    """Two who handed in the file as it was given out copied from nobody."""
    (tmp_path / "handout").mkdir()
    handout = tmp_path / "handout/hw1.py"
    handout.write_text("def load(): ...\n", "utf-8")
    assignment = replace(HW1, folder=tmp_path)
    report = good_report(audience=Audience.INSTRUCTOR)
    files = tuple(file.model_copy(update={"sha256": digest_file(handout)[7:]}) for file in report.submission.files)
    report = report.model_copy(update={"submission": report.submission.model_copy(update={"files": files})})
    grades = [grade(id, submission_digest=DIGEST, mark_id=1) for id in ("s1", "s2")]
    summary = summarize(grades, assignment, marks={1: report})

    assert summary.look_at == ()
    assert (summary.unchanged, summary.identical) == (2, 1)


def test_what_the_results_are_worth_is_kept() -> None:
    """Stand-in weights, and code that ran in no sandbox."""
    weights = {"torchvision/resnet18/IMAGENET1K_V1": "standin"}
    report = good_report(environment=environment(sandbox="process", is_sandbox=False, weights=weights))
    summary = summarize([grade("s1", mark_id=1), grade("s2", mark_id=1), grade("s3")], HW1, marks={1: report})

    assert summary.standins == ("torchvision/resnet18/IMAGENET1K_V1",)
    assert summary.unsafe == 2


def test_each_report_is_asked_for_once_a_row() -> None:
    """A mapping that reads reports from the disk is enough: ten thousand of them are never held at once."""

    class Marks(Mapping[int, Report]):
        asked = 0

        def __getitem__(self, mark: int) -> Report:
            self.asked += 1
            return flawed()

        def __iter__(self) -> Iterator[int]:
            raise AssertionError("all are listed")

        def __len__(self) -> int:
            raise AssertionError("all are counted")

    marks = Marks()
    summarize([grade("s1", mark_id=1), grade("s2", mark_id=2), grade("s3")], HW1, marks=marks)

    assert marks.asked == 2


def test_the_file_doesnt_depend_on_the_call(tmp_path: Path) -> None:
    """Another call that made fewer runs writes nothing; names of files that are nobody's aren't in it."""
    path = tmp_path / "summary.json"
    stray = (Unmatched(path=Path("Jane Doe_4711.py"), reason="no such student"),)
    summary = summarize(CLASS, HW1, unmatched=stray, work=Work(wall_seconds=129, runs_made=6))

    assert write_summary(summary, path)
    assert not write_summary(replace(summary, work=Work(wall_seconds=1, runs_reused=6)), path)
    assert json.loads(path.read_text("utf-8")) == json.loads(json.dumps(describe_summary(summary)))
    assert json.loads(path.read_text("utf-8"))["unmatched"] == {"no such student": 1}
    assert "Jane" not in path.read_text("utf-8")


def test_a_class_without_a_grade() -> None:
    """Nothing is divided by nothing."""
    summary = summarize([missing("s1")], HW1)

    assert (summary.median, summary.mean, summary.questions) == (None, None, ())
    assert describe_summary(summary)["newest_grade"] is None
