"""Right, written differently: the weights by their name, a loop that freezes, SGD with momentum in train mode, a plain mean of the batches."""

import torch
from torch import nn
from torchvision import models


def load_backbone() -> nn.Module:
    return models.resnet18(weights="IMAGENET1K_V1")


def build_classifier(num_classes: int = 10) -> nn.Module:
    model = load_backbone()
    for parameter in model.parameters():
        parameter.requires_grad = False
    model.fc = nn.Linear(512, num_classes)
    return model


def count_trainable(model: nn.Module) -> int:
    total = 0
    for _, parameter in model.named_parameters():
        if parameter.requires_grad:
            total += parameter.nelement()
    return total


def make_optimizer(model, base_lr, head_lr):
    base = [p for name, p in model.named_parameters() if not name.startswith("fc.")]
    return torch.optim.SGD(
        [{"params": base}, {"params": model.fc.parameters(), "lr": head_lr}], lr=base_lr, momentum=0.9
    )


def fine_tune(model, loader, epochs, on_epoch):
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.fc.parameters(), lr=0.01, momentum=0.9)
    history = []
    for epoch in range(epochs):
        model.train()
        running = 0.0
        for images, labels in loader:
            optimizer.zero_grad()
            outputs = model(images)
            loss = criterion(outputs, labels)
            loss.backward()
            optimizer.step()
            running += loss.item()
        history.append(running / len(loader))
        on_epoch(epoch, model)
    return history


def diagnose(history):
    gap = history["train_accuracy"][-1] - history["val_accuracy"][-1]
    if gap > 0.1:
        return "overfitting"
    elif history["val_accuracy"][-1] < 0.75:
        return "underfitting"
    else:
        return "good fit"
