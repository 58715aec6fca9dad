"""What the quick training left takes the place of the solution's evidence, and nothing that doesn't fit does."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from grader.calibrate.quick import QuickRuns, find_quick_questions, split_ways
from grader.check_assignment import Trial, TrialKind
from grader.errors import SpecError
from grader.evidence.model import QuestionEvidence
from grader.spec.model import Assignment, CheckSpec, Question, Standing
from tests.calibrate.courses import make_course, make_workshop
from tests.checks.building import answers
from tests.checks.test_training import trained

MUTANT = Trial(kind=TrialKind.MUTANT, name="too_slow", folder=Path("m"), fails=("q.learned",))
LOGITS = np.zeros((4, 50, 10), np.float32)


def check(use: str, of: str, **parameters: object) -> CheckSpec:
    named = {name.rstrip("_"): value for name, value in parameters.items()}
    return CheckSpec(id=use, use=use, of=of, standing=Standing.FACT, parameters=named)


@pytest.fixture
def quick(tmp_path: Path) -> QuickRuns:
    """The quick training of a question whose solution left four stages of two outputs, losses and an array."""
    checks = (
        check("learned", "epochs", accuracy=0.5, output="hidden"),
        check("agrees", "losses", with_="epochs", outputs=("met",)),
        check("close", "values"),
    )
    question = Question(id="q", title="", points=Decimal(1), checks=checks)
    assignment = Assignment(slug="a", title="", folder=tmp_path, reference=tmp_path, digest="", questions=(question,))
    runs = QuickRuns(assignment=assignment, question=question, workshop=make_workshop(tmp_path), mutants=(MUTANT,))
    solution = trained(0.1, 0.5, 0.9, 0.9, suffix=".hidden")
    left = replace(
        solution,
        records={**solution.records, **answers([0.7, 0.5], "losses").records},
        arrays={"values": np.zeros(3)},
    )
    runs.__dict__["template"] = left
    return runs


def put(quick: QuickRuns, **arrays: object) -> QuestionEvidence:
    """The evidence with these arrays in it; "__" for a dot."""
    return quick.make_evidence({name.replace("__", "."): np.asarray(array) for name, array in arrays.items()})


def test_all_stages_or_start_and_end(quick: QuickRuns) -> None:
    """The record lists what there is."""
    whole, ends = put(quick, epochs__hidden=LOGITS), put(quick, epochs__hidden=LOGITS[:2])

    assert [stage["label"] for stage in whole.records["epochs"]["stages"]] == ["start", "epoch", "epoch", "end"]
    assert [stage["label"] for stage in ends.records["epochs"]["stages"]] == ["start", "end"]
    assert {"epochs.0.hidden", "epochs.1.hidden"} <= set(ends.predictions)


def test_answers_and_arrays(quick: QuickRuns) -> None:
    """Numbers as recorded answers have them; arrays as they are."""
    left = put(quick, losses=[0.6, 0.4], values=[1.0, 2.0, 3.0])

    assert left.records["losses"]["value"] == [0.6, 0.4]
    assert left.arrays["values"].tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(("name", "array"), [("epochs__hidden", LOGITS[:3]), ("weights", [1.0])])
def test_what_fits_nowhere(quick: QuickRuns, name: str, array: object) -> None:
    """Three stages of four; a name that the probe doesn't record."""
    with pytest.raises(SpecError) as caught:
        put(quick, **{name: array})
    assert "quick.py: q" in str(caught.value.faults[0])


def test_a_check_reads_what_was_left_or_is_left_out(quick: QuickRuns) -> None:
    """A check that also reads something else says nothing of the quick training."""
    hidden = {"epochs.hidden": LOGITS}

    assert quick.reads("q.learned", hidden)
    assert not quick.reads("q.agrees", {**hidden, "losses": LOGITS})
    assert quick.reads("q.agrees", {"epochs.met": LOGITS, "losses": LOGITS})
    assert not quick.reads("q.close", hidden)


def test_a_way_is_the_mutant_that_it_is_called_after(quick: QuickRuns) -> None:
    """Alone, or with more behind two hyphens; any other is a right solution."""
    assert quick.name_trial("too_slow") is quick.name_trial("too_slow--sgd") is MUTANT
    assert quick.name_trial("sgd").kind is TrialKind.VARIANT
    assert split_ways({"sgd.epochs.hidden": LOGITS, "adam.values": LOGITS}).keys() == {"sgd", "adam"}


def test_functions_are_found_without_running_them(tmp_path: Path) -> None:
    """By name, in a file that isn't run here; one that isn't Python is a fault of the assignment."""
    assignment = make_course(tmp_path, quick=True)
    path = tmp_path / "reference/noise/quick.py"
    found = find_quick_questions(assignment)
    path.write_text("def estimate(:", "utf-8")

    assert [question.id for question in found] == ["estimate"]
    with pytest.raises(SpecError, match=r"quick\.py can't be read"):
        find_quick_questions(assignment)
    path.unlink()
    assert find_quick_questions(assignment) == []


def test_a_failure_is_told_and_not_kept(tmp_path: Path) -> None:
    """An exception of quick.py names the file; mended, it runs."""
    assignment = make_course(tmp_path, quick=True)
    path = tmp_path / "reference/noise/quick.py"
    right = path.read_text("utf-8")
    question = next(part for part in assignment.questions if part.id == "estimate")
    runs = QuickRuns(assignment=assignment, question=question, workshop=make_workshop(tmp_path / "home"))
    path.write_text("def estimate(given, seeds):\n    return seeds[99]\n", "utf-8")

    with pytest.raises(SpecError) as caught:
        runs.observe(0, seeds=range(2))
    assert "IndexError" in str(caught.value.faults[0])
    path.write_text(right, "utf-8")
    assert len(runs.observe(0, seeds=range(2))) == 4
