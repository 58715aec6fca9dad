"""The parts that hw1.py is put together from."""

from torch import nn


def freeze(model: nn.Module) -> nn.Module:
    for parameter in model.parameters():
        parameter.requires_grad = False
    return model


def train_one_epoch(model, loader, optimizer):
    """One epoch; its mean loss."""
    total = 0.0
    for images, labels in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        total += float(loss) * len(labels)
    return total / len(loader.dataset)
