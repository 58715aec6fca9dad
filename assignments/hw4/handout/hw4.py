# %% [markdown]
# # Homework 4: From images to classes
#
# What happens to a picture on its way to an answer, what a training looks like from outside, and what it is worth to
# start from weights that have seen pictures before. Seven small functions, 15 points:
#
# | question | function | points |
# |---|---|---|
# | 1 `pixels` | `scale_pixels` | 1 |
# | 2 `features` | `extract_features` | 1 |
# | 3 `probabilities` | `classify` | 1 |
# | 4 `trace` | `train_with_trace` | 3 |
# | 5 `compare` | `compare` | 3 |
# | 6 `choose` | `build_classifier` | 2 |
# | 7 `cats_and_dogs` | `fine_tune` | 4 |
#
# **The network.** `data/micro.py` has a network that is small enough for a laptop: `MicroNet`. Its pre-trained weights
# are beside it. They come from an honest training, on 48 kinds of *generated* textures and shapes, not on
# photographs; `TEXTURES_V1` is their name. The parts of a `MicroNet`:
#
# - `model.features`: images `[N, 3, height, width]` to maps `[N, 512, height / 32, width / 32]`,
# - `model.pool`: the mean over each map, `[N, 512, 1, 1]`,
# - `model.fc`: a linear layer from 512 features to the classes' logits.
#
# The pictures of this homework are generated as well: stripes, and drawings of cats and dogs. So everything takes
# seconds, and nobody's weights have seen them before.
#
# **How it is graded.** Each question is graded apart, with inputs that you haven't seen. Accuracy is measured on images
# that never met your code. Keep the names and the order of the arguments; inside, write it your own way.
#
#     grade submit hw4/
#
# You may hand in the notebook `hw4.ipynb` or the script `hw4.py`. They hold the same text. The folder `data` need not
# be handed in: it is there when your code runs.

# %%
import torch
from data.micro import MicroNet, micronet
from torch import nn

# %% [markdown]
# ## Question 1: from files to numbers (1 point)
#
# Images come out of files as bytes: `uint8`, from 0 to 255, of shape `[N, 224, 224, 3]`, the three colours last.
# Return them as floats from 0 to 1, in the same shape. `N` is whatever it is; don't write it down anywhere.


# %%
def scale_pixels(images: torch.Tensor) -> torch.Tensor:
    """uint8 [N, 224, 224, 3] to floats from 0 to 1 of the same shape."""
    raise NotImplementedError("scale_pixels is yours to write")


# %% [markdown]
# ## Question 2: from pixels to a feature map (1 point)
#
# Give such pixels, floats `[N, 224, 224, 3]` from 0 to 1, to the backbone `model.features`, and return its feature
# maps as `[N, 7, 7, 512]`: 7 by 7 places, 512 numbers for each, the channels last again. PyTorch's layers have the
# channels first, going in and coming out. Moving an axis isn't the same as reading the same numbers in another shape!


# %%
def extract_features(model: nn.Module, pixels: torch.Tensor) -> torch.Tensor:
    """Pixels [N, 224, 224, 3] to feature maps [N, 7, 7, 512]."""
    raise NotImplementedError("extract_features is yours to write")


# %% [markdown]
# ## Question 3: from a feature map to probabilities (1 point)
#
# The rest of the way: from feature maps `[N, 7, 7, 512]` to the probability of each class, `[N, classes]`. It is what
# the model does, the mean over all 7 by 7 places and `model.fc`, and then a softmax: each row adds up to 1.


# %%
def classify(model: nn.Module, features: torch.Tensor) -> torch.Tensor:
    """Feature maps [N, 7, 7, 512] to probabilities [N, classes]."""
    raise NotImplementedError("classify is yours to write")


# %% [markdown]
# ## Question 4: a training trace (3 points)
#
# Train the model for `epochs` epochs and write down how it goes. You are given
#
# - `model`: a pre-trained MicroNet with a new last layer of 10 outputs; everything else is frozen, leave it so,
# - `loader`: batches `(images, labels)`; 240 striped and noisy pictures of 32 by 32 pixels, 16 a batch,
# - `epochs`: you will get 5,
# - `on_epoch`: call `on_epoch(epoch, model)` after each epoch. This is how your progress is watched.
#
# Return a list with a dictionary an epoch: `{"epoch": 1, "loss": …, "accuracy": …}`. The loss is the mean cross-entropy
# over all images of that epoch, the accuracy the part of them that were right (0.55 for 55 %), both as you met them
# while training. A trace often looks like this: losses 1.2, 0.8, 0.5, 0.4, 0.35, accuracies 0.55, 0.70, 0.82, 0.87,
# 0.90. Yours will have other numbers, and they have to be the true ones.
#
# | target | points |
# |---|---|
# | at least **50 %** right on pictures that the model never saw, and a lower loss there than before training | 1 |
# | the losses are true | 1 |
# | the accuracies are true | 1 |


