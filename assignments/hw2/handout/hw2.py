# %% [markdown]
# # Homework 2: MobileNetV2 in Keras
#
# MobileNetV2 is a network made for telephones: small, quick, and trained on a million photographs. In this homework you
# let it name a picture, give it a new last layer for classes of your own, and look at what freezing saves.
#
# Six small functions, 15 points:
#
# | question | function | points |
# |---|---|---|
# | 1 `load` | `load_network` | 2 |
# | 2 `predict` | `predict` | 2 |
# | 3 `build` | `build_classifier` | 3 |
# | 4 `train` | `train_once` | 3 |
# | 5 `freeze_more` | `freeze_until` | 3 |
# | 6 `count` | `count_updates` | 2 |
#
# **How it is graded.** Each question is graded apart: a mistake in one doesn't spoil the others. Your functions are
# called with inputs that you haven't seen, so there is nothing to learn by heart. Keep the names and the order of the
# arguments; inside, write it your own way. There is usually more than one right way.
#
# **How to work.** Replace each `raise NotImplementedError` by your code, and grade yourself as often as you like:
#
#     grade submit hw2/
#
# You may hand in the notebook `hw2.ipynb` or the script `hw2.py`. They hold the same text; pick the one you prefer.
# `import tensorflow as tf` and `tf.keras` are as good as `import keras`.
#
# While your code is graded it has no network. The ImageNet weights of MobileNetV2 are there all the same, for pictures
# of 224 by 224 pixels and, without its top, of 96 by 96. Other downloads fail: `decode_predictions`, for one, wants to
# fetch the names of the classes.

# %%
import keras

# %% [markdown]
# ## Question 1: load a pre-trained network (2 points)
#
# Return **MobileNetV2 with its ImageNet weights** from `keras.applications`, as it comes. Given images of shape
# `[N, 224, 224, 3]` it answers with probabilities of shape `[N, 1000]`: ImageNet has 1000 classes.


# %%
def load_network() -> keras.Model:
    """MobileNetV2 with its ImageNet weights."""
    raise NotImplementedError("load_network is yours to write")


# %% [markdown]
# ## Question 2: classify one image (2 points)
#
# You are given a MobileNetV2 like that of question 1, and **one** image: an array of shape `[224, 224, 3]` with pixels
# from 0 to 255; red, green, blue. Return the probabilities of the 1000 classes, of shape `[1, 1000]`.
#
# Two things stand between the image and the network. It takes batches, not single images. And it was trained on pixels
# from -1 to 1: the module `keras.applications.mobilenet_v2` has a function for that.


# %%
def predict(model: keras.Model, image):
    """The probabilities of one image's classes, [1, 1000]."""
    raise NotImplementedError("predict is yours to write")


# %% [markdown]
# ## Question 3: a new head on a frozen base (3 points)
#
# Build a classifier for small pictures, 96 by 96 pixels, of other classes than ImageNet's:
#
# 1. the base: MobileNetV2 for inputs of 96 by 96 by 3, with its ImageNet weights and without its top (a point),
# 2. global average pooling, then one dense layer with a softmax over `num_classes` classes, for 10 classes or any other
#    number (a point),
# 3. the base is frozen: only the dense layer is trainable (a point).
#
# The images come with pixels from -1 to 1 already: the model scales nothing. Each row of its output adds up to 1. For
# 10 classes exactly **12,810** parameters are trainable. Can you say where that number comes from? The base makes 1,280
# features of an image.


# %%
def build_classifier(num_classes: int = 10) -> keras.Model:
    """A pre-trained, frozen MobileNetV2 with a new head for `num_classes` classes."""
    raise NotImplementedError("build_classifier is yours to write")


# %% [markdown]
# ## Question 4: one epoch on five images (3 points)
#
# You are given a classifier like that of question 3, with ten classes and a shorter base (grading is quicker so), and
# five images `[5, 96, 96, 3]` with their labels: five whole numbers from 0 to 9. Compile the model with the
# cross-entropy that fits such labels and such outputs, with an optimiser that you like, and with the accuracy as a
# metric. Then train it for **one** epoch: each image is met once. What is frozen stays as it is.
#
# Return the training accuracy of that epoch, as `fit` reports it: one number.
#
# | what is looked at | points |
# |---|---|
# | the model was compiled with the right loss, and training changed the head alone | 1 |
# | each of the five images was met once | 1 |
# | the number is an accuracy that five images can have | 1 |
#
# Which number it is doesn't matter: five images teach next to nothing, and the same code gives 0.2 today and 0.0
# tomorrow. Why can it never be 0.5?


# %%
def train_once(model: keras.Model, images, labels) -> float:
    """Compile and train for one epoch; the training accuracy."""
    raise NotImplementedError("train_once is yours to write")


# %% [markdown]
# ## Question 5: freeze more layers (3 points)
#
# The more layers are frozen, the cheaper is a step of training: fewer numbers are updated, and the backward pass ends
# earlier. Write a function that moves the border:
#
# - every layer of `model.layers` up to **and including** the one called `layer_name` is frozen,
# - every layer after it is trainable, whether it was before or not.
#
# Change the model itself. It is trained for one step afterwards, and what moved is compared with what should have
# moved: weights, and the moving statistics of `BatchNormalization`, which stand still in a frozen layer. Two points are
# for models of which nothing was frozen before, one is for calling the function again with an earlier border.


# %%
def freeze_until(model: keras.Model, layer_name: str) -> None:
    """Freeze every layer up to and including the named one, and no other."""
    raise NotImplementedError("freeze_until is yours to write")


# %% [markdown]
# ## Question 6: count what a step updates (2 points)
#
# How much cheaper? Seconds say little: they depend on the machine and on what else it does. Count instead: how many
# numbers would a step of training update by their gradients? The function must answer for **any** model that has been
# built: layers may be frozen, and models may stand inside models. What `BatchNormalization` keeps besides its weights
# (moving means and variances) doesn't count: no gradient reaches it.
#
# Example: a dense layer with 4 inputs and 3 units has 4 · 3 weights and 3 biases, so the answer is 15; frozen, it is 0.


# %%
def count_updates(model: keras.Model) -> int:
    """How many numbers a step of training updates."""
    raise NotImplementedError("count_updates is yours to write")


# %% [markdown]
# ## Try it
#
# Below you can see your functions at work, and how the count falls as the border moves. It isn't graded (in the
# notebook the cell carries the tag `skip-grading`), so change it as you like. At home Keras downloads the weights once.


# %% tags=["skip-grading"]
def try_it() -> None:
    """Look at a picture of noise, train on five more, and freeze layer after layer."""
    random = keras.random.SeedGenerator(1)
    network = load_network()
    picture = keras.ops.convert_to_numpy(keras.random.uniform((224, 224, 3), 0, 255, seed=random))
    print("probabilities:", predict(network, picture).shape)
    classifier = build_classifier()
    print(f"{count_updates(classifier):,} trainable parameters in the classifier")
    images = keras.ops.convert_to_numpy(keras.random.uniform((5, 96, 96, 3), -1, 1, seed=random))
    print("accuracy on five images:", train_once(classifier, images, keras.ops.convert_to_numpy(keras.ops.arange(5))))
    for name in ("Conv1", "block_3_expand", "block_8_expand", "block_13_expand", "Conv_1"):
        freeze_until(network, name)
        print(f"frozen up to {name:15} {count_updates(network):>9,} numbers to update")


if __name__ == "__main__":
    try_it()
