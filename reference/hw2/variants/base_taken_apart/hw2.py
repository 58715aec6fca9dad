"""Right, written differently: the head hangs on the base's own graph, training goes batch by batch."""

import keras
import numpy as np
from keras import layers
from keras.applications import MobileNetV2
from keras.applications.mobilenet_v2 import preprocess_input


def load_network():
    network = MobileNetV2(weights="imagenet")
    return keras.Model(network.input, network.output, name="mine")


def predict(model, image):
    return np.array(model(preprocess_input(np.array([image], dtype="float32"))))


def build_classifier(num_classes=10):
    base = MobileNetV2(weights="imagenet", include_top=False, input_shape=(96, 96, 3))
    base.trainable = False
    pooled = layers.GlobalAveragePooling2D()(base.output)
    head = layers.Dense(num_classes, activation="softmax", name="classes")
    return keras.Model(inputs=base.input, outputs=head(layers.Dropout(0.2)(pooled)))


def train_once(model, images, labels):
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model.train_on_batch(images, labels, return_dict=True)["accuracy"]


def freeze_until(model, layer_name):
    reached = False
    for layer in model.layers:
        if reached:
            layer.trainable = True
        else:
            layer.trainable = False
            reached = layer.name == layer_name


def count_updates(model):
    total = 0
    for weight in model.trainable_weights:
        total += np.prod(weight.shape, dtype=int)
    return total
