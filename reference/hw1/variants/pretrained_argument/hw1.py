"""Right, written differently: the old `pretrained=True` (deprecated, but right), AdamW, gradients cleared after the step."""

import torch
import torchvision
from torch import nn


def load_backbone():
    return torchvision.models.resnet18(pretrained=True)


def build_classifier(num_classes=10):
    model = torchvision.models.resnet18(pretrained=True)
    for p in model.parameters():
        p.requires_grad_(False)
    model.fc = nn.Linear(in_features=512, out_features=num_classes, bias=True)
    return model


def count_trainable(model):
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def make_optimizer(model, base_lr, head_lr):
    groups = {True: [], False: []}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            groups[name in ("fc.weight", "fc.bias")].append(parameter)
    return torch.optim.AdamW([{"params": groups[False], "lr": base_lr}, {"params": groups[True], "lr": head_lr}])


def fine_tune(model, loader, epochs, on_epoch):
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=3e-3, weight_decay=0.01)
    model.eval()
    losses = []
    for epoch in range(epochs):
        total, count = 0.0, 0
        for images, labels in loader:
            loss = nn.functional.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            total += loss.item() * len(images)
            count += len(images)
        losses.append(total / count)
        on_epoch(epoch + 1, model)
    return losses


def diagnose(history):
    train, val = history["train_accuracy"][-1], history["val_accuracy"][-1]
    if train < 0.77:
        return "underfitting"
    if train - val > 0.12:
        return "overfitting"
    return "good fit"
