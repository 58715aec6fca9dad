"""Right, written differently: the base pools by itself, the softmax is a layer of its own, half precision nowhere."""

import keras
import numpy as np
from keras.applications import mobilenet_v2


def load_network():
    network = mobilenet_v2.MobileNetV2(weights=None)
    network.set_weights(mobilenet_v2.MobileNetV2(weights="imagenet").get_weights())
    network.trainable = False
    return network


def predict(model, image):
    batch = np.stack([image]).astype("float64")
    return model.predict_on_batch((batch - 127.5) / 127.5)


def build_classifier(num_classes=10):
    base = mobilenet_v2.MobileNetV2((96, 96, 3), include_top=False, pooling="avg")
    base.trainable = False
    return keras.Sequential([base, keras.layers.Dense(num_classes), keras.layers.Softmax()])


def train_once(model, images, labels):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)  # of a softmax: Keras notices, and copes
    model.compile("nadam", loss, metrics=["acc"])
    return model.fit(images, labels, batch_size=2, verbose=2).history["acc"][0]


def freeze_until(model, layer_name):
    names = [layer.name for layer in model.layers]
    for layer in model.layers[: names.index(layer_name) + 1]:
        layer.trainable = False
    for layer in model.layers[names.index(layer_name) + 1 :]:
        layer.trainable = True


def count_updates(model):
    frozen = sum(keras.ops.size(weight) for weight in model.non_trainable_weights)
    return model.count_params() - int(frozen)
