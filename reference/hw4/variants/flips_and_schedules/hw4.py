"""hw4, with flipped pictures, schedules, clipping and AdamW."""

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
    optimizer = torch.optim.AdamW(filter(lambda p: p.requires_grad, model.parameters()), lr=1e-2)
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
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    reached = None
    for epoch in range(1, epochs + 1):
        for batch, classes in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(batch), classes).backward()
            optimizer.step()
        on_epoch(epoch, model)
        with torch.inference_mode():
            parts = [(model(x).argmax(1) == y).sum().item() for x, y in zip(images.split(50), labels.split(50))]
        accuracy = sum(parts) / len(images)
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
    model.train()
    model.features.requires_grad_(False)
    permutation = torch.randperm(len(images))
    validation, training = permutation[-100:], permutation[:-100]
    data = torch.utils.data.TensorDataset(images[training], labels[training])
    loader = torch.utils.data.DataLoader(data, batch_size=8, shuffle=True)
    optimizer = torch.optim.AdamW(model.fc.parameters(), lr=4e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for epoch in range(1, epochs + 1):
        for batch, classes in loader:
            flipped = torch.where(torch.rand(len(batch), 1, 1, 1) < 0.5, batch, batch.flip(-1))
            loss = nn.functional.cross_entropy(model(flipped), classes, label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.fc.parameters(), 5.0)
            optimizer.step()
        schedule.step()
        on_epoch(epoch, model)
    model.eval()
    with torch.no_grad():
        accuracy = (model(images[validation]).argmax(1) == labels[validation]).double().mean()
    return {"accuracy": accuracy.item(), "validation": [int(number) for number in validation]}
