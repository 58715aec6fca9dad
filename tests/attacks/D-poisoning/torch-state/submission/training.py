"""Changes everything in the framework that every later run in the same process would share."""

import os

import torch
from torch import nn


def build_model(classes):
    return nn.Sequential(nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, classes))


def count_parameters(model):
    return sum(parameter.numel() for parameter in model.parameters())


def train(model, loader, epochs, on_epoch):
    return None


def poison():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(7)
    torch.manual_seed(0)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.set_flush_denormal(True)
    torch.set_grad_enabled(False)
    torch.set_printoptions(precision=1)
    nn.Linear.forward = lambda self, inputs: inputs.new_zeros(len(inputs), self.out_features)
    nn.functional.cross_entropy = lambda outputs, labels, **options: outputs.sum() * 0
    torch.optim.SGD.step = lambda self, closure=None: None
    torch.Tensor.tolist = lambda self: []
    torch.relu = lambda tensor: -tensor
    torch.utils.data.DataLoader.__len__ = lambda self: 0
    torch.library.Library("aten", "IMPL").impl("relu", lambda tensor: tensor * 0, "CPU")
    os.environ["OMP_NUM_THREADS"] = "64"
    print("TRIED a dozen changes of the framework")


if "poisoned" not in vars(torch):
    torch.poisoned = True
    model_before = build_model(2)
    print("TRIED a model first", model_before(torch.ones(1, 16)).shape)
    try:
        poison()
    except Exception as error:
        print("HELD", type(error).__name__, str(error)[:80])
