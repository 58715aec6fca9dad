"""What hw1 is graded on. Runs outside, before anything else; numpy only. `given` enters the sandbox, `kept` never does.

The task: small pictures of wavy two-coloured textures, ten classes. A class is a direction, a spacing and two colours,
and the colours are drawn anew for every draw, so weights trained on one draw are of no use on another.

The histories: 36, twelve of each kind, made in threes. The three of one group share what a careless rule looks at: the
overfitting and the good one end with the same training accuracy and loss, the good and the underfitting one with the
same gap, the overfitting and the underfitting one with the same validation accuracy and loss. So no single number tells
the kinds apart, while every sensible pair of numbers does. `tests/assignments` holds both.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

SIZE = 32
CLASSES = 10
ORIENTATIONS = 5
FREQUENCIES = (3.0, 6.0)
TRAIN_IMAGES, HIDDEN_IMAGES = 300, 150
GROUPS = 12

Floats = npt.NDArray[np.floating[Any]]
Pictures = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]
History = dict[str, list[float]]


def data(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """One set of hidden inputs: (given, kept)."""
    palette = draw.rng.uniform(0, 1, (CLASSES, 2, 3))
    train = make_textures(draw.rng, TRAIN_IMAGES, palette)
    images, labels = make_textures(draw.rng, HIDDEN_IMAGES, palette)
    cases = [case for _ in range(GROUPS) for case in make_group(draw.rng)]
    order = draw.rng.permutation(len(cases))
    return (
        {"train": train, "histories": [cases[i][1] for i in order]},
        {
            "images": images,
            "labels": labels,
            "train_labels": train[1],
            "kinds": [cases[i][0] for i in order],
        },
    )


def make_textures(rng: np.random.Generator, count: int, palette: Floats) -> Pictures:
    """`count` images [count, 3, SIZE, SIZE] and their labels [count], the ten classes in equal numbers."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    labels = rng.permutation(np.arange(count) % CLASSES)
    images = np.empty((count, 3, SIZE, SIZE), np.float32)
    for image, label in zip(images, labels, strict=True):
        angle = np.pi * (label % ORIENTATIONS) / ORIENTATIONS + rng.normal(0, 0.06)
        frequency = FREQUENCIES[label // ORIENTATIONS] + rng.normal(0, 0.2)
        along = columns * np.cos(angle) + rows * np.sin(angle)
        wave = 0.5 + 0.5 * np.sin(2 * np.pi * (frequency * along + rng.uniform()))
        one, two = palette[label] + rng.normal(0, 0.08, (2, 3))
        picture = wave * one[:, None, None] + (1 - wave) * two[:, None, None]
        image[:] = picture + rng.normal(0, 0.1, (3, SIZE, SIZE))
    return images, labels.astype(np.int64)


def make_group(rng: np.random.Generator) -> list[tuple[str, History]]:
    """Three histories, one of each kind, that agree in every single number that a careless rule reads."""
    high = rng.uniform(0.90, 0.98)  # training accuracy at the end, where the model has learned its images
    low = rng.uniform(0.40, 0.64)  # validation accuracy at the end, where the model is bad at new images
    near = rng.uniform(-0.02, 0.045)  # between the two accuracies, where they go together
    loss_near = rng.uniform(-0.05, 0.04)  # between the two losses, there
    loss_far = 2.3 * (high - low) + rng.uniform(-0.1, 0.3)
    return [
        ("overfitting", draw_history(rng, train=high, val=low, loss_gap=loss_far)),
        ("underfitting", draw_history(rng, train=low + near, val=low, loss_gap=loss_near)),
        ("good fit", draw_history(rng, train=high, val=high - near, loss_gap=loss_near)),
    ]


def draw_history(rng: np.random.Generator, *, train: float, val: float, loss_gap: float) -> History:
    """Curves of 8 to 30 epochs, fast or slow, that end at these two accuracies and with this much between the losses.

    Where validation ends far below training, its loss falls first and rises again: the model has begun to learn its
    training images by heart.
    """
    epochs = int(rng.integers(8, 31))
    passed = np.arange(1, epochs + 1) / epochs
    speed = rng.uniform(2, 8)
    rise = (1 - np.exp(-speed * passed)) / (1 - np.exp(-speed))
    start = rng.uniform(0.1, 0.2)
    train_accuracy = start + (train - start) * rise + rng.normal(0, 0.004, epochs)
    val_accuracy = start + (val - start) * rise + rng.normal(0, 0.004, epochs)
    train_loss = 2.3 * (1 - train_accuracy) + 0.05
    val_loss = train_loss + loss_gap * rise + rng.normal(0, 0.01, epochs)
    if train - val > 0.1:
        turn = rng.uniform(0.4, 0.6)
        val_loss = val_loss - rng.uniform(0.4, 0.6) * np.exp(-(((passed - turn) / 0.2) ** 2))
    curves = {"train_loss": train_loss, "val_loss": np.maximum(val_loss, 0.03)}
    curves |= {"train_accuracy": train_accuracy.clip(0, 1), "val_accuracy": val_accuracy.clip(0, 1)}
    return {name: [round(float(value), 4) for value in values] for name, values in curves.items()}
