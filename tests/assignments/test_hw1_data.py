"""What hw1 is graded on: the pictures, and the histories that no single number decides."""

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import pytest

from grader.evidence.model import Array
from tests.assignments.course import load_hw1, run_data

History = dict[str, list[float]]
Rule = Callable[[History], str]

KINDS = ("overfitting", "underfitting", "good fit")
CURVES = ("train_loss", "val_loss", "train_accuracy", "val_accuracy")
DRAWS = 40
HISTORIES, NEEDED = 36, 35
CUTS = 50


def test_given_and_kept() -> None:
    """Images and their labels enter for training; hidden images and every label stay outside."""
    given, kept = run_data(0)

    images, labels = given["train"]
    assert (images.shape, images.dtype, labels.shape, labels.dtype) == ((300, 3, 32, 32), "f4", (300,), "i8")
    assert (kept["images"].shape, kept["labels"].shape) == ((150, 3, 32, 32), (150,))
    assert set(given) == {"train", "histories"}
    np.testing.assert_array_equal(np.bincount(labels), np.full(10, 30))
    np.testing.assert_array_equal(np.bincount(kept["labels"]), np.full(10, 15))


def test_draws_differ_and_are_repeatable() -> None:
    """The same draw gives the same data, another one other pictures and other histories."""
    (one, _), (again, _), (other, _) = run_data(1), run_data(1), run_data(2)

    np.testing.assert_array_equal(one["train"][0], again["train"][0])
    assert one["histories"] == again["histories"]
    assert not np.array_equal(one["train"][0], other["train"][0])
    assert one["histories"] != other["histories"]


def test_weights_of_one_draw_are_no_use_on_another() -> None:
    """A class's colours are drawn: its mean colour in one draw says nothing of that in another."""
    means = [
        np.array([images[labels == label].mean(axis=(0, 2, 3)) for label in range(10)])
        for images, labels in (run_data(number)[0]["train"] for number in (3, 4))
    ]

    assert abs(np.corrcoef(means[0].ravel(), means[1].ravel())[0, 1]) < 0.6


@cache
def draw_histories() -> tuple[tuple[list[History], list[str]], ...]:
    """The histories of many draws, and what each is."""
    return tuple((given["histories"], kept["kinds"]) for given, kept in map(run_data, range(DRAWS)))


def test_histories_are_what_the_handout_says() -> None:
    """Clear cases: above 0.85 or below 0.70 in training; at least 0.20 behind or at most 0.07 apart at the end."""
    for histories, kinds in draw_histories():
        assert sorted(kinds) == sorted(KINDS * 12)
        for history, kind in zip(histories, kinds, strict=True):
            train, val = history["train_accuracy"][-1], history["val_accuracy"][-1]
            assert set(history) == set(CURVES)
            assert len({len(curve) for curve in history.values()}) == 1
            assert all(0 <= number <= 4 for curve in history.values() for number in curve)
            assert train < 0.70 if kind == "underfitting" else train > 0.85
            assert train - val > 0.20 if kind == "overfitting" else abs(train - val) < 0.07


def test_needed() -> None:
    """What the specification asks of the histories is 35 of 36."""
    question = next(question for question in load_hw1().questions if question.id == "diagnose")

    assert NEEDED - 1 < float(question.checks[0].parameters["at_least"]) * HISTORIES <= NEEDED


def by_accuracy(low: float, gap: float, read: Callable[[list[float]], float] = lambda curve: curve[-1]) -> Rule:
    """The usual rule: too low in training, else too far behind in validation."""

    def diagnose(history: History) -> str:
        train, val = read(history["train_accuracy"]), read(history["val_accuracy"])
        return "underfitting" if train < low else "overfitting" if train - val > gap else "good fit"

    return diagnose


def by_gap_first(low: float, gap: float) -> Rule:
    """The other way round, and by the validation accuracy."""

    def diagnose(history: History) -> str:
        train, val = history["train_accuracy"][-1], history["val_accuracy"][-1]
        return "overfitting" if train - val > gap else "underfitting" if val < low else "good fit"

    return diagnose


def by_loss(high: float, gap: float) -> Rule:
    """By the losses alone."""

    def diagnose(history: History) -> str:
        train, val = history["train_loss"][-1], history["val_loss"][-1]
        return "underfitting" if train > high else "overfitting" if val - train > gap else "good fit"

    return diagnose


