"""Right, written differently: the new layer inside a `Sequential`, Adagrad, the count as a 0-dimensional tensor."""

import torch
from torch import nn
from torchvision.models import ResNet18_Weights, resnet18


def load_backbone():
    return resnet18(weights=ResNet18_Weights.DEFAULT)


def build_classifier(num_classes=10):
    model = load_backbone()
    for parameter in model.parameters():
        parameter.requires_grad = False
    model.fc = nn.Sequential(nn.Linear(model.fc.in_features, num_classes))
    return model


def count_trainable(model):
    return torch.tensor([p.numel() for p in model.parameters() if p.requires_grad], dtype=torch.long).sum()


def make_optimizer(model, base_lr, head_lr):
    head = list(model.fc.parameters())
    ids = list(map(id, head))
    base = filter(lambda p: p.requires_grad and id(p) not in ids, model.parameters())
    return torch.optim.Adagrad([{"params": base}, {"params": head, "lr": head_lr}], lr=base_lr)


def fine_tune(model, loader, epochs, on_epoch):
    optimizer = torch.optim.Adagrad(model.fc.parameters(), lr=0.02)
    model.train()
    losses = []
    for epoch in range(epochs):
        total, count = 0.0, 0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(images)
            count += len(images)
        losses.append(float(total / count))
        on_epoch(epoch + 1, model)
    return losses


def diagnose(history):
    train_loss, val_loss = history["train_loss"][-1], history["val_loss"][-1]
    if train_loss > 0.6:
        return "underfitting"
    if val_loss > train_loss + 0.3:
        return "overfitting"
    return "good fit"
