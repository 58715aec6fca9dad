"""The second run of `train`: weights that the student's run left, hidden points, no code of the student."""

from torch import nn


def train(given, tensors):
    """Logits of the hidden points."""
    model = nn.Linear(2, 3)
    start = {"weight": model.weight.new_zeros(3, 2), "bias": model.bias.new_zeros(3)}
    model.load_state_dict({**start, **tensors})
    return model(given["images"])
