"""Tensors without plain numbers: what can't be read mustn't count as right, nor break the grader."""

import torch
from torch import nn

KINDS = {
    "complex": lambda outputs: outputs.to(torch.complex64),
    "quantized": lambda outputs: torch.quantize_per_tensor(outputs, 0.1, 0, torch.qint8),
    "sparse": lambda outputs: outputs.to_sparse(),
    "meta": lambda outputs: outputs.to("meta"),
}


class Model(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, classes))

    def forward(self, inputs):
        return KINDS["complex"](self.net(inputs))


def build_model(classes):
    return Model(classes)


def count_parameters(model):
    return KINDS["sparse"](torch.ones(3))


def train(model, loader, epochs, on_epoch):
    return [KINDS["meta"](torch.ones(1))] * epochs
