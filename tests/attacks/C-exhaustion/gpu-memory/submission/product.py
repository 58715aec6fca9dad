"""Takes the device's memory in pieces that get smaller, then queues work faster than it is done, and never waits."""

import torch

HELD = []


def product(left, right):
    for size in (1 << 30, 1 << 26, 1 << 20):
        try:
            while True:
                HELD.append(torch.ones(size, dtype=torch.uint8, device=left.device))
        except RuntimeError as error:
            print("HELD", len(HELD), type(error).__name__, flush=True)
    del HELD[-64:]
    numbers = torch.ones(1024, 1024, device=left.device)
    while True:
        numbers = (numbers @ numbers).clamp(0, 1)


def total(numbers):
    return numbers.sum()
