"""A stand-in for Keras' MobileNetV2 checkpoints: weights in the HDF5 layout that Keras' applications read."""

import io
import math
import re
from typing import Any

import h5py
import keras
import numpy as np

from .arrays import Array
from .standin import make_pictures, make_uniform, round_binary

__all__ = ["make_keras_standin"]

NAME = re.compile(r"keras/mobilenet_v2/imagenet(?:_no_top_(?P<rows>96|128|160|192|224))?")


def make_keras_standin(name: str) -> bytes:
    """The file of a stand-in for "keras/mobilenet_v2/imagenet" or "keras/mobilenet_v2/imagenet_no_top_<rows>".

    Raises:
        ValueError: another name.
    """
    found = NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"{name!r} can't be made: it isn't the name of a Keras MobileNetV2's weights")
    rows = int(found["rows"] or 224)
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    try:
        model = keras.applications.MobileNetV2(
            weights=None, include_top=found["rows"] is None, input_shape=(rows, rows, 3)
        )
        fill_model(name, model)
        calibrate(model, rows)
    finally:
        keras.config.set_dtype_policy(usual)
    return write_weights(model)


def fill_model(name: str, model: Any) -> None:
    """Kernels uniform, scaled by what goes into one output; what normalises stays neutral."""
    for variable in model.weights:
        shape = tuple(variable.shape)
        if len(shape) > 1:
            fan = math.prod(shape[:2] if "depthwise" in variable.path else shape[:-1])
            values = make_uniform((name, variable.path), shape) * math.sqrt(6 / fan)
            variable.assign(values.astype(np.float32).astype(np.float64))


def calibrate(model: Any, rows: int) -> None:
    """Set the moving statistics to those of the pictures, as the model wants them: from -1 to 1, channels last."""
    pictures = make_pictures().transpose(0, 2, 3, 1) * 2 - 1
    times = math.ceil(rows / pictures.shape[1])
    pictures = pictures.repeat(times, axis=1).repeat(times, axis=2)[:, :rows, :rows]
    normalising = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in normalising:
        layer.momentum = 0.0
    model(pictures[: 8 if rows > 128 else None], training=True)
    for layer in normalising:
        for statistic in (layer.moving_mean, layer.moving_variance):
            statistic.assign(round_binary(np.asarray(statistic.numpy())))


def write_weights(model: Any) -> bytes:
    """The weights in Keras' older layout: a group a layer, with the names of its weights in order."""
    layers = [(layer.name, list_weights(layer)) for layer in model.layers]
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name, _ in layers]
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = b"2.2.0"
        for name, weights in layers:
            group = file.create_group(name)
            group.attrs["weight_names"] = [weight.encode() for weight, _ in weights]
            for weight, values in weights:
                group.create_dataset(weight, data=values)
    return memory.getvalue()


def list_weights(layer: Any) -> list[tuple[str, Array]]:
    """A layer's weights in the order of the layout: the trained ones first."""
    variables = [*layer.trainable_weights, *layer.non_trainable_weights]
    return [(f"{layer.name}/{variable.name}:0", np.asarray(variable.numpy(), np.float32)) for variable in variables]
