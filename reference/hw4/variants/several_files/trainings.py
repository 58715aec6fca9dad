"""The trainings of hw4."""

import torch
from torch import nn


def train_with_trace(model, loader, epochs, on_epoch):
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=5e-3)
    trace = []
    for epoch in range(1, epochs + 1):
        total, right, count = 0.0, 0, 0
        for images, labels in loader:
            logits = model(images)
            loss = nn.functional.cross_entropy(logits, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
            right += (logits.argmax(1) == labels).sum().item()
            count += len(labels)
        trace.append({"epoch": epoch, "loss": total / count, "accuracy": right / count})
        on_epoch(epoch, model)
    return trace


def train_until(model, loader, validation, target, epochs, on_epoch):
    images, labels = validation
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    reached = None
    for epoch in range(1, epochs + 1):
        for batch, classes in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(batch), classes).backward()
            optimizer.step()
        on_epoch(epoch, model)
        with torch.no_grad():
            accuracy = (model(images).argmax(1) == labels).float().mean().item()
        if reached is None and accuracy >= target:
            reached = epoch
    return reached


def compare(pretrained, scratch, loader, validation, target, epochs, on_epoch):
    return {
        "pretrained": train_until(pretrained, loader, validation, target, epochs, on_epoch),
        "scratch": train_until(scratch, loader, validation, target, epochs, on_epoch),
    }
