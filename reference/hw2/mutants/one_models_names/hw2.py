"""hw2: MobileNetV2 in Keras. Wrong in one thing: one models names."""

import keras
import numpy as np
from keras import layers
from keras.applications import MobileNetV2
from keras.applications.mobilenet_v2 import preprocess_input


def load_network():
    return MobileNetV2(weights="imagenet")


def predict(model, image):
    batch = preprocess_input(np.array(image, "float32")[np.newaxis])
    return model.predict(batch, verbose=0)


def build_classifier(num_classes=10):
    base = MobileNetV2(input_shape=(96, 96, 3), include_top=False, weights="imagenet")
    base.trainable = False
    pooling = layers.GlobalAveragePooling2D()
    head = layers.Dense(num_classes, activation="softmax")
    return keras.Sequential([keras.Input((96, 96, 3)), base, pooling, head])


def train_once(model, images, labels):
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(images, labels, epochs=1, verbose=0)
    return history.history["accuracy"][0]


def freeze_until(model, layer_name):
    names = [layer.name for layer in model.layers]
    last = names.index(layer_name) if layer_name.startswith("block_") else 0
    for number, layer in enumerate(model.layers):
        layer.trainable = number > last


def count_updates(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
