# Homework 1, Sam Sample

import torch
import torch.nn as nn
from torchvision import models


# Question 1
def load_backbone():
    return models.resnet18(weights="IMAGENET1K_V1")


# Question 2
def build_classifier(num_classes=10):
    model = load_backbone()
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    return model


# Question 3
def count_trainable(model):
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


# Question 4
def make_optimizer(model, base_lr, head_lr):
    base = [p for name, p in model.named_parameters() if p.requires_grad and not name.startswith("fc")]
    return torch.optim.SGD([{"params": base}, {"params": model.fc.parameters(), "lr": head_lr}], lr=base_lr)


# Question 5
def fine_tune(model, loader, epochs, on_epoch):
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.fc.parameters(), lr=0.005)
    losses = []
    for epoch in range(epochs):
        running_loss = 0.0
        for images, labels in loader:
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
        losses.append(running_loss / len(loader))
        on_epoch(epoch, model)
    return losses


# Question 6
def diagnose(history):
    train = history["train_accuracy"][-1]
    val = history["validation_accuracy"][-1]
    if train < 0.8:
        return "underfitting"
    if train - val > 0.1:
        return "overfitting"
    return "good fit"
