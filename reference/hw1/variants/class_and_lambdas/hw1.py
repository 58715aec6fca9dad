"""Right, written differently: a trainer class, lambdas, and type hints."""

import torch
from torch import nn
from torchvision.models import ResNet18_Weights, resnet18


class Trainer:
    def __init__(self, model, learning_rate=0.01):
        self.model = model
        self.criterion = nn.CrossEntropyLoss(reduction="none")
        self.optimizer = torch.optim.Adam((p for p in model.parameters() if p.requires_grad), lr=learning_rate)

    def epoch(self, loader):
        seen = []
        for images, labels in loader:
            losses = self.criterion(self.model(images), labels)
            self.optimizer.zero_grad()
            losses.mean().backward()
            self.optimizer.step()
            seen.append(losses.detach())
        return torch.cat(seen).mean()


def load_backbone():
    return resnet18(weights=ResNet18_Weights.IMAGENET1K_V1)


def build_classifier(num_classes=10):
    model = load_backbone()
    model.requires_grad_(False)
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    return model


count_trainable = lambda model: sum(p.numel() for p in model.parameters() if p.requires_grad)  # noqa: E731


def make_optimizer(model, base_lr, head_lr):
    head = [p for p in model.fc.parameters() if p.requires_grad]
    in_head = {id(p) for p in head}
    base = [p for p in model.parameters() if p.requires_grad and id(p) not in in_head]
    return torch.optim.Adam([{"params": base, "lr": base_lr}, {"params": head, "lr": head_lr}])


def fine_tune(model, loader, epochs, on_epoch):
    trainer, losses = Trainer(model.eval()), []
    for epoch in range(epochs):
        losses.append(trainer.epoch(loader))
        on_epoch(epoch, model)
    return losses


def diagnose(history):
    train, val = history["train_accuracy"][-1], history["val_accuracy"][-1]
    if train < 0.77:
        return "underfitting"
    if train - val > 0.12:
        return "overfitting"
    return "good fit"
