"""Right, written differently: a device, printed progress, a look at the training accuracy after each epoch."""

import torch
from torch import nn
from torchvision.models import ResNet18_Weights, resnet18

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
print(f"using {device}")


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
    model = model.to(device)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(filter(lambda p: p.requires_grad, model.parameters()), lr=0.01)
    train_losses = []
    for epoch in range(epochs):
        model.train()
        running_loss, seen = 0.0, 0
        for batch, (images, labels) in enumerate(loader):
            images, labels = images.to(device), labels.to(device)
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item() * images.size(0)
            seen += images.size(0)
            if batch % 5 == 0:
                print(f"  batch {batch}: {loss.item():.3f}")
        train_losses.append(running_loss / seen)
        model.eval()
        right = 0
        with torch.no_grad():
            for images, labels in loader:
                right += (model(images.to(device)).argmax(1) == labels.to(device)).sum().item()
        print(f"epoch {epoch + 1}/{epochs}: loss {train_losses[-1]:.3f}, accuracy {right / len(loader.dataset):.0%}")
        on_epoch(epoch + 1, model)
    return train_losses


def diagnose(history):
    train, val = history["train_accuracy"][-1], history["val_accuracy"][-1]
    if train < 0.77:
        return "underfitting"
    if train - val > 0.12:
        return "overfitting"
    return "good fit"
