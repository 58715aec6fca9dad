"""hw4, with SGD and momentum, and everything measured batch by batch."""

import torch
from data.micro import micronet
from torch import nn


def scale_pixels(images):
    return images.to(torch.float32).div(255.0)


def extract_features(model, pixels):
    maps = [model.features(image.movedim(-1, 0)[None]) for image in pixels]
    return torch.cat(maps).movedim(1, -1).detach()


def classify(model, features):
    pooled = model.pool(features.movedim(-1, 1)).flatten(1)
    return torch.softmax(model.fc(pooled), dim=-1).detach()


def train_with_trace(model, loader, epochs, on_epoch):
    optimizer = torch.optim.SGD(model.fc.parameters(), lr=0.02, momentum=0.9)
    criterion = nn.CrossEntropyLoss()
    trace = []
    for epoch in range(epochs):
        losses, hits = [], []
        for images, labels in loader:
            optimizer.zero_grad()
            outputs = model(images)
            loss = criterion(outputs, labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            hits.extend((outputs.argmax(1) == labels).tolist())
        on_epoch(epoch, model)
        trace.append({"epoch": epoch, "loss": sum(losses) / len(losses), "accuracy": sum(hits) / len(hits)})
    return trace


def accuracy_of(model, images, labels):
    model.eval()
    with torch.no_grad():
        return (model(images).argmax(1) == labels).float().mean().item()


def train_one(model, loader, validation, target, epochs, on_epoch):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    criterion = nn.CrossEntropyLoss()
    accuracies = []
    for epoch in range(epochs):
        model.train()
        for images, labels in loader:
            optimizer.zero_grad()
            criterion(model(images), labels).backward()
            optimizer.step()
        accuracies.append(accuracy_of(model, *validation))
        on_epoch(epoch + 1, model)
    enough = [number for number, accuracy in enumerate(accuracies, 1) if accuracy >= target]
    return enough[0] if enough else None


def compare(pretrained, scratch, loader, validation, target, epochs, on_epoch):
    slow = train_one(scratch, loader, validation, target, epochs, on_epoch)
    fast = train_one(pretrained, loader, validation, target, epochs, on_epoch)
    return {"pretrained": fast, "scratch": slow}


def build_classifier(num_classes):
    model = micronet("TEXTURES_V1")
    for parameter in model.parameters():
        parameter.requires_grad = False
    model.fc = nn.Sequential(nn.Dropout(0.2), nn.Linear(512, num_classes))
    return model


def fine_tune(model, images, labels, epochs, on_epoch):
    held, used = list(range(0, 500, 5)), [number for number in range(500) if number % 5]
    for name, parameter in model.named_parameters():
        parameter.requires_grad = name.startswith("fc")
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.02, momentum=0.9)
    for epoch in range(epochs):
        for begin in range(0, len(used), 20):
            batch = used[begin : begin + 20]
            loss = nn.CrossEntropyLoss()(model(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        on_epoch(epoch, model)
    return {"accuracy": accuracy_of(model, images[held], labels[held]), "validation": held}
