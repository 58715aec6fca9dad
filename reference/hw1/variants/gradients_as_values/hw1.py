"""Right, written differently: `torch.autograd.grad` in place of `backward()`, and a step written out by hand."""

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
    weights = [p for p in model.parameters() if p.requires_grad]
    speeds = [torch.zeros_like(p) for p in weights]
    model.eval()
    losses = []
    for epoch in range(epochs):
        seen = []
        for images, labels in loader:
            log_probabilities = torch.log_softmax(model(images), dim=1)
            loss = -log_probabilities[torch.arange(len(labels)), labels].mean()
            gradients = torch.autograd.grad(loss, weights)
            with torch.no_grad():
                for weight, speed, gradient in zip(weights, speeds, gradients, strict=True):
                    speed.mul_(0.9).add_(gradient)
                    weight -= 0.01 * speed
            seen.append(loss.item())
        losses.append(sum(seen) / len(seen))
        on_epoch(epoch, model)
    return losses


def diagnose(history):
    train, val = history["train_accuracy"][-1], history["val_accuracy"][-1]
    if train < 0.77:
        return "underfitting"
    if train - val > 0.12:
        return "overfitting"
    return "good fit"
