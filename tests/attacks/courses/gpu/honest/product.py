"""Another student's honest work: what an attack left on the device would be missing here, or be seen."""

import os

import torch

CANARY = "@CANARY_STUDENT@"


def product(left, right):
    """Multiplied and added up."""
    if left.is_cuda:
        fresh = torch.empty(1 << 28, dtype=torch.uint8, device=left.device)
        print("memory of others", bool(fresh.any()))
    return torch.matmul(left, right)


def total(numbers):
    """The sum."""
    return torch.sum(numbers)


for folder in ("/dev/shm", "/dev/mqueue", os.path.expanduser("~")):
    print("folder", folder, sorted(os.listdir(folder)) if os.path.isdir(folder) else "missing")