def by_turn(low: float, rise: float) -> Rule:
    """By whether the validation loss has turned up."""

    def diagnose(history: History) -> str:
        losses = history["val_loss"]
        turned = losses[-1] > min(losses) + rise
        return "underfitting" if history["train_accuracy"][-1] < low else "overfitting" if turned else "good fit"

    return diagnose


def by_ratio(low: float, share: float) -> Rule:
    """By validation as a part of training."""

    def diagnose(history: History) -> str:
        train, val = history["train_accuracy"][-1], history["val_accuracy"][-1]
        return "underfitting" if train < low else "overfitting" if val / train < share else "good fit"

    return diagnose


def last_three(curve: list[float]) -> float:
    """The mean of the last three epochs."""
    return float(np.mean(curve[-3:]))


HONEST: dict[str, Rule] = {
    **{f"accuracy {low} {gap}": by_accuracy(low, gap) for low in (0.72, 0.75, 0.8, 0.85) for gap in (0.1, 0.15, 0.2)},
    "last three": by_accuracy(0.75, 0.12, last_three),
    "best": by_accuracy(0.75, 0.12, max),
    "gap first": by_gap_first(0.75, 0.1),
    "gap first, strict": by_gap_first(0.7, 0.15),
    "loss": by_loss(0.6, 0.3),
    "loss, strict": by_loss(0.5, 0.2),
    "turn": by_turn(0.75, 0.15),
    "ratio": by_ratio(0.75, 0.85),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_rules_of_two_numbers_pass(name: str) -> None:
    """Every sensible rule that looks at two things gets enough of every draw right."""
    for histories, kinds in draw_histories():
        right = sum(HONEST[name](history) == kind for history, kind in zip(histories, kinds, strict=True))

        assert right >= NEEDED


def read_numbers(history: History) -> Iterator[tuple[str, float]]:
    """The single numbers that a rule could read."""
    for name in CURVES:
        curve = np.array(history[name])
        yield from {
            f"{name} last": curve[-1],
            f"{name} best": curve.max() if "accuracy" in name else curve.min(),
            f"{name} mean": curve.mean(),
            f"{name} last three": curve[-3:].mean(),
            f"{name} middle": curve[len(curve) // 2],
            f"{name} change": curve[-1] - curve[0],
            f"{name} lately": curve[-1] - curve[-3],
            f"{name} since its best": curve[-1] - (curve.max() if "accuracy" in name else curve.min()),
        }.items()
    for measure in ("accuracy", "loss"):
        train, val = np.array(history[f"train_{measure}"]), np.array(history[f"val_{measure}"])
        yield f"{measure} gap", train[-1] - val[-1]
        yield f"{measure} ratio", train[-1] / val[-1]
    yield "epochs", float(len(history["train_loss"]))


@cache
def tabulate() -> tuple[dict[str, Array], Array]:
    """Each single number as [draws, histories], and the kinds as numbers [draws, histories]."""
    rows = [[dict(read_numbers(history)) for history in histories] for histories, _ in draw_histories()]
    kinds = np.array([[KINDS.index(kind) for kind in kinds] for _, kinds in draw_histories()])
    return {name: np.array([[row[name] for row in draw] for draw in rows]) for name in rows[0][0]}, kinds


@pytest.mark.parametrize("name", list(dict(read_numbers({key: [0.5, 0.6, 0.7] for key in CURVES}))))
def test_no_single_number_passes(name: str) -> None:
    """A rule that cuts one number in three, wherever and however it names the parts, fails on every draw.

    The cuts are tried at quantiles of all draws; the names of the parts are those that are right most often.
    """
    numbers, kinds = tabulate()
    values = numbers[name]
    cuts = np.unique(np.quantile(values, np.linspace(0, 1, CUTS)))
    best = 0
    for low in cuts:
        for high in cuts[cuts >= low]:
            parts = (values >= low).astype(int) + (values >= high)
            names = np.array([np.bincount(kinds[parts == part], minlength=3).argmax() for part in range(3)])
            best = max(best, int((names[parts] == kinds).sum(axis=1).max()))

    assert best < NEEDED
