"""A stand-in for one of torchvision's checkpoints: a state dict in torch's own file format."""

import io
import math

import numpy as np
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torchvision import models

from .standin import make_pictures, make_uniform, round_binary

__all__ = ["make_torch_standin"]


def make_torch_standin(name: str) -> bytes:
    """The file of a stand-in for "torchvision/<model>/<weights>".

    Raises:
        ValueError: torchvision has no such model.
    """
    library, builder, _ = name.split("/")
    if library != "torchvision" or builder not in models.list_models(module=models):
        raise ValueError(f"{name!r} can't be made: it isn't the name of a torchvision classifier's weights")
    model = models.get_model(builder, weights=None).double()
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            fill_parameter(name, key, parameter)
        calibrate(model)
    file = io.BytesIO()
    torch.save(model.float().state_dict(), file)
    return file.getvalue()


def fill_parameter(name: str, key: str, parameter: torch.Tensor) -> None:
    """Kernels uniform with the variance that He et al. (2015) derive for ReLU; what normalises stays neutral."""
    if parameter.ndim < 2:
        parameter.fill_(0.0 if key.endswith("bias") else 1.0)
        return
    # Convolutions by what goes out, as torchvision's own ResNets begin; a linear layer by what comes in.
    fan = parameter[:, 0].numel() if parameter.ndim == 4 else 6 * parameter.shape[1]
    values = make_uniform((name, key), tuple(parameter.shape)) * math.sqrt(6 / fan)
    parameter.copy_(torch.from_numpy(values.astype(np.float32).astype(np.float64)))


def calibrate(model: nn.Module) -> None:
    """Set the running statistics to those of the pictures, so that evaluation mode and training mode nearly agree."""
    normalising = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    usual = [module.momentum for module in normalising]
    for module in normalising:
        module.momentum = 1.0
    model.train()(torch.from_numpy(make_pictures()))
    for module, momentum in zip(normalising, usual, strict=True):
        module.momentum = momentum
        for statistic in (module.running_mean, module.running_var):
            if statistic is not None:
                statistic.copy_(torch.from_numpy(round_binary(statistic.numpy())))
        if module.num_batches_tracked is not None:
            module.num_batches_tracked.zero_()
    model.eval()
