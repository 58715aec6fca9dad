"""Whether training worked is computed from outputs and labels that never entered a run."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from grader.checks.predictions import measure_loss
from grader.checks.result import CheckResult, Kept, Verdict
from grader.checks.training import agrees, curve, learned, sooner
from grader.evidence.model import Array, Exit, QuestionEvidence
from tests.checks.building import (
    KEPT,
    answers,
    assert_error,
    assert_failed,
    assert_passed,
    question,
    unusable,
    without,
)

CLASSES, IMAGES = 10, 50
LABELS = np.arange(IMAGES) % CLASSES
LABELLED = Kept(values={"labels": LABELS})


def outputs(accuracy: float, sure: float = 2.0) -> Array:
    """Logits [IMAGES, CLASSES] that are right for so many of the images, all equally sure."""
    right = np.arange(IMAGES) < round(accuracy * IMAGES)
    said = np.where(right, LABELS, (LABELS + 1) % CLASSES)
    return (sure * np.eye(CLASSES)[said]).astype(np.float32)


def stages(epochs: int, *, end: bool = True, **more: Any) -> dict[str, Any]:
    changed = {"changed": ["fc.weight"], "omitted": more.get("omitted", [])}
    listed = [
        {"label": "start", "epoch": None, "changed": [], "omitted": []},
        *({"label": "epoch", "epoch": epoch + 1, **changed} for epoch in range(epochs)),
        *([{"label": "end", "epoch": None, **changed}] if end else []),
    ]
    start = dict.fromkeys(more.get("tensors", ("conv.weight", "fc.weight")), "ab" * 32)
    return {
        "kind": "stages",
        "start": start,
        "trainable": ["fc.weight"],
        "buffers": [],
        "values": "whole",
        "stages": listed,
    }


def trained(*accuracies: float, name: str = "epochs", suffix: str = "", **more: Any) -> QuestionEvidence:
    """A run whose start, epochs and end have these accuracies on the kept images."""
    record = stages(len(accuracies) - 2, **more)
    predictions = {f"{name}.{index}{suffix}": outputs(accuracy) for index, accuracy in enumerate(accuracies)}
    return question(records={name: record}, predictions=predictions)


REFERENCE = trained(0.1, 0.5, 0.9, 0.9)


def learn(student: QuestionEvidence, **more: Any) -> CheckResult:
    return learned(student, REFERENCE, LABELLED, **{"of": "epochs", "accuracy": 0.5, **more})


def test_learned_measures_every_stage() -> None:
    """A pass carries what to show: accuracies and losses from the start to the end."""
    result = learn(trained(0.1, 0.4, 0.8, 0.84))

    assert_passed(result)
    assert result.facts["start_accuracy"] == pytest.approx(0.1)
    assert result.facts["accuracy"] == result.actual == pytest.approx(0.84)
    assert result.facts["needed"] == 0.5
    assert result.facts["images"] == IMAGES
    assert result.facts["loss"] < result.facts["start_loss"]
    assert [stage["label"] for stage in result.facts["stages"]] == ["start", "epoch", "epoch", "end"]
    assert [stage["accuracy"] for stage in result.facts["stages"]] == pytest.approx([0.1, 0.4, 0.8, 0.84])


def test_learned_counts_epochs_as_they_came() -> None:
    """Without one call of `on_epoch` the start and the end are there, and that is enough here."""
    assert_passed(learn(trained(0.1, 0.8)))


@pytest.mark.parametrize(
    ("accuracies", "code"),
    [
        ((0.1, 0.2, 0.3, 0.48), "too_inaccurate"),
        ((0.1, 0.9, 0.9, 0.1), "too_inaccurate"),
        ((0.1, 0.1, 0.1, 0.1), "too_inaccurate"),
        ((0.9, 0.9, 0.9, 0.9), "loss_rose"),
    ],
)
def test_learned_wants_the_end_to_be_good_and_better(accuracies: tuple[float, ...], code: str) -> None:
    """The accuracy at the end counts, not the best on the way; and the loss must have fallen."""
    assert_failed(learn(trained(*accuracies)), code)


def test_a_start_that_is_accurate_by_luck_is_the_assignments_fault() -> None:
    """Where untrained weights already reach what is asked for, nobody passes by them."""
    lucky = trained(0.6, 0.7, 0.9, 0.9)

    assert_error(learned(lucky, lucky, LABELLED, of="epochs", accuracy=0.5), "bad_reference")
    assert_passed(learned(lucky, lucky, LABELLED, of="epochs", accuracy=0.7))


def test_a_learning_rate_far_too_high() -> None:
    """Accurate, but with a loss that exploded: both are asked for, unless the author says otherwise."""
    student = trained(0.1, 0.5, 0.8, 0.8)
    exploded = replace(student, predictions={**student.predictions, "epochs.3": outputs(0.8, sure=1e30)})

    assert_failed(learn(exploded), "loss_rose")
    assert_passed(learn(exploded, loss_falls=False))


def wrong_outputs(array: Any) -> QuestionEvidence:
    student = trained(0.1, 0.5, 0.8, 0.9)
    return replace(student, predictions={**student.predictions, "epochs.3": np.asarray(array)})


@pytest.mark.parametrize(
    ("array", "code"),
    [
        (np.full((IMAGES, CLASSES), np.nan), "not_finite"),
        (np.where(outputs(0.9) > 0, np.inf, 0), "not_finite"),
        (outputs(0.9)[:1], "output_shape"),
        (outputs(0.9)[0], "output_shape"),
        (outputs(0.9)[:, :9], "output_shape"),
        (np.zeros((0, CLASSES)), "output_shape"),
        (np.zeros((IMAGES, 0)), "output_shape"),
        (outputs(0.9).astype(np.int64), "output_shape"),
    ],
)
def test_odd_outputs_fail(array: Any, code: str) -> None:
    """NaN, infinity, one row that would broadcast, nothing at all: none of it is accurate."""
    assert_failed(learn(wrong_outputs(array)), code)


def test_constant_outputs_are_chance() -> None:
    """A model that says the same of every image gets what chance gets."""
    result = learn(wrong_outputs(np.zeros((IMAGES, CLASSES))))

    assert_failed(result, "too_inaccurate")
    assert result.actual == pytest.approx(0.1)


def test_what_learned_needs() -> None:
    """No record, no end, weights that didn't fit through, no outputs: the student's. No labels, no time: ours."""
    assert_failed(learn(question()), "not_recorded")
    assert_failed(learn(unusable("epochs")), "unusable")
    assert_failed(learn(trained(0.1, 0.5, 0.9, end=False)), "not_recorded")
    assert_failed(learn(trained(0.1, 0.5, 0.9, 0.9, omitted=["conv.weight"])), "weights_omitted")
    assert_failed(learn(without(REFERENCE, "epochs.3")), "not_predicted")
    assert_failed(learn(trained(0.1, 0.9, tensors=("fc.weight",))), "other_model")
    limited = replace(REFERENCE, unpredicted={"epochs": Exit.WALL_LIMIT})
    assert_error(learn(limited), "prediction_limit")
    assert_error(learned(REFERENCE, REFERENCE, KEPT, of="epochs", accuracy=0.5), "not_kept")
    assert_error(learned(REFERENCE, question(), LABELLED, of="epochs", accuracy=0.5), "no_reference")
    assert_error(
        learned(REFERENCE, without(REFERENCE, "epochs.0"), LABELLED, of="epochs", accuracy=0.5), "no_reference"
    )


@pytest.mark.parametrize("labels", [LABELS[:5], LABELS + 1, LABELS - 1, LABELS[:0], LABELS[None]])
def test_labels_that_don_t_fit_are_ours(labels: Array) -> None:
    """Labels that the reference's outputs can't be for are the author's fault, never a student's zero."""
    kept = Kept(values={"labels": labels})

    assert_error(learned(REFERENCE, REFERENCE, kept, of="epochs", accuracy=0.5), "bad_reference")


def test_learned_takes_one_output_of_several() -> None:
    """A predict.py that returns several outputs has the one that is asked for."""
    student = trained(0.1, 0.9, suffix=".hidden")

    result = learned(student, student, LABELLED, of="epochs", accuracy=0.5, output="hidden")

    assert_passed(result)
    assert_error(learned(student, student, LABELLED, of="epochs", accuracy=0.5), "no_reference")


def test_loss_is_the_cross_entropy() -> None:
    """Against numbers by hand: uniform is log of how many; a sure mistake costs its size; nothing overflows."""
    assert measure_loss(np.zeros((3, 4)), np.array([0, 1, 3])) == pytest.approx(np.log(4))
    assert measure_loss(np.array([[1000.0, 0.0]]), np.array([0])) == 0
    assert measure_loss(np.array([[1000.0, 0.0]]), np.array([1])) == 1000
    assert measure_loss(np.array([[1.0, 2.0]]), np.array([0])) == pytest.approx(np.log(1 + np.e))


def both(fast: tuple[float, ...], slow: tuple[float, ...]) -> QuestionEvidence:
    one, other = trained(*fast, name="pretrained"), trained(*slow, name="scratch")
    return question(records={**one.records, **other.records}, predictions={**one.predictions, **other.predictions})


PAIR = both((0.1, 0.7, 0.9, 0.9), (0.1, 0.2, 0.3, 0.3))


def compare(student: QuestionEvidence) -> CheckResult:
    return sooner(student, PAIR, LABELLED, of="pretrained", than="scratch", accuracy=0.6)


@pytest.mark.parametrize(
    ("fast", "slow", "epochs"),
    [
        ((0.1, 0.7, 0.9, 0.9), (0.1, 0.2, 0.3, 0.3), (1, None)),
        ((0.1, 0.6, 0.9, 0.9), (0.1, 0.2, 0.8, 0.8), (1, 2)),
    ],
)
def test_sooner_counts_epochs_outside(
    fast: tuple[float, ...], slow: tuple[float, ...], epochs: tuple[int, int | None]
) -> None:
    """The first epoch that reaches the accuracy is compared; one that never does is later than any."""
    result = compare(both(fast, slow))

    assert_passed(result)
    assert (result.facts["epochs"], result.facts["than_epochs"]) == epochs


@pytest.mark.parametrize(
    ("fast", "slow", "code"),
    [
        ((0.1, 0.2, 0.5, 0.9), (0.1, 0.2, 0.3, 0.3), "never_reached"),
        ((0.1, 0.7, 0.9, 0.9), (0.1, 0.7, 0.8, 0.8), "not_sooner"),
        ((0.1, 0.2, 0.9, 0.9), (0.1, 0.7, 0.8, 0.8), "not_sooner"),
        ((0.1, 0.7, 0.9, 0.9), (0.1, 0.1, 0.1, 0.1), "not_trained"),
        ((0.1, 0.7, 0.9, 0.9), (0.3, 0.2, 0.1, 0.1), "not_trained"),
        ((0.1, 0.7, 0.9, 0.9), (0.3, 0.2, 0.3, 0.3), "not_trained"),
    ],
)
def test_sooner_fails(fast: tuple[float, ...], slow: tuple[float, ...], code: str) -> None:
    """Not reaching it, reaching it no sooner, and not training the other at all each have their code."""
    assert_failed(compare(both(fast, slow)), code)


def test_sooner_takes_what_was_lost_again() -> None:
    """The slower one learnt something, and lost it in its last epoch: it was trained all the same."""
    assert_passed(compare(both((0.1, 0.7, 0.9, 0.9), (0.3, 0.4, 0.1, 0.1))))


OWN = np.roll(LABELS, 1)  # the labels of what was trained on


def learnt_by_heart(*accuracies: float) -> QuestionEvidence:
    """A comparison whose slower run gets worse on hidden images, with these accuracies on those that it trained on."""
    run = both((0.1, 0.7, 0.9, 0.9), (0.3, 0.2, 0.1, 0.1))
    names = [f"scratch.{index}.training" for index in range(len(accuracies))]
    own = {name: np.roll(outputs(accuracy), 1, axis=0) for name, accuracy in zip(names, accuracies, strict=True)}
    return replace(run, predictions={**run.predictions, **own})


@pytest.mark.parametrize(
    ("own", "code"),
    [
        ((0.1, 0.5, 0.9, 0.9), "ok"),
        ((0.1, 0.5, 0.1, 0.1), "ok"),
        ((0.1, 0.1, 0.1, 0.1), "not_trained"),
        ((0.3, 0.2, 0.1, 0.1), "not_trained"),
        ((0.1, 0.5, 0.9), "not_predicted"),
    ],
)
def test_sooner_looks_at_what_was_trained_on(own: tuple[float, ...], code: str) -> None:
    """Where the author has outputs on that: a run that learnt its few images by heart was trained, whatever it makes of
    others."""
    kept = Kept(values={"labels": LABELS, "own_labels": OWN})
    reference = learnt_by_heart(0.1, 0.5, 0.9, 0.9)
    result = sooner(
        learnt_by_heart(*own),
        reference,
        kept,
        of="pretrained",
        than="scratch",
        accuracy=0.6,
        trained_labels="own_labels",
        trained_output="training",
    )

    assert result.code == code
    assert (result.verdict is Verdict.PASSED) == (code == "ok")


@pytest.mark.parametrize(("fall", "code"), [(0.04, "not_trained"), (0.06, "ok")])
def test_sooner_takes_no_luck_for_training(fall: float, code: str) -> None:
    """On what was trained on, the loss falls by more than noise in the weights may make it."""
    run = learnt_by_heart(0.1, 0.1, 0.1, 0.1)
    start = np.zeros((IMAGES, CLASSES), np.float32)  # a loss of log(CLASSES)
    sure = fall + np.log((CLASSES - 1) / (CLASSES - np.exp(fall)))
    own = {f"scratch.{index}.training": start + sure * np.eye(CLASSES, dtype=np.float32)[OWN] for index in (1, 2, 3)}
    own = {name: outputs.astype(np.float32) for name, outputs in own.items()}
    student = replace(run, predictions={**run.predictions, "scratch.0.training": start, **own})
    kept = Kept(values={"labels": LABELS, "own_labels": OWN})
    own_images: dict[str, Any] = {"trained_labels": "own_labels", "trained_output": "training"}
    result = sooner(student, run, kept, of="pretrained", than="scratch", accuracy=0.6, **own_images)

    assert result.code == code


def report(value: Any, student: QuestionEvidence = REFERENCE, theirs: Any = (1.0, 1.0), **more: Any) -> CheckResult:
    expected = list(theirs) if isinstance(theirs, tuple) else theirs
    said = replace(student, records={**student.records, **answers(value, "losses").records})
    reference = replace(REFERENCE, records={**REFERENCE.records, **answers(expected, "losses").records})
    return agrees(said, reference, more.pop("kept", LABELLED), of="losses", with_="epochs", **more)


LOSSES = [measure_loss(outputs(accuracy).astype(np.float64), LABELS) for accuracy in (0.1, 0.5, 0.9, 0.9)]


@pytest.mark.parametrize("mine", [[(LOSSES[0] + LOSSES[1]) / 2, LOSSES[2]], LOSSES[:2], LOSSES[1:3]])
def test_agrees_with_what_the_weights_do(mine: list[float]) -> None:
    """A mean over an epoch lies between what the weights did before it and after it."""
    assert_passed(report(mine))


@pytest.mark.parametrize(
    ("mine", "code"),
    [
        ([1e-3, 1e-4], "disagrees"),
        ([LOSSES[0], LOSSES[0] + 0.05], "disagrees"),
        ([LOSSES[0]], "length_differs"),
        ([*LOSSES[:2], LOSSES[2]], "length_differs"),
        ([], "length_differs"),
        (["2.1", "1.0"], "not_a_number"),
        ([True, True], "not_a_number"),
        ([None, None], "not_a_number"),
        ([{"$": "nan"}, 1.0], "number_not_finite"),
        ([{"$": "int", "type": "int", "digits": "9" * 400}, 1.0], "number_not_finite"),
        ([{"$": "object", "type": "Always"}, 1.0], "not_a_number"),
        ({"$": "object", "type": "Always"}, "not_a_list"),
        ({"a": 1}, "not_a_list"),
        ("low", "not_a_list"),
        (None, "not_a_list"),
        (LOSSES[2], "not_a_list"),
    ],
)
def test_invented_numbers_disagree(mine: Any, code: str) -> None:
    """A curve that the weights don't bear out fails, and so does what is no curve."""
    assert_failed(report(mine), code)


