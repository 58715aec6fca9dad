"""Right, written differently: the functional API, the base called with training=False, layers frozen one by one."""

import keras
import numpy as np


def load_network():
    return keras.applications.MobileNetV2(
        input_shape=(224, 224, 3), include_top=True, weights="imagenet", classes=1000, classifier_activation="softmax"
    )


def predict(model, image):
    batch = np.expand_dims(np.asarray(image, dtype=np.float32), axis=0)
    batch = keras.applications.mobilenet_v2.preprocess_input(batch)
    return model(batch, training=False)


def build_classifier(num_classes=10):
    base = keras.applications.MobileNetV2(input_shape=(96, 96, 3), include_top=False, weights="imagenet")
    for layer in base.layers:
        layer.trainable = False
    inputs = keras.Input(shape=(96, 96, 3))
    features = base(inputs, training=False)
    pooled = keras.layers.GlobalAveragePooling2D()(features)
    outputs = keras.layers.Dense(num_classes, activation=keras.activations.softmax)(pooled)
    return keras.Model(inputs, outputs)


def train_once(model, images, labels):
    loss = keras.losses.SparseCategoricalCrossentropy()
    metric = keras.metrics.SparseCategoricalAccuracy(name="right")
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss=loss, metrics=[metric])
    return model.fit(images, labels).history["right"][-1]


def freeze_until(model, layer_name):
    last = [layer.name for layer in model.layers].index(layer_name)
    for number, layer in enumerate(model.layers):
        layer.trainable = number > last
    return model


def count_updates(model):
    return sum(weight.numpy().size for weight in model.trainable_variables)
