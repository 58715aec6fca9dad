"""The training of `fine_tune` many times over, for `grade calibrate`: the frozen layers make the same of a drawing in
every epoch, so what they make is computed once, and the last layers of all seeds are trained side by side.

Every training begins with zeros, as the probe's does; a seed decides which 400 of the 500 drawings are trained on and
their order, as it does in most solutions. Ways are spelt with the learning rate in ten-thousandths; those called like a
mutant do what that one does.
"""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

EPOCHS, BATCH, CLASSES, TRAINED = 5, 16, 2, 400

WAYS = {
    "adam-50": lambda weights: torch.optim.Adam(weights, lr=5e-3),
    "adam-100": lambda weights: torch.optim.Adam(weights, lr=1e-2),
    "adam-10": lambda weights: torch.optim.Adam(weights, lr=1e-3),
    "adam-3": lambda weights: torch.optim.Adam(weights, lr=3e-4),
    "adam-1": lambda weights: torch.optim.Adam(weights, lr=1e-4),
    "adamw-40": lambda weights: torch.optim.AdamW(weights, lr=4e-3),
    "nadam-20": lambda weights: torch.optim.NAdam(weights, lr=2e-3),
    "rmsprop-10": lambda weights: torch.optim.RMSprop(weights, lr=1e-3),
    "rmsprop-100": lambda weights: torch.optim.RMSprop(weights, lr=1e-2),
    "adagrad-100": lambda weights: torch.optim.Adagrad(weights, lr=1e-2),
    "sgd-100": lambda weights: torch.optim.SGD(weights, lr=1e-2),
    "sgd-1000": lambda weights: torch.optim.SGD(weights, lr=1e-1),
    "sgd-10-momentum": lambda weights: torch.optim.SGD(weights, lr=1e-3, momentum=0.9),
    "sgd-100-momentum": lambda weights: torch.optim.SGD(weights, lr=1e-2, momentum=0.9),
    "sgd-200-momentum": lambda weights: torch.optim.SGD(weights, lr=2e-2, momentum=0.9),
    "sgd-500-momentum": lambda weights: torch.optim.SGD(weights, lr=5e-2, momentum=0.9),
    "labels_turned_round": lambda weights: torch.optim.Adam(weights, lr=5e-3),
    "backbone_drawn_anew": lambda weights: torch.optim.Adam(weights, lr=5e-3),
}


def cats_and_dogs(given, seeds):
    """Logits of the hidden drawings at the start and at the end, [seeds, 2, drawings, 2], by way."""
    images, labels = given["animals"]
    orders = torch.stack([make_order(given, seed) for seed in seeds])
    good, poor = (extract_all(load_model(given, pretrained), given, images) for pretrained in (True, False))
    ways = {}
    for way, make_optimizer in WAYS.items():
        met, hidden = poor if way == "backbone_drawn_anew" else good
        weights = [torch.zeros(len(seeds), CLASSES, 512), torch.zeros(len(seeds), CLASSES)]
        start = apply(weights, hidden.expand(len(seeds), -1, -1))
        weights = [part.requires_grad_() for part in weights]
        train(weights, make_optimizer(weights), met, 1 - labels if way == "labels_turned_round" else labels, orders)
        ways[way] = {"epochs.hidden": torch.stack([start, apply(weights, hidden[None])], dim=1).detach()}
    return ways


def load_model(given, pretrained):
    """The network with its pre-trained weights, or as PyTorch begins one, another in each draw."""
    torch.manual_seed(given.integer("quick_backbone", 0, 2**31 - 1))
    model = MicroNet(CLASSES)
    if pretrained:
        weights = given.weights("micro_backbone")
        model.load_state_dict({name: weights[name] for name in weights if not name.startswith("fc.")}, strict=False)
    return model.eval()


def extract_all(model, given, images):
    """What all layers but the last make of the given drawings and of the hidden ones, [drawings, 512] each."""
    with torch.no_grad():
        return tuple(model.pool(model.features(part)).flatten(1) for part in (images, given["hidden_animals"]))


def make_order(given, seed):
    """The numbers of the drawings as all epochs meet them, [EPOCHS, TRAINED]."""
    generator = torch.Generator().manual_seed(given.integer("quick_order", 0, 2**31 - 1, case=seed))
    used = torch.randperm(len(given["animals"][0]), generator=generator)[:TRAINED]
    return torch.stack([used[torch.randperm(TRAINED, generator=generator)] for _ in range(EPOCHS)])


def apply(weights, features):
    """Logits of features [seeds, drawings, 512] by each seed's last layer."""
    weight, bias = weights
    return features @ weight.transpose(1, 2) + bias[:, None]


def train(weights, optimizer, features, labels, orders):
    """Five epochs, all seeds side by side: each one's loss is its own, so the gradients of their sum are each one's."""
    with torch.enable_grad():
        for order in orders.unbind(1):
            for batch in order.split(BATCH, dim=1):
                optimizer.zero_grad()
                losses = cross_entropy(
                    apply(weights, features[batch]).flatten(0, 1), labels[batch].flatten(), reduction="sum"
                )
                (losses / batch.shape[1]).backward()
                optimizer.step()


class MicroNet(nn.Module):
    """The network of data/micro.py, under the same names."""

    def __init__(self, num_classes):
        super().__init__()
        self.features = nn.Sequential(
            *make_step(3, 16),
            *make_step(16, 24),
            *make_step(24, 32),
            *make_step(32, 48),
            nn.Conv2d(48, 48, 3, stride=2, padding=1, groups=48, bias=False),
            nn.Conv2d(48, 512, 1, bias=False),
            nn.GroupNorm(8, 512),
            nn.ReLU(),
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512, num_classes)

    def forward(self, images):
        """Images [N, 3, height, width] to logits [N, num_classes]."""
        return self.fc(self.pool(self.features(images)).flatten(1))


def make_step(inputs, outputs):
    """A convolution that halves height and width."""
    return [nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False), nn.GroupNorm(8, outputs), nn.ReLU()]
