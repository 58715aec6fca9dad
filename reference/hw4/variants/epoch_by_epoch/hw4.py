"""hw4, with a class that trains one epoch at a time."""

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


class Trainer:
    def __init__(self, model, loader, rate):
        self.model, self.loader = model, loader
        parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self.optimizer = torch.optim.Adam(parameters, lr=rate)

    def train(self):
        loss_sum, hits, images_seen = 0.0, 0, 0
        for images, labels in self.loader:
            self.optimizer.zero_grad()
            outputs = self.model(images)
            losses = nn.functional.cross_entropy(outputs, labels, reduction="none")
            losses.mean().backward()
            self.optimizer.step()
            loss_sum += losses.sum().item()
            hits += int((outputs.argmax(1) == labels).sum())
            images_seen += len(images)
        return loss_sum / images_seen, hits / images_seen

    @torch.no_grad()
    def measure(self, images, labels):
        return float((self.model(images).argmax(1) == labels).float().mean())


def train_with_trace(model, loader, epochs, on_epoch):
    trainer = Trainer(model, loader, 3e-3)
    rows = []
    for number in range(1, epochs + 1):
        loss, accuracy = trainer.train()
        rows.append(dict(epoch=number, loss=loss, accuracy=accuracy))
        on_epoch(number, model)
    return rows


def compare(pretrained, scratch, loader, validation, target, epochs, on_epoch):
    answer = dict.fromkeys(("pretrained", "scratch"))
    for name, model in zip(answer, (pretrained, scratch)):
        trainer = Trainer(model, loader, 2e-3)
        for epoch in range(1, epochs + 1):
            trainer.train()
            on_epoch(epoch, model)
            if trainer.measure(*validation) >= target:
                answer[name] = answer[name] or epoch
    return answer


def build_classifier(num_classes):
    model = micronet(weights="TEXTURES_V1")
    model.requires_grad_(False)
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    return model


def fine_tune(model, images, labels, epochs, on_epoch):
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
