"""Three clouds of points, drawn anew for each draw. Labels of the hidden ones stay outside, and so does the canary."""

import numpy as np

CANARY = "@CANARY_LABELS@"


def data(draw):
    """Training points enter; hidden points enter the predict run alone; their labels never do."""
    angles = draw.rng.uniform(0, 2 * np.pi) + np.arange(3) * 2 * np.pi / 3
    centres = 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    train = make_points(draw.rng, 192, centres)
    images, labels = make_points(draw.rng, 90, centres)
    return {"train": train}, {"images": images, "labels": labels, "canary": CANARY}


def make_points(rng, count, centres):
    """Points and their labels."""
    labels = rng.permutation(np.arange(count) % 3)
    points = centres[labels] + rng.normal(0, 0.4, (count, 2))
    return points.astype(np.float32), labels.astype(np.int64)
