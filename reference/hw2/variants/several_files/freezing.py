"""What belongs to freezing."""

import math


def freeze_until(model, layer_name):
    """Freeze the layers up to and including the named one."""
    layers = iter(model.layers)
    for layer in layers:
        layer.trainable = False
        if layer.name == layer_name:
            break
    for layer in layers:
        layer.trainable = True


def count_updates(model):
    """The numbers that a step updates."""
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)
