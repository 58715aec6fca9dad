"""What hw4 is graded on. Runs outside, before anything else; numpy only. `given` enters the sandbox, `kept` never does.

Two tasks, both drawn, both with pictures of 32 by 32 pixels:

- stripes: ten directions and spacings, in any two colours; those of the trace under more noise. Which class has which
  number is drawn, and so is the angle that all directions are turned by; weights trained on one draw are of no use on
  another.
- cats and dogs: drawings of heads. A cat has pointed ears and whiskers, a dog has hanging ears and a snout; fur, eyes
  and background have any colours, and which of the two is class 0 is drawn.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

SIZE = 32
CLASSES = 10
TRACE_IMAGES, COMPARE_IMAGES, ANIMAL_IMAGES = 240, 320, 500
VALIDATION_IMAGES, HIDDEN_IMAGES = 200, 200

Floats = npt.NDArray[np.floating[Any]]
Integers = npt.NDArray[np.integer[Any]]
Pictures = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]


def data(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """One set of hidden inputs: (given, kept)."""
    numbers, turned = draw.rng.permutation(CLASSES), draw.rng.uniform(0, np.pi / CLASSES)
    swapped = int(draw.rng.integers(2))
    trace = make_stripes(draw.rng, TRACE_IMAGES, numbers, turned, noise=0.35)
    compare = make_stripes(draw.rng, COMPARE_IMAGES, numbers, turned)
    validation = make_stripes(draw.rng, VALIDATION_IMAGES, numbers, turned)
    hidden = make_stripes(draw.rng, HIDDEN_IMAGES, numbers, turned)
    hidden_trace = make_stripes(draw.rng, HIDDEN_IMAGES, numbers, turned, noise=0.35)
    animals = make_animals(draw.rng, ANIMAL_IMAGES, swapped)
    hidden_animals = make_animals(draw.rng, HIDDEN_IMAGES, swapped)
    return (
        {"trace": trace, "compare": compare, "validation": validation, "animals": animals},
        {
            "images": hidden[0],
            "labels": hidden[1],
            "trace_labels": trace[1],
            "hidden_trace": hidden_trace[0],
            "hidden_trace_labels": hidden_trace[1],
            "compare_labels": compare[1],
            "validation_labels": validation[1],
            "given_animal_labels": animals[1],
            "hidden_animals": hidden_animals[0],
            "hidden_animal_labels": hidden_animals[1],
        },
    )


def make_stripes(
    rng: np.random.Generator, count: int, numbers: Integers, turned: float, *, noise: float = 0.08
) -> Pictures:
    """`count` striped pictures [count, 3, SIZE, SIZE] and their labels [count], the ten classes in equal numbers."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    kinds = rng.permutation(np.arange(count) % CLASSES)
    images = np.empty((count, 3, SIZE, SIZE), np.float32)
    for image, kind in zip(images, kinds, strict=True):
        angle = turned + np.pi * kind / CLASSES + rng.normal(0, 0.04)
        frequency = (3.0, 5.5)[kind % 2] + rng.normal(0, 0.2)
        along = columns * np.cos(angle) + rows * np.sin(angle)
        wave = 0.5 + 0.5 * np.sin(2 * np.pi * (frequency * along + rng.uniform()))
        paint(rng, image, wave, noise)
    return images, numbers[kinds].astype(np.int64)


def paint(rng: np.random.Generator, image: Floats, pattern: Floats, noise: float) -> None:
    """A pattern in two colours that can be told apart, with noise, into an image."""
    one, two = draw_colours(rng)
    image[:] = pattern * one[:, None, None] + (1 - pattern) * two[:, None, None] + rng.normal(0, noise, image.shape)


def draw_colours(rng: np.random.Generator) -> Floats:
    """Two colours that can be told apart [2, 3]."""
    while True:
        colours = rng.uniform(0, 1, (2, 3))
        if np.abs(colours[0] - colours[1]).max() > 0.4:
            return colours


def make_animals(rng: np.random.Generator, count: int, swapped: int) -> Pictures:
    """`count` drawings of heads [count, 3, SIZE, SIZE], half cats and half dogs, and their labels [count]."""
    kinds = rng.permutation(np.arange(count) % 2)
    images = np.empty((count, 3, SIZE, SIZE), np.float32)
    for image, kind in zip(images, kinds, strict=True):
        draw_head(rng, image, dog=bool(kind))
    return images, (kinds ^ swapped).astype(np.int64)


def draw_head(rng: np.random.Generator, image: Floats, *, dog: bool) -> None:
    """One head, somewhere in the picture, a little turned."""
    rows, columns = (np.mgrid[0:SIZE, 0:SIZE] + 0.5) / SIZE
    size, turned = rng.uniform(0.2, 0.28), rng.normal(0, 0.15)
    y0, x0 = rng.uniform(0.45, 0.6), rng.uniform(0.42, 0.58)
    x = ((columns - x0) * np.cos(turned) + (rows - y0) * np.sin(turned)) / size
    y = ((rows - y0) * np.cos(turned) - (columns - x0) * np.sin(turned)) / size
    side = abs(x)
    fur, ground = draw_colours(rng)
    dark = rng.uniform(0, 0.2, 3)
    image[:] = ground[:, None, None]
    if dog:
        layers = [
            (np.hypot(side / 0.95, y / 1.15) < 1, fur),
            (np.hypot((side - 1.05) / 0.36, (y - 0.1) / 0.85) < 1, 0.6 * fur),
            (np.hypot(x / 0.5, (y - 0.5) / 0.42) < 1, 0.5 + 0.5 * fur),
            (np.hypot(x / 0.24, (y - 0.3) / 0.16) < 1, dark),
        ]
    else:
        ear = (y > -1.75) & (y < -0.3) & (abs(side - 0.68) < 0.42 * (y + 1.75) / 1.0)
        whiskers = (side > 0.4) & (side < 1.4) & (abs(abs(y - 0.4) - 0.12) < 0.05)
        layers = [
            (ear, fur),
            (np.hypot(side / 1.05, y / 0.92) < 1, fur),
            (whiskers, dark),
            (np.hypot(x / 0.13, (y - 0.3) / 0.1) < 1, dark),
        ]
    for inside, colour in [*layers, (np.hypot((side - 0.42) / 0.14, (y + 0.2) / 0.18) < 1, dark)]:
        image[:, inside] = colour[:, None]
    image += rng.normal(0, 0.08, image.shape)
