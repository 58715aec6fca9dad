"""hw3, giving the old last layer new weights instead of a successor."""

import math

import torch
from torch import nn


def replace_last_layer(model, num_classes):
    last = None
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            last = layer
    last.out_features = num_classes
    last.weight = nn.Parameter(torch.empty(num_classes, last.in_features))
    last.bias = nn.Parameter(torch.zeros(num_classes))
    nn.init.kaiming_uniform_(last.weight, a=math.sqrt(5))
    return model


class SmallNet(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.output = nn.Linear(64, num_classes)

    def forward(self, images):
        return self.output(self.features(images))


def training_loss(model, images, labels):
    total = 0.0
    for image, label in zip(images, labels):
        total = total + nn.functional.cross_entropy(model(image[None]), label[None])
    return total / len(images)


def after(side):
    side = (side - 2) // 2
    return (side - 2) // 2


class Net(nn.Module):
    def __init__(self, height, width, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3)
        self.conv2 = nn.Conv2d(8, 16, 3)
        self.fc = nn.Linear(16 * after(height) * after(width), num_classes)

    def forward(self, images):
        x = nn.functional.max_pool2d(self.conv1(images).relu(), 2)
        x = nn.functional.max_pool2d(self.conv2(x).relu(), 2)
        return self.fc(x.flatten(1))


def make_net(image_size, num_classes):
    return Net(*image_size, num_classes)


def loss_for(logits, labels):
    classes = [int(label) for label in labels]
    return nn.functional.cross_entropy(logits, torch.tensor(classes))


class DeepNet(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.Sequential(*[nn.Linear(sizes[i], sizes[i + 1]) for i in range(len(sizes) - 1)])

    def forward(self, x):
        *hidden, last = self.layers
        for layer in hidden:
            x = torch.relu(layer(x))
        return last(x)


def predict_one(model, image):
    model.train(False)
    return model(image.reshape(1, *image.shape)).argmax(dim=-1).item()
