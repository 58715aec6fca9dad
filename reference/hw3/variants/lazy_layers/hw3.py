"""hw3, with layers that find out their sizes by themselves."""

import torch
import torch.nn.functional as F
from torch import nn


def replace_last_layer(model, num_classes):
    where = None
    for name, layer in model.named_modules():
        if isinstance(layer, nn.Linear):
            where = name
    *path, attribute = where.split(".")
    parent = model.get_submodule(".".join(path))
    setattr(parent, attribute, nn.LazyLinear(num_classes))
    return model


class SmallNet(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Linear(64, num_classes),
        )

    def forward(self, images):
        return self.net(images)


def training_loss(model, images, labels):
    return nn.CrossEntropyLoss()(model(images), labels)


def make_net(image_size, num_classes):
    return nn.Sequential(
        nn.Conv2d(3, 8, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.LazyLinear(num_classes),
    )


def loss_for(logits, labels):
    if labels.dim() == 2:
        labels = labels.squeeze(1)
    return F.cross_entropy(logits, labels.to(torch.int64))


class DeepNet(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.count = len(sizes) - 1
        for number in range(self.count):
            setattr(self, f"layer{number}", nn.Linear(sizes[number], sizes[number + 1]))

    def forward(self, x):
        for number in range(self.count):
            x = getattr(self, f"layer{number}")(x)
            if number < self.count - 1:
                x = F.relu(x)
        return x


@torch.inference_mode()
def predict_one(model, image):
    was_training = model.training
    model.eval()
    answer = model(image[None])[0].argmax()
    model.train(was_training)
    return answer
