# %% [markdown]
# # Homework 1: Transfer learning with ResNet-18
#
# A network that has looked at a million photographs already knows about edges, colours, stripes and shapes. Why teach
# it all of that again? In this homework you take such a network, give it a new last layer, and train only that layer
# on a handful of pictures. It takes seconds on a laptop, and it works better than you may expect.
#
# Six small functions, 15 points:
#
# | question | function | points |
# |---|---|---|
# | 1 `load` | `load_backbone` | 2 |
# | 2 `head` | `build_classifier` | 3 |
# | 3 `count` | `count_trainable` | 2 |
# | 4 `optimizer` | `make_optimizer` | 2 |
# | 5 `fine_tune` | `fine_tune` | 4 |
# | 6 `diagnose` | `diagnose` | 2 |
#
# **How it is graded.** Each question is graded apart: a mistake in one doesn't spoil the others. Your functions are
# called with inputs that you haven't seen, so there is nothing to learn by heart. Keep the names and the order of the
# arguments; inside, write it your own way. There is usually more than one right way.
#
# **How to work.** Replace each `raise NotImplementedError` by your code, and grade yourself as often as you like:
#
#     grade submit hw1/
#
# You may hand in the notebook `hw1.ipynb` or the script `hw1.py`. They hold the same text; pick the one you prefer.

# %%
import torch
from torch import nn

# %% [markdown]
# ## Question 1: load a pre-trained backbone (2 points)
#
# Return a **ResNet-18 with its ImageNet weights** from `torchvision.models`, as it comes: 1000 outputs for each image.
#
# ImageNet is a collection of photographs in 1000 classes. Given images of shape `[N, 3, height, width]`, the model
# answers with *logits* of shape `[N, 1000]`: one number a class, the largest for the class it believes in.
#
# Careful: a ResNet-18 is easily built *without* its training. It then looks the same and knows nothing.


# %%
def load_backbone() -> nn.Module:
    """ResNet-18 with its ImageNet weights."""
    raise NotImplementedError("load_backbone is yours to write")


# %% [markdown]
# ## Question 2: replace the final layer (3 points)
#
# Our pictures have other classes than ImageNet. Build a classifier for them:
#
# 1. start from the pre-trained ResNet-18 (a point),
# 2. put a new linear layer in place of its last one, with `num_classes` outputs, for 10 classes or any other number
#    (a point),
# 3. freeze everything but the new layer: `requires_grad` is `False` for the backbone (a point).
#
# The result gives logits of shape `[N, num_classes]`: plain numbers, no softmax. For 10 classes exactly **5,130**
# parameters are trainable. Can you say where that number comes from? The layer has 512 inputs.


# %%
def build_classifier(num_classes: int = 10) -> nn.Module:
    """A pre-trained, frozen ResNet-18 with a new final layer for `num_classes` classes."""
    raise NotImplementedError("build_classifier is yours to write")


# %% [markdown]
# ## Question 3: count the trainable parameters (2 points)
#
# How many numbers will training change? Write a function that answers for **any** model, not only for yours: a frozen
# parameter doesn't count, and neither does what BatchNorm keeps besides its parameters (running means and variances).
#
# Example: `nn.Linear(4, 3)` has 4 · 3 weights and 3 biases, so the answer is 15. With its weight frozen it is 3.


# %%
def count_trainable(model: nn.Module) -> int:
    """How many numbers in `model` are trainable."""
    raise NotImplementedError("count_trainable is yours to write")


# %% [markdown]
# ## Question 4: two learning rates (2 points)
#
# Later in a project you often unfreeze the backbone as well. Its weights are good already and deserve small steps; the
# new layer starts from nothing and may take large ones. Return an optimiser in which
#
# - the parameters of `model.fc` learn with `head_lr`,
# - all other trainable parameters learn with `base_lr`,
# - every trainable parameter is in exactly one group.
#
# The model is a ResNet-18. All of it may be trainable, or a part of it frozen. Any optimiser of `torch.optim` that
# takes parameter groups is fine.


