"""hw1: transfer learning with ResNet-18. Wrong in one thing: no zero grad."""

import torch
from torch import nn
from torchvision.models import ResNet18_Weights, resnet18


def load_backbone():
    return resnet18(weights=ResNet18_Weights.IMAGENET1K_V1)


def build_classifier(num_classes=10):
    model = load_backbone()
    model.requires_grad_(False)
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    return model


def count_trainable(model):
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def make_optimizer(model, base_lr, head_lr):
    head = [p for p in model.fc.parameters() if p.requires_grad]
    in_head = {id(p) for p in head}
    base = [p for p in model.parameters() if p.requires_grad and id(p) not in in_head]
    return torch.optim.Adam([{"params": base, "lr": base_lr}, {"params": head, "lr": head_lr}])


def fine_tune(model, loader, epochs, on_epoch):
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.005)
    model.eval()  # the frozen layers stay as they were pre-trained, their BatchNorm statistics too
    losses = []
    for epoch in range(1, epochs + 1):
        total, count = 0.0, 0
        for images, labels in loader:
            loss = nn.functional.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
            count += len(labels)
        losses.append(total / count)
        on_epoch(epoch, model)
    return losses


def diagnose(history):
    train, val = history["train_accuracy"][-1], history["val_accuracy"][-1]
    if train < 0.77:
        return "underfitting"
    if train - val > 0.12:
        return "overfitting"
    return "good fit"
