"""Train hw4's backbone on generated textures and shapes, and write its weights.

    python scripts/make_micro_backbone.py [assignments/hw4/data/micro_backbone.safetensors]

Everything is drawn from one seed and computed on one thread, so the same PyTorch on the same kind of processor writes
the same file; another version may differ in the last digits of the weights, and so in the digest, which
assignments/hw4/assignment.toml pins. The script prints the digest, and the accuracy on textures that it never saw.
"""

import argparse
import hashlib
import math
import runpy
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import nn

HW4 = Path(__file__).resolve().parents[1] / "assignments/hw4"
SEED = 20_260_901
SIZE = 32
IMAGES, EPOCHS, BATCH = 9_600, 30, 64
ORIENTATIONS, STRIPES = 8, (2.5, 4.5, 7.0)
SHAPES = ("disc", "ring", "square", "frame", "up", "down", "plus", "cross", "wide", "tall", "two", "moon")
KINDS = 8 * 3 + 2 * 3 + 3 + 3 + len(SHAPES)


def main() -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(description="Train hw4's backbone and write its weights.")
    parser.add_argument("file", nargs="?", type=Path, default=HW4 / "data/micro_backbone.safetensors")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--images", type=int, default=IMAGES, help="drawn anew for each epoch")
    arguments = parser.parse_args()
    model = train(epochs=arguments.epochs, images=arguments.images)
    content = save({name: tensor.contiguous() for name, tensor in model.state_dict().items()})
    arguments.file.write_bytes(content)
    print(f"{arguments.file}: {len(content):,} bytes, sha256:{hashlib.sha256(content).hexdigest()}")


def train(*, epochs: int = EPOCHS, images: int = IMAGES) -> nn.Module:
    """A MicroNet trained on fresh pictures each epoch."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    rng = np.random.default_rng(SEED)
    model: nn.Module = runpy.run_path(str(HW4 / "data/micro.py"))["MicroNet"](KINDS)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.02)
    steps = epochs * math.ceil(images / BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=steps)
    for epoch in range(1, epochs + 1):
        pictures, kinds = make_pictures(rng, images)
        total = 0.0
        for begin in range(0, images, BATCH):
            batch = slice(begin, begin + BATCH)
            loss = nn.functional.cross_entropy(model(pictures[batch]), kinds[batch], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(kinds[batch])
        print(f"epoch {epoch:2}: loss {total / images:.3f}", flush=True)
    pictures, kinds = make_pictures(rng, 2_000)
    with torch.no_grad():
        print(f"right on new pictures: {(model(pictures).argmax(1) == kinds).float().mean():.1%}")
    return model


def make_pictures(rng: np.random.Generator, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """`count` pictures [count, 3, SIZE, SIZE] with values near 0 to 1, and their kinds [count]."""
    kinds = rng.permutation(np.arange(count) % KINDS)
    pictures = np.empty((count, 3, SIZE, SIZE), np.float32)
    for picture, kind in zip(pictures, kinds, strict=True):
        pattern = draw_kind(rng, int(kind))
        one, two = draw_colours(rng)
        noise = rng.normal(0, rng.uniform(0.02, 0.12), (3, SIZE, SIZE))
        picture[:] = pattern * one[:, None, None] + (1 - pattern) * two[:, None, None] + noise
    return torch.from_numpy(pictures), torch.from_numpy(kinds.astype(np.int64))


def draw_colours(rng: np.random.Generator) -> np.ndarray:
    """Two colours that can be told apart [2, 3]: which they are says nothing about the kind."""
    while True:
        colours = rng.uniform(0, 1, (2, 3))
        if np.abs(colours[0] - colours[1]).max() > 0.35:
            return colours


def draw_kind(rng: np.random.Generator, kind: int) -> np.ndarray:
    """The pattern of one kind [SIZE, SIZE], from 0 to 1."""
    rows, columns = (np.mgrid[0:SIZE, 0:SIZE] + 0.5) / SIZE
    if kind < 24:
        angle = np.pi * (kind % ORIENTATIONS) / ORIENTATIONS + rng.normal(0, 0.06)
        return draw_wave(rng, rows, columns, angle, STRIPES[kind // ORIENTATIONS])
    if kind < 30:
        turned = (kind - 24) % 2 * np.pi / 4 + rng.normal(0, 0.06)
        frequency = STRIPES[(kind - 24) // 2]
        return abs(
            draw_wave(rng, rows, columns, turned, frequency)
            - draw_wave(rng, rows, columns, turned + np.pi / 2, frequency)
        )
    if kind < 33:
        frequency = STRIPES[kind - 30]
        return draw_wave(rng, rows, columns, 0.0, frequency) * draw_wave(rng, rows, columns, np.pi / 2, frequency)
    if kind < 36:
        middle = rng.uniform(0.25, 0.75, 2)
        return draw_wave(rng, np.hypot(rows - middle[0], columns - middle[1]), columns, np.pi / 2, STRIPES[kind - 33])
    return draw_shape(rng, rows, columns, SHAPES[kind - 36])


def draw_wave(
    rng: np.random.Generator, rows: np.ndarray, columns: np.ndarray, angle: float, frequency: float
) -> np.ndarray:
    """A wave across the picture, soft or hard at its edges."""
    along = columns * np.cos(angle) + rows * np.sin(angle)
    wave = np.sin(2 * np.pi * ((frequency + rng.normal(0, 0.15)) * along + rng.uniform()))
    return 0.5 + 0.5 * np.tanh(wave * rng.uniform(1, 6))


def draw_shape(rng: np.random.Generator, rows: np.ndarray, columns: np.ndarray, name: str) -> np.ndarray:
    """A shape somewhere in the picture, a little turned, in one of many sizes."""
    size, turned = rng.uniform(0.18, 0.34), rng.normal(0, 0.12)
    y0, x0 = rng.uniform(0.38, 0.62, 2)
    x = ((columns - x0) * np.cos(turned) + (rows - y0) * np.sin(turned)) / size
    y = ((rows - y0) * np.cos(turned) - (columns - x0) * np.sin(turned)) / size
    radius, box = np.hypot(x, y), np.maximum(abs(x), abs(y))
    inside = {
        "disc": radius < 1,
        "ring": (radius < 1.1) & (radius > 0.65),
        "square": box < 0.9,
        "frame": (box < 1) & (box > 0.6),
        "up": (y < 0.8) & (y > 1.8 * abs(x) - 1),
        "down": (y > -0.8) & (y < 1 - 1.8 * abs(x)),
        "plus": (box < 1.1) & (np.minimum(abs(x), abs(y)) < 0.3),
        "cross": (box < 1) & (abs(abs(x) - abs(y)) < 0.4),
        "wide": np.hypot(x / 1.3, y / 0.5) < 1,
        "tall": np.hypot(x / 0.5, y / 1.3) < 1,
        "two": np.minimum(np.hypot(x - 0.8, y), np.hypot(x + 0.8, y)) < 0.55,
        "moon": (radius < 1.1) & (np.hypot(x - 0.6, y) > 0.9),
    }[name]
    return inside.astype(np.float64)


if __name__ == "__main__":
    main()
