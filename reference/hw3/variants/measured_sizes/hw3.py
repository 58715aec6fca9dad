"""hw3, measuring sizes where others work them out."""

import torch
from torch import nn


def replace_last_layer(model, num_classes):
    linear = {name: layer for name, layer in model.named_modules() if type(layer) is nn.Linear}
    name = list(linear)[-1]
    new = nn.Linear(linear[name].in_features, num_classes, bias=True)
    parent, _, attribute = name.rpartition(".")
    model.get_submodule(parent)._modules[attribute] = new
    return model


class SmallNet(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.dropout = nn.Dropout(0.2)
        self.output = nn.Linear(64, num_classes)

    def forward(self, images):
        return self.output(self.dropout(self.features(images)))


def training_loss(model, images, labels):
    model.eval()
    log_probabilities = torch.log_softmax(model(images), dim=1)
    return -log_probabilities[torch.arange(len(labels)), labels].mean()


def make_net(image_size, num_classes):
    layers = [
        nn.Conv2d(3, 8, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
    ]
    with torch.no_grad():
        size = nn.Sequential(*layers)(torch.zeros(1, 3, *image_size)).shape[1]
    return nn.Sequential(*layers, nn.Linear(size, num_classes))


def loss_for(logits, labels):
    labels = labels.long().view(len(logits))
    return (torch.logsumexp(logits, 1) - logits.gather(1, labels[:, None])[:, 0]).mean()


class DeepNet(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        layers = []
        for one, two in zip(sizes[:-1], sizes[1:]):
            layers += [nn.Linear(one, two), nn.ReLU()]
        self.net = nn.Sequential(*layers[:-1])

    def forward(self, x):
        return self.net(x)


def predict_one(model, image):
    with torch.no_grad():
        probabilities = torch.softmax(model.eval()(torch.stack([image])), dim=1)
    return int(probabilities.argmax())
