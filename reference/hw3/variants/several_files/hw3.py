"""hw3, with the two networks in a file of their own."""

import torch
from networks import DeepNet, SmallNet  # noqa: F401
from torch import nn


def replace_last_layer(model, num_classes):
    name, last = [(name, layer) for name, layer in model.named_modules() if isinstance(layer, nn.Linear)][-1]
    model.set_submodule(name, nn.Linear(last.in_features, num_classes))
    return model


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


def predict_one(model, image):
    model.eval()
    with torch.no_grad():
        return model(image.unsqueeze(0)).argmax(1).item()