def test_agrees_names_the_epoch() -> None:
    """The first epoch that disagrees, with its band."""
    result = report([LOSSES[0], 9.0])

    assert (result.facts["epoch"], result.facts["count"], result.facts["of"]) == (2, 1, 2)
    assert result.facts["high"] == pytest.approx(LOSSES[1] + 0.02)
    assert result.facts["low"] == pytest.approx(LOSSES[2] - 0.02)


def test_agrees_with_each_epoch_alone() -> None:
    """Where the predict run works out an epoch's own mean, the one before it is no excuse."""
    assert_passed(report(LOSSES[1:3], between=False))
    assert_failed(report(LOSSES[:2], between=False), "disagrees")
    assert report([LOSSES[1], LOSSES[1]], between=False).facts["epoch"] == 2


def test_agrees_allows_a_part_of_the_greatest() -> None:
    """`of_greatest` allows each epoch the same, by the greatest number of all."""
    off = 0.05 * LOSSES[1]

    assert_failed(report([LOSSES[1], LOSSES[2] + off], between=False), "disagrees")
    assert_passed(report([LOSSES[1], LOSSES[2] + off], between=False, of_greatest=0.05))
    assert_failed(report([LOSSES[1], LOSSES[2] + 2 * off + 0.02], between=False, of_greatest=0.05), "disagrees")


