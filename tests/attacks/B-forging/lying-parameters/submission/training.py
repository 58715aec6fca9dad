"""A layer too many, which parameters(), named_parameters(), state_dict(), modules() and numel() all leave out."""

import torch
from torch import nn


class Quiet(nn.Parameter):
    """Says that it isn't trained and has no numbers."""

    requires_grad = property(lambda self: False, lambda self, value: None)
    shape = property(lambda self: torch.Size([0]))

    def numel(self):
        return 0

    def data_ptr(self):
        return 0


class Hiding(dict):
    """Shows nothing of what it holds."""

    keys = __iter__ = lambda self: iter(())
    __len__ = lambda self: 0


class Small(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, classes))
        self.spare = Quiet(torch.zeros(100, 100))
        self.other = nn.Linear(50, 50)
        vars(self.other)["_parameters"] = Hiding(vars(self.other)["_parameters"])

    def forward(self, inputs):
        return self.net(inputs)

    def parameters(self, recurse=True):
        return self.net.parameters()

    def named_parameters(self, *arguments, **options):
        return self.net.named_parameters()

    def state_dict(self, *arguments, **options):
        return self.net.state_dict()

    def modules(self):
        return iter([self.net])

    named_modules = named_children = lambda self, *arguments, **options: iter([("", self.net)])


def build_model(classes):
    return Small(classes)


def count_parameters(model):
    return 0


def train(model, loader, epochs, on_epoch):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    losses = []
    for epoch in range(epochs):
        for points, labels in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(points), labels)
            loss.backward()
            optimizer.step()
        losses.append(loss.item())
        on_epoch(epoch, model)
    return losses
