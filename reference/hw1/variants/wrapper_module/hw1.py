"""Right, written differently: a class around the ResNet, for the backbone and the classifier alike."""

import torch
from torch import nn
from torchvision.models import ResNet18_Weights, resnet18


class Backbone(nn.Module):
    """ResNet-18 inside a module of its own."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, images):
        return self.net(images)


class Classifier(nn.Module):
    """Frozen features and a new layer."""

    def __init__(self, num_classes):
        super().__init__()
        self.features = resnet18(weights=ResNet18_Weights.IMAGENET1K_V1)
        self.features.fc = nn.Identity()
        for parameter in self.features.parameters():
            parameter.requires_grad = False
        self.last = nn.Linear(512, num_classes)

    def forward(self, images):
        return self.last(self.features(images))


def load_backbone():
    return Backbone(resnet18(weights=ResNet18_Weights.IMAGENET1K_V1))


def build_classifier(num_classes=10):
    return Classifier(num_classes)


def count_trainable(model):
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def make_optimizer(model, base_lr, head_lr):
    head = [p for p in model.fc.parameters() if p.requires_grad]
    in_head = {id(p) for p in head}
    base = [p for p in model.parameters() if p.requires_grad and id(p) not in in_head]
    return torch.optim.Adam([{"params": base, "lr": base_lr}, {"params": head, "lr": head_lr}])


def fine_tune(model, loader, epochs, on_epoch):
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
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
