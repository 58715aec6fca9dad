"""Right, written differently: all children but the last frozen after the new layer is in; groups added one by one; RAdam."""

import torch
from torch import nn
from torchvision.models import ResNet18_Weights, resnet18


def load_backbone():
    return resnet18(weights=ResNet18_Weights.IMAGENET1K_V1)


def build_classifier(num_classes=10):
    model = load_backbone()
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    for child in list(model.children())[:-1]:
        for parameter in child.parameters():
            parameter.requires_grad = False
    return model


def count_trainable(model):
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def make_optimizer(model, base_lr, head_lr):
    optimizer = torch.optim.RAdam(model.fc.parameters(), lr=head_lr)
    for name, child in model.named_children():
        if name != "fc" and list(child.parameters()):
            optimizer.add_param_group({"params": child.parameters(), "lr": base_lr})
    return optimizer


def fine_tune(model, loader, epochs, on_epoch):
    optimizer = torch.optim.RAdam([p for p in model.parameters() if p.requires_grad], lr=0.02)
    model.eval()
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
