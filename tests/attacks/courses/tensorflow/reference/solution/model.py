"""The reference solution."""

import math

import keras

CANARY = "@CANARY_SOLUTION@"


def build_model(classes):
    """One hidden layer."""
    layers = [keras.Input((16,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(classes)]
    return keras.Sequential(layers)


def count_parameters(model):
    """Numbers in all weights."""
    return sum(math.prod(weight.shape) for weight in model.weights)
