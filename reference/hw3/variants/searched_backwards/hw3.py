"""hw3, going through a model from its end."""

import torch
from torch import nn


def replace(module, num_classes):
    for name, child in reversed(list(module.named_children())):
        if isinstance(child, nn.Linear):
            setattr(module, name, nn.Sequential(nn.Dropout(0.1), nn.Linear(child.in_features, num_classes)))
            return True
        if replace(child, num_classes):
            return True
    return False


def replace_last_layer(model, num_classes):
    if not replace(model, num_classes):
        raise ValueError("the model has no linear layer")
    return model


class Features(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, padding=1)

    def forward(self, images):
        return nn.functional.adaptive_avg_pool2d(self.conv(images).relu(), 2).reshape(len(images), -1)


class SmallNet(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.features = Features()
        self.output = nn.Linear(64, num_classes)

    def forward(self, images):
        return self.output(self.features(images))


def training_loss(model, images, labels):
    return nn.functional.nll_loss(nn.functional.log_softmax(model(images), 1), labels)


def make_net(image_size, num_classes):
    height, width = [((side - 2) // 2 - 2) // 2 for side in image_size]
    body = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3), nn.ReLU(), nn.MaxPool2d(2)
    )
    return nn.Sequential(body, nn.Sequential(nn.Flatten(), nn.Linear(height * width * 16, num_classes)))


def loss_for(logits, labels):
    one_hot = nn.functional.one_hot(labels.flatten().to(torch.long), logits.shape[1])
    return nn.functional.cross_entropy(logits, one_hot.to(logits.dtype))


class DeepNet(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = []
        for number in range(len(sizes) - 1):
            layer = nn.Linear(sizes[number], sizes[number + 1])
            self.add_module(str(number), layer)
            self.layers.append(layer)

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = nn.functional.relu(layer(x))
        return self.layers[-1](x)


def predict_one(model, image):
    model.eval()
    outputs = model(image.expand(1, -1, -1, -1)).detach().numpy()
    return outputs[0].argmax()
