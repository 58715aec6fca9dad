# %% [markdown]
# # Homework 3: Repairing models
#
# Most of the time that people spend on a model goes into an error message that they haven't seen before. Here are six
# small programs, each with one of the messages that everyone meets sooner or later. Repair them, 15 points:
#
# | question | repair | points |
# |---|---|---|
# | 1 `last_layer` | `replace_last_layer` | 3 |
# | 2 `out_of_bounds` | `SmallNet`, `training_loss` | 3 |
# | 3 `flatten` | `make_net` | 2 |
# | 4 `labels` | `loss_for` | 2 |
# | 5 `no_parameters` | `DeepNet` | 3 |
# | 6 `one_image` | `predict_one` | 2 |
#
# **How to work.** Each program below is broken as it stands, and the call beside it shows the message. Look at the
# last line of the message first: it says what was expected and what came. Then look for the place where the wrong
# thing was *made*, which is rarely the line that complains. A `try` around that line only hides the message.
#
# **How it is graded.** Your functions and classes are called with models, sizes and labels that you haven't seen; the
# weights are drawn, too. Nothing has to be trained. Keep the names and the order of the arguments. Grade yourself as
# often as you like:
#
#     grade submit hw3/
#
# You may hand in the notebook `hw3.ipynb` or the script `hw3.py`. They hold the same text.

# %%
from itertools import pairwise

import torch
from torch import nn

# %% [markdown]
# ## Question 1: 'Sequential' object has no attribute 'fc' (3 points)
#
# ```
# >>> replace_last_layer(nn.Sequential(nn.Flatten(), nn.Linear(12, 100)), 7)
# AttributeError: 'Sequential' object has no attribute 'fc'
# ```
#
# The function below was written for a ResNet, and it works for a ResNet. Other models call their last layer something
# else. Make it work for **any** model whose last layer is an `nn.Linear`:
#
# - a `Sequential`, where layers have numbers for names, perhaps with another `Sequential` inside (a point),
# - models as torchvision builds them: a ResNet, a MobileNetV2 (a point),
# - classes of somebody's own (a point).
#
# Put a new `nn.Linear` with `num_classes` outputs, with a bias, in the place of the old one. All other layers stay
# as they are, weights included. Return the model. All the models have their layers in the order in which they are
# used; there may be several linear layers, and something like a `Dropout` may come after the last of them.


# %%
def replace_last_layer(model: nn.Module, num_classes: int) -> nn.Module:
    """The model with a new last linear layer."""
    model.fc = nn.Linear(model.fc.in_features, num_classes)
    return model


# %% [markdown]
# ## Question 2: Target 5 is out of bounds (3 points)
#
# ```
# >>> training_loss(SmallNet(10), torch.rand(2, 3, 24, 24), torch.tensor([1, 5]))
# IndexError: Target 5 is out of bounds.
# ```
#
# The last layer doesn't fit the classes: it has fewer outputs than there are classes. Repair it for any number of
# classes: the network gives logits of shape `[N, num_classes]` (2 points), and `training_loss` is the mean
# cross-entropy of all images with their labels, from 0 to `num_classes - 1` (a point). The other layers stay as they
# are.


# %%
class SmallNet(nn.Module):
    """A small convolutional network with an output for each class."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.output = nn.Linear(64, 5)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.output(self.features(images))


def training_loss(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The mean cross-entropy of a batch."""
    return nn.functional.cross_entropy(model(images), labels)


# %% [markdown]
# ## Question 3: mat1 and mat2 shapes cannot be multiplied (2 points)
#
# ```
# >>> make_net((48, 40), 10)(torch.rand(2, 3, 48, 40))
# RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x1280 and 576x10)
# ```
#
# The network below was made for images of 32 by 32 pixels: 576 is the number of values that `nn.Flatten` gives for
# those. Make it fit any `image_size`, a pair `(height, width)` of 20 or more each. Keep all layers: the images aren't
# to be resized, and no other pooling is to come in. A convolution of 3 by 3 takes one pixel away on each side, and a
# pool of 2 halves, rounding down.