# %%
def train_with_trace(model: nn.Module, loader, epochs: int, on_epoch) -> list[dict[str, float]]:
    """Train `model`; epoch, loss and accuracy of each epoch."""
    raise NotImplementedError("train_with_trace is yours to write")


# %% [markdown]
# ## Question 5: pre-trained against from scratch (3 points)
#
# Two models, the same network: `pretrained` has the pre-trained weights, `scratch` random ones. Train each on the same
# data, **all** of its parameters, and find out after how many epochs it is good enough:
#
# - go through `loader` once in each epoch (320 striped pictures in batches of 16), for all `epochs` (you get 8), with
#   cross-entropy, both models in the same way,
# - call `on_epoch(epoch, pretrained)` or `on_epoch(epoch, scratch)` after each epoch of that model,
# - after each epoch measure the accuracy on `validation`, a pair `(images, labels)` of 200 pictures.
#
# Return `{"pretrained": …, "scratch": …}`: the number of the first epoch, from 1, after which the accuracy on the
# validation pictures is at least `target` (you get 0.6), or `None` if it never is.
#
# | target | points |
# |---|---|
# | the pre-trained model reaches **60 %** on pictures that neither saw, in fewer epochs than the other | 2 |
# | the numbers that you return are true | 1 |
#
# A learning rate that is far too high destroys what the pre-trained weights know in the first few steps.


# %%
def compare(pretrained, scratch, loader, validation, target: float, epochs: int, on_epoch) -> dict:
    """Train both models; after how many epochs each reached the target."""
    raise NotImplementedError("compare is yours to write")


# %% [markdown]
# ## Question 6: 500 images, what to build (2 points)
#
# You have 500 images of cats and dogs. That is far too few for a network that starts from nothing, and enough for one
# that has a good eye already. Build it, for any number of classes:
#
# 1. the pre-trained MicroNet, `micronet(weights="TEXTURES_V1")`, with a new linear layer of `num_classes` outputs in
#    the place of `fc` (a point),
# 2. only that layer can be trained (a point).


# %%
def build_classifier(num_classes: int) -> MicroNet:
    """A pre-trained, frozen MicroNet with a new last layer."""
    raise NotImplementedError("build_classifier is yours to write")


# %% [markdown]
# ## Question 7: cats and dogs (4 points)
#
# Now train one. You are given a pre-trained model with a new last layer of two outputs, all zeros yet; **everything**
# in it can be trained when you get it. And `images` `[500, 3, 32, 32]` with their `labels` `[500]`, drawings of cats
# and of dogs.
#
# - Keep some of the images for validation, 50 to 250 of them, and train on the others,
# - train the last layer only, for `epochs` epochs (you get 5), and call `on_epoch(epoch, model)` after each,
# - at the end measure the accuracy on the images that you kept.
#
# Return `{"accuracy": …, "validation": […]}`: that accuracy, and the numbers of the images that you kept (their places
# in `images`, from 0).
#
# | target | points |
# |---|---|
# | at least **80 %** right on drawings that the model never saw, and a lower loss there than before training | 1 |
# | only the last layer was trained | 1 |
# | the accuracy is true for the images that you name | 1 |
# | none of those was trained on | 1 |


# %%
def fine_tune(model: nn.Module, images: torch.Tensor, labels: torch.Tensor, epochs: int, on_epoch) -> dict:
    """Train the last layer of `model`; its accuracy on images that were kept aside, and which those were."""
    raise NotImplementedError("fine_tune is yours to write")


# %% [markdown]
# ## Try it
#
# Your functions on pictures of your own: stripes across, stripes down. It isn't graded (in the notebook the cell
# carries the tag `skip-grading`), so change it as you like.


# %% tags=["skip-grading"]
def make_stripes(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """`count` striped pictures [count, 3, 32, 32], in any two colours, and 0 for across, 1 for down [count]."""
    labels = torch.arange(count) % 2
    rows, columns = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    along = torch.where(labels[:, None, None] == 0, rows, columns)
    wave = 0.5 + 0.5 * torch.sin(along * 0.7 + 6.3 * torch.rand(count, 1, 1))
    one, two = torch.rand(2, count, 3, 1, 1)
    return wave[:, None] * one + (1 - wave[:, None]) * two + 0.05 * torch.randn(count, 3, 32, 32), labels


def try_it() -> None:
    """The way of two images, and a small training."""
    pixels = scale_pixels(torch.randint(0, 256, (2, 224, 224, 3), dtype=torch.uint8))
    model = micronet(weights="TEXTURES_V1")
    features = extract_features(model, pixels)
    print("pixels", tuple(pixels.shape), "features", tuple(features.shape))
    print("probabilities", tuple(classify(model, features).shape))
    images, labels = make_stripes(500)
    print(fine_tune(build_classifier(2), images, labels, 5, lambda epoch, model: print(f"epoch {epoch} is done")))


if __name__ == "__main__":
    try_it()
