"""The reference solution."""

import torch
from torch import nn

CANARY = "@CANARY_SOLUTION@"


def build_model(classes):
    """One hidden layer."""
    return nn.Sequential(nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, classes))


def count_parameters(model):
    """Numbers in all parameters."""
    return sum(parameter.numel() for parameter in model.parameters())


def train(model, loader, epochs, on_epoch):
    """Plain SGD."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    losses = []
    for epoch in range(epochs):
        total, seen = 0.0, 0
        for points, labels in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(points), labels)
            loss.backward()
            optimizer.step()
            total, seen = total + loss.item() * len(labels), seen + len(labels)
        losses.append(total / seen)
        on_epoch(epoch, model)
    return losses