def test_agrees_with_one_number() -> None:
    """A single number, where one is asked for, is about the end."""
    assert_passed(report(0.9, theirs=1.0, quantity="accuracy"))
    assert_passed(report(0.91, theirs=1.0, quantity="accuracy"))
    assert_failed(report(0.93, theirs=1.0, quantity="accuracy"), "disagrees")
    assert_failed(report(90, theirs=1.0, quantity="accuracy"), "disagrees")
    assert_failed(report(None, theirs=1.0), "not_a_number")
    assert_failed(report([0.9], theirs=1.0, quantity="accuracy"), "not_a_number")
    assert report(0.5, theirs=1.0, quantity="accuracy").facts["epoch"] is None


def test_agrees_reads_tables() -> None:
    """A list of tables is read by key."""
    trace = [{"epoch": 1, "accuracy": 0.3}, {"epoch": 2, "accuracy": 0.9}]

    assert_passed(report(trace, quantity="accuracy", key="accuracy"))
    assert_failed(report(trace, quantity="accuracy", key="loss"), "keys_differ")
    assert_failed(report([1.0, 2.0], key="loss"), "keys_differ")


def test_agrees_takes_any_of_several_outputs() -> None:
    """A student may have measured in train mode or in eval mode: the band covers both."""
    one, other = trained(0.1, 0.5, 0.9, 0.9, suffix=".train"), trained(0.1, 0.3, 0.6, 0.6, suffix=".eval")
    student = replace(one, predictions={**one.predictions, **other.predictions})
    said = replace(student, records={**student.records, **answers([0.4, 0.6], "said").records})
    more: dict[str, Any] = {"of": "said", "with_": "epochs", "quantity": "accuracy"}

    assert_passed(agrees(said, said, LABELLED, outputs=["train", "eval"], **more))
    high = replace(student, records={**student.records, **answers([0.4, 0.9], "said").records})
    assert_passed(agrees(high, said, LABELLED, outputs=["train", "eval"], **more))
    assert_failed(agrees(high, said, LABELLED, outputs=["eval"], **more), "disagrees")


