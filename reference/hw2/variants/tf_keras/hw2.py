"""Right, written differently: Keras by way of TensorFlow, pixels scaled by hand."""

import tensorflow as tf


def load_network():
    return tf.keras.applications.MobileNetV2()


def predict(model, image):
    image = tf.cast(tf.convert_to_tensor(image), tf.float32)
    return model.predict(tf.expand_dims(image / 127.5 - 1.0, 0))


def build_classifier(num_classes=10):
    base = tf.keras.applications.MobileNetV2(weights="imagenet", include_top=False, input_shape=(96, 96, 3))
    model = tf.keras.models.Sequential()
    model.add(base)
    model.add(tf.keras.layers.GlobalAveragePooling2D())
    model.add(tf.keras.layers.Dense(num_classes, activation="softmax"))
    base.trainable = False
    model.summary()
    return model


def train_once(model, images, labels):
    model.compile(
        optimizer=tf.keras.optimizers.RMSprop(learning_rate=1e-3),
        loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=False),
        metrics=["accuracy"],
    )
    data = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(5).batch(5)
    history = model.fit(data, epochs=1)
    return float(history.history["accuracy"][0])


def freeze_until(model, layer_name):
    for layer in model.layers:
        layer.trainable = True
    for layer in model.layers:
        layer.trainable = False
        if layer.name == layer_name:
            break


def count_updates(model):
    return int(sum(tf.size(weight) for weight in model.trainable_weights))
