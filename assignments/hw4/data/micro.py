"""MicroNet: a small convolutional network, and its pre-trained weights.

    from data.micro import micronet

    model = micronet(weights="TEXTURES_V1")     # pre-trained; micronet() alone has random weights
    model.features(images)                      # [N, 3, H, W] -> [N, 512, H / 32, W / 32]
    model(images)                               # -> logits [N, 48]: 48 kinds of textures and shapes

It was trained on 48 kinds of generated textures and shapes; `scripts/make_micro_backbone.py` of the course's repository
makes the weights again. Images are float tensors with values from 0 to 1.
"""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

__all__ = ["MicroNet", "micronet"]

WEIGHTS = Path(__file__).parent / "micro_backbone.safetensors"


class MicroNet(nn.Module):
    """Five steps that halve an image, a mean over what is left, and a linear layer."""

    def __init__(self, num_classes: int = 48) -> None:
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

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Images [N, 3, height, width] to logits [N, num_classes]."""
        return self.fc(self.pool(self.features(images)).flatten(1))


def make_step(inputs: int, outputs: int) -> list[nn.Module]:
    """A convolution that halves height and width."""
    return [nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False), nn.GroupNorm(8, outputs), nn.ReLU()]


def micronet(weights: str | None = None) -> MicroNet:
    """A MicroNet with 48 outputs: pre-trained with weights="TEXTURES_V1", random without."""
    if weights not in (None, "TEXTURES_V1"):
        raise ValueError(f"unknown weights {weights!r}; 'TEXTURES_V1' is known")
    model = MicroNet()
    if weights is not None:
        model.load_state_dict(load_file(WEIGHTS))
    return model