# %%
def make_optimizer(model: nn.Module, base_lr: float, head_lr: float) -> torch.optim.Optimizer:
    """An optimiser with `head_lr` for `model.fc` and `base_lr` for the rest."""
    raise NotImplementedError("make_optimizer is yours to write")


# %% [markdown]
# ## Question 5: fine-tune until it converges (4 points)
#
# Write the training loop. You are given
#
# - `model`: a pre-trained ResNet-18 with a new last layer of 10 outputs; everything but that layer is frozen already,
#   leave it so,
# - `loader`: gives batches `(images, labels)`; 300 pictures of 32 by 32 pixels in batches of 16,
# - `epochs`: how many times to go through all the data (you will get 5),
# - `on_epoch`: call `on_epoch(epoch, model)` after each epoch. This is how your progress is watched.
#
# Train with cross-entropy, and return a list with one number an epoch: the **mean loss** over all images of that
# epoch, as you met them while training.
#
# | target | points |
# |---|---|
# | at least **50 %** right on pictures that the model never saw, and a lower loss there than before training | 2 |
# | each step uses the gradients of its own batch only | 1 |
# | the returned losses are the true ones | 1 |
#
# Guessing gives 10 %. Most optimisers with a sensible learning rate reach 80 % and more; one that is too small for
# five short epochs won't get there. The loop has 90 seconds and needs about 3.


# %%
def fine_tune(model: nn.Module, loader, epochs: int, on_epoch) -> list[float]:
    """Train `model` for `epochs` epochs; the mean loss of each."""
    raise NotImplementedError("fine_tune is yours to write")


# %% [markdown]
# ## Question 6: what went wrong? (2 points)
#
# You get the history of a training run: a dictionary with the keys `"train_loss"`, `"val_loss"`, `"train_accuracy"`
# and `"val_accuracy"`, each a list with one number an epoch (accuracies as fractions, 0.9 for 90 %). Say what you see:
#
# - `"overfitting"`: it does well on the training images and clearly worse on the validation images,
# - `"underfitting"`: it doesn't even do well on the training images,
# - `"good fit"`: it does well on both.
#
# For example, 98 % on the training images and 70 % on the validation images after ten epochs is overfitting.
#
# The 36 hidden histories are clear cases: a model that does well ends above 85 % training accuracy, one that doesn't
# ends below 70 %; "clearly worse" is at least 20 percentage points, "well on both" at most 7 apart. At least 35 of them
# must be right. One number alone won't tell the three apart: look at two.


# %%
def diagnose(history: dict[str, list[float]]) -> str:
    """ "overfitting", "underfitting" or "good fit"."""
    raise NotImplementedError("diagnose is yours to write")


# %% [markdown]
# ## Try it
#
# Below you can see your functions at work on pictures of your own: stripes in ten directions, a bit noisy. It isn't
# graded (in the notebook the cell carries the tag `skip-grading`), so change it as you like.


# %% tags=["skip-grading"]
def make_stripes(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """`count` striped pictures [count, 3, 32, 32] and the number of each one's direction [count]."""
    labels = torch.arange(count) % 10
    angles = labels * torch.pi / 10
    rows, columns = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    along = columns * angles.cos()[:, None, None] + rows * angles.sin()[:, None, None]
    stripes = 0.5 + 0.5 * torch.sin(along * 0.8 + 6.3 * torch.rand(count, 1, 1))
    return stripes[:, None].repeat(1, 3, 1, 1) + 0.1 * torch.randn(count, 3, 32, 32), labels


def try_it() -> None:
    """Train on 300 striped pictures and look at 200 new ones."""
    model = build_classifier()
    print(f"{count_trainable(model):,} trainable parameters")
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(*make_stripes(300)), batch_size=16, shuffle=True
    )
    losses = fine_tune(model, loader, 5, lambda epoch, model: print(f"epoch {epoch} is done"))
    print("mean losses:", [round(loss, 2) for loss in losses])
    images, labels = make_stripes(200)
    model.eval()
    with torch.no_grad():
        print(f"right on new pictures: {(model(images).argmax(1) == labels).float().mean():.0%}")


if __name__ == "__main__":
    try_it()