def test_agrees_wants_as_many_stages() -> None:
    """A list of the right length beside a callback that was never called has nothing to agree with."""
    assert_failed(report([1.0, 1.0], trained(0.1, 0.9)), "stages_differ")


def test_agrees_knows_two_quantities() -> None:
    """Another quantity is the author's fault."""
    with pytest.raises(ValueError, match="'loss' or 'accuracy'"):
        report([1.0, 1.0], quantity="f1")


def check_curve(mine: Any, theirs: Any = (2.3, 1.1, 0.4), **more: Any) -> CheckResult:
    return curve(answers(mine), answers(list(theirs)), KEPT, of="answers", **more)


@pytest.mark.parametrize("mine", [[2.0, 1.0, 0.5], [0, 0, 0], {"$": "tuple", "items": [1.0, 2.0, 3.0]}, [1e6, 2, 3.5]])
def test_curves(mine: Any) -> None:
    """Any numbers within the range will do: what they are worth is for `learned` and `agrees`."""
    assert_passed(check_curve(mine))


@pytest.mark.parametrize(
    ("mine", "code"),
    [
        ([2.0, 1.0], "length_differs"),
        ([2.0, 1.0, 0.5, 0.4], "length_differs"),
        ([], "length_differs"),
        (None, "not_a_list"),
        (1.5, "not_a_list"),
        ({"$": "array", "type": "torch.Tensor", "shape": [3], "dtype": "F32", "items": [1, 2, 3]}, "not_a_list"),
        ([2.0, {"$": "nan"}, 0.5], "number_not_finite"),
        ([2.0, {"$": "inf"}, 0.5], "number_not_finite"),
        ([2.0, "1.0", 0.5], "not_a_number"),
        ([2.0, True, 0.5], "not_a_number"),
        ([2.0, None, 0.5], "not_a_number"),
        (
            [2.0, {"$": "array", "type": "torch.Tensor", "shape": [1], "dtype": "F32", "items": [1.0]}, 0.5],
            "not_a_number",
        ),
        ([2.0, -0.1, 0.5], "out_of_range"),
    ],
)
def test_what_is_no_curve(mine: Any, code: str) -> None:
    """A forgotten return, NaN, text, tensors, a wrong length, a negative loss each have their code."""
    assert_failed(check_curve(mine), code)


