"""hw3: repairing models. Wrong in one thing: fc that is never used."""

from itertools import pairwise

import torch
from torch import nn


def replace_last_layer(model, num_classes):
    name, last = [(name, layer) for name, layer in model.named_modules() if isinstance(layer, nn.Linear)][-1]
    if isinstance(model, nn.Sequential):
        model.set_submodule(name, nn.Linear(last.in_features, num_classes))
    else:
        model.fc = nn.Linear(last.in_features, num_classes)
    return model


class SmallNet(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.output = nn.Linear(64, num_classes)

    def forward(self, images):
        return self.output(self.features(images))


def training_loss(model, images, labels):
    return nn.functional.cross_entropy(model(images), labels)


def make_net(image_size, num_classes):
    height, width = image_size
    for _ in range(2):  # a convolution takes two pixels away, a pool halves
        height, width = (height - 2) // 2, (width - 2) // 2
    return nn.Sequential(
        nn.Conv2d(3, 8, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * height * width, num_classes),
    )


def loss_for(logits, labels):
    return nn.functional.cross_entropy(logits, labels.reshape(-1).long())


class DeepNet(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(one, two) for one, two in pairwise(sizes))

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = layer(x).relu()
        return self.layers[-1](x)


def predict_one(model, image):
    model.eval()
    with torch.no_grad():
        return model(image.unsqueeze(0)).argmax(1).item()
