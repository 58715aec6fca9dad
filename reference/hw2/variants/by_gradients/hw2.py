"""Right, written differently: it counts what receives a gradient, and trains without fit."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from keras.applications import MobileNetV2
from keras.applications.mobilenet_v2 import preprocess_input

keras.utils.set_random_seed(7)


def load_network():
    return MobileNetV2(input_tensor=keras.Input((224, 224, 3)), weights="imagenet")


def predict(model, image):
    return model(preprocess_input(tf.constant(image, tf.float32)[tf.newaxis])).numpy()


def build_classifier(num_classes=10):
    base = MobileNetV2((96, 96, 3), include_top=False, weights="imagenet", pooling="avg")
    model = keras.Sequential([base, layers.Dense(num_classes, "softmax")])
    for weight in base.weights:
        weight.trainable = False
    base.trainable = False
    return model


def train_once(model, images, labels):
    model.compile(loss="sparse_categorical_crossentropy")
    head = model.layers[-1].trainable_weights
    optimizer = keras.optimizers.Adam(1e-3)
    with tf.GradientTape() as tape:
        outputs = model(images, training=True)
        loss = keras.ops.mean(keras.losses.sparse_categorical_crossentropy(labels, outputs))
    optimizer.apply_gradients(zip(tape.gradient(loss, head), head, strict=True))
    return float(np.mean(np.argmax(outputs, axis=1) == labels))


def freeze_until(model, layer_name):
    model.trainable = False
    model.trainable = True
    position = model.layers.index(model.get_layer(layer_name))
    for layer in model.layers[: position + 1]:
        layer.trainable = False


def count_updates(model):
    with tf.GradientTape() as tape:
        loss = keras.ops.sum(model(tf.random.normal((2, *model.input_shape[1:])), training=True))
    gradients = tape.gradient(loss, model.trainable_weights)
    return sum(int(tf.size(gradient)) for gradient in gradients if gradient is not None)
