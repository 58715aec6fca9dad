"""Right, written differently: the classifier is a class, whose head comes first."""

import keras
import numpy as np
from keras import layers, ops
from keras.applications import MobileNetV2
from keras.applications.mobilenet_v2 import preprocess_input


class Classifier(keras.Model):
    """A frozen base and a new head."""

    def __init__(self, num_classes):
        super().__init__()
        self.head = layers.Dense(num_classes, activation="softmax")
        self.base = MobileNetV2(weights="imagenet", include_top=False, input_shape=(96, 96, 3))
        self.base.trainable = False

    def call(self, images, training=False):
        return self.head(ops.mean(self.base(images), axis=(1, 2)))


def load_network():
    return MobileNetV2(weights="imagenet")


def predict(model, image):
    return model.predict(preprocess_input(image)[None], verbose=0)


def build_classifier(num_classes=10):
    return Classifier(num_classes)


def train_once(model, images, labels):
    rows = keras.utils.to_categorical(labels, num_classes=10)
    model.compile(optimizer="adamw", loss="categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
    history = model.fit(x=images, y=rows, batch_size=1, epochs=1, shuffle=False, verbose=0)
    (accuracy,) = history.history["accuracy"]
    return accuracy


def freeze_until(model, layer_name):
    frozen = {layer_name}
    for layer in reversed(model.layers):
        layer.trainable = layer.name not in frozen
        if layer.name in frozen:
            frozen = {earlier.name for earlier in model.layers}


def count_updates(model):
    return sum(np.size(weight) for weight in model.trainable_weights)