# %%
def make_net(image_size: tuple[int, int], num_classes: int) -> nn.Module:
    """Two convolutions and a linear layer, for images of any size."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 6 * 6, num_classes),
    )


# %% [markdown]
# ## Question 4: expected target dtype to be Long or Byte (2 points)
#
# ```
# >>> loss_for(torch.rand(2, 5), torch.tensor([1.0, 3.0]))
# RuntimeError: expected target dtype to be Long or Byte, but got Float
# >>> loss_for(torch.rand(2, 5), torch.tensor([[1], [3]]))
# RuntimeError: 0D or 1D target tensor expected, multi-target not supported
# ```
#
# (Older versions of PyTorch say "expected scalar type Long but found Float" there.)
#
# Labels come out of tables and files as they please: as `float32` or `uint8`, as a list `[N]` or as a column `[N, 1]`.
# They are always class numbers from 0. Return the mean cross-entropy of the logits `[N, classes]` with them, whatever
# type and whichever of the two shapes they have. `N` may be 1.


# %%
def loss_for(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The mean cross-entropy, for labels of any type of number, as a list or as a column."""
    return nn.functional.cross_entropy(logits, labels)


# %% [markdown]
# ## Question 5: optimizer got an empty parameter list (3 points)
#
# ```
# >>> torch.optim.SGD(DeepNet([4, 8, 3]).parameters(), lr=0.1)
# ValueError: optimizer got an empty parameter list
# ```
#
# `DeepNet([4, 8, 3])` has a layer from 4 to 8 numbers and one from 8 to 3. It computes what it should (2 points), with
# ReLU between the layers and none after the last. But nothing of it can be trained: PyTorch doesn't see the layers.
# Repair that, for any list of sizes: all weights and biases of all layers are parameters of the network (a point).


# %%
class DeepNet(nn.Module):
    """A chain of linear layers with ReLU between them."""

    def __init__(self, sizes: list[int]) -> None:
        super().__init__()
        self.layers = [nn.Linear(one, two) for one, two in pairwise(sizes)]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers[:-1]:
            x = layer(x).relu()
        return self.layers[-1](x)


# %% [markdown]
# ## Question 6: expected 4D input (got 3D input) (2 points)
#
# ```
# >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(392, 5))
# >>> predict_one(model, torch.rand(3, 9, 9))
# ValueError: expected 4D input (got 3D input)
# ```
#
# Models work on batches, `[N, 3, height, width]`; here is a single image, `[3, height, width]`. Return the number of
# the class that the model believes in most, as a plain `int`. The model was being trained a moment ago: it is still
# in train mode when you get it, and it may hold BatchNorm and Dropout. For one image you want what it has learned, not
# what it does while learning.


# %%
def predict_one(model: nn.Module, image: torch.Tensor) -> int:
    """The class that the model sees in one image."""
    return model(image).argmax().item()


# %% [markdown]
# ## Try it
#
# The calls of the messages above, to see how far you are. This isn't graded (in the notebook the cell carries the tag
# `skip-grading`), so change it as you like.


# %% tags=["skip-grading"]
def try_it() -> None:
    """Make each call, and print what comes of it."""
    batch_norm = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(392, 5))
    calls = {
        "last_layer": lambda: replace_last_layer(nn.Sequential(nn.Flatten(), nn.Linear(12, 100)), 7),
        "out_of_bounds": lambda: training_loss(SmallNet(10), torch.rand(2, 3, 24, 24), torch.tensor([1, 5])),
        "flatten": lambda: make_net((48, 40), 10)(torch.rand(2, 3, 48, 40)).shape,
        "labels": lambda: loss_for(torch.rand(2, 5), torch.tensor([1.0, 3.0])),
        "labels, a column": lambda: loss_for(torch.rand(2, 5), torch.tensor([[1], [3]])),
        "no_parameters": lambda: torch.optim.SGD(DeepNet([4, 8, 3]).parameters(), lr=0.1),
        "one_image": lambda: predict_one(batch_norm, torch.rand(3, 9, 9)),
    }
    for name, call in calls.items():
        try:
            print(f"{name}: {call()}")
        except Exception as error:
            print(f"{name}: {type(error).__name__}: {error}")


if __name__ == "__main__":
    try_it()