def test_curve_has_the_author_s_range() -> None:
    """`low` and `high` bound the numbers; None leaves a side open."""
    assert_failed(check_curve([0.5, 1.5, 0.5], high=1.0), "out_of_range")
    assert_passed(check_curve([-5.0, 1.5, 0.5], low=None))
    assert check_curve([0.5, 1.5, 0.5], high=1.0).facts["position"] == 2


def test_curves_of_tables() -> None:
    """A list of tables has the reference's keys, each of them a number."""
    theirs = [{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 1.0}]

    assert_passed(check_curve([{"loss": 3.0, "epoch": 1}, {"loss": 2.0, "epoch": 2}], theirs))
    assert_failed(check_curve([{"loss": 3.0}, {"loss": 2.0}], theirs), "keys_differ")
    assert_failed(check_curve([3.0, 2.0], theirs), "keys_differ")
    assert_failed(check_curve([{"epoch": 1, "loss": None}, {"epoch": 2, "loss": 1}], theirs), "not_a_number")


def test_nothing_to_compare_a_curve_with() -> None:
    """A reference without a curve is ours."""
    assert check_curve([1.0], []).verdict is Verdict.ERROR
    assert_error(curve(answers([1.0]), answers(1.0), KEPT, of="answers"), "bad_reference")
    assert_failed(curve(question(), answers([1.0]), KEPT, of="answers"), "not_recorded")
