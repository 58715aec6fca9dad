"""The second run of `train`: weights that the student's run left, hidden points, no code of the student."""

from torch import nn


def train(given, tensors):
    """Logits of the hidden points."""
    model = nn.Linear(2, 3)
    given.fill(model)
    model.load_state_dict({**model.state_dict(), **tensors})
    return model(given["images"])
