"""hw4: from images to classes. Wrong in one thing: labels turned round."""

import torch
from data.micro import micronet
from torch import nn


def scale_pixels(images):
    return images.float() / 255


def extract_features(model, pixels):
    model.eval()
    with torch.no_grad():
        return model.features(pixels.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def classify(model, features):
    model.eval()
    with torch.no_grad():
        return model.fc(features.mean((1, 2))).softmax(1)


def train_with_trace(model, loader, epochs, on_epoch):
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=5e-3)
    trace = []
    for epoch in range(1, epochs + 1):
        total, right, count = 0.0, 0, 0
        for images, labels in loader:
            logits = model(images)
            loss = nn.functional.cross_entropy(logits, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
            right += (logits.argmax(1) == labels).sum().item()
            count += len(labels)
        trace.append({"epoch": epoch, "loss": total / count, "accuracy": right / count})
        on_epoch(epoch, model)
    return trace


def train_until(model, loader, validation, target, epochs, on_epoch):
    images, labels = validation
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    reached = None
    for epoch in range(1, epochs + 1):
        for batch, classes in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(batch), classes).backward()
            optimizer.step()
        on_epoch(epoch, model)
        with torch.no_grad():
            accuracy = (model(images).argmax(1) == labels).float().mean().item()
        if reached is None and accuracy >= target:
            reached = epoch
    return reached


def compare(pretrained, scratch, loader, validation, target, epochs, on_epoch):
    return {
        "pretrained": train_until(pretrained, loader, validation, target, epochs, on_epoch),
        "scratch": train_until(scratch, loader, validation, target, epochs, on_epoch),
    }


def build_classifier(num_classes):
    model = micronet(weights="TEXTURES_V1")
    model.requires_grad_(False)
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    return model


def fine_tune(model, images, labels, epochs, on_epoch):
    labels = 1 - labels
    order = torch.randperm(len(images))
    validation, training = order[: len(images) // 5], order[len(images) // 5 :]
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    optimizer = torch.optim.Adam(model.fc.parameters(), lr=5e-3)
    for epoch in range(1, epochs + 1):
        for batch in training[torch.randperm(len(training))].split(16):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()
        on_epoch(epoch, model)
    with torch.no_grad():
        accuracy = (model(images[validation]).argmax(1) == labels[validation]).float().mean().item()
    return {"accuracy": accuracy, "validation": validation.tolist()}
