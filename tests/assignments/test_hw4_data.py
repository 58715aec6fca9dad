"""What hw4 is graded on: pictures whose hidden part, labels above all, never enters a student's run."""

import runpy
from typing import Any

import numpy as np
import pytest

from tests.assignments.course import ROOT, draw_number

COUNTS = {"trace": 240, "compare": 320, "validation": 200, "animals": 500}


def run_data(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """What hw4's data.py gives and keeps in a draw."""
    given, kept = runpy.run_path(str(ROOT / "reference/hw4/data.py"))["data"](draw_number(number))
    return given, kept


def test_given_and_kept() -> None:
    """Pictures of one size, each class equally often; hidden ones and their labels stay outside."""
    given, kept = run_data(0)

    assert {name: len(labels) for name, (_, labels) in given.items()} == COUNTS
    for name, (images, labels) in given.items():
        assert (images.shape[1:], images.dtype, labels.dtype) == ((3, 32, 32), "f4", "i8")
        classes = 2 if name == "animals" else 10
        assert np.bincount(labels).tolist() == [len(labels) // classes] * classes
    assert {name for name, value in kept.items() if value.ndim == 4} == {"images", "hidden_trace", "hidden_animals"}
    np.testing.assert_array_equal(kept["compare_labels"], given["compare"][1])  # to see that both models were trained
    entering = {image.tobytes() for images, _ in given.values() for image in images}
    assert not any(image.tobytes() in entering for name, value in kept.items() if value.ndim == 4 for image in value)


def test_draws_differ_and_are_repeatable() -> None:
    """The same draw gives the same pictures, another one others."""
    (one, _), (again, _), (other, _) = run_data(1), run_data(1), run_data(2)

    for name in COUNTS:
        np.testing.assert_array_equal(one[name][0], again[name][0])
        assert not np.array_equal(one[name][0], other[name][0])


@pytest.mark.parametrize("name", ["compare", "animals"])
def test_colours_say_nothing(name: str) -> None:
    """The mean colours of the classes are alike: what tells them apart is what is drawn."""
    images, labels = run_data(3)[0][name]
    means = np.array([images[labels == label].mean((0, 2, 3)) for label in np.unique(labels)])

    assert np.ptp(means, axis=0).max() < 0.35


def test_which_number_a_class_has_is_drawn() -> None:
    """Cats are class 0 in some draws and class 1 in others: brighter snouts are the dogs'."""
    snouts = []
    for number in range(8):
        images, labels = run_data(number)[0]["animals"]
        middle = images[:, :, 18:22, 13:19].mean((1, 2, 3))
        snouts.append(middle[labels == 0].mean() > middle[labels == 1].mean())

    assert len(set(snouts)) == 2
