"""What is observed of hw2. Runs inside, beside the student's code; a student may read it.

Models and layers whose tensors are told by name have names of their own: Keras numbers those without one through the
whole process, so a model that a student made before would change them.
"""

import contextlib

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from keras.applications import MobileNetV2

SIGNATURES = {
    "load_network": "load_network()",
    "predict": "predict(model, image)",
    "build_classifier": "build_classifier(num_classes=10)",
    "train_once": "train_once(model, images, labels)",
    "freeze_until": "freeze_until(model, layer_name)",
    "count_updates": "count_updates(model)",
}
SIDE = 96
STEP, DECAY = 0.1, 0.01
LATE = [f"block_{number}_{part}" for number in range(9, 15) for part in ("expand", "depthwise", "project")]
EARLY = [f"block_{number}_{part}" for number in range(1, 7) for part in ("expand", "depthwise", "project")]


def load(student, given, record):
    """The network as it is: its weights by digest, what it makes of two pictures."""
    network = student.load_network()
    record.model("network", network)
    record.outputs("probabilities", network, given.images("photos", 2, 224, 224, 3) * 2 - 1)


def predict(student, given, record):
    """Two pictures, one after the other, by a network that is given: pre-trained, with a last layer of its own."""
    network = MobileNetV2(weights="imagenet")
    given.fill(network.layers[-1])
    for name in ("first", "second"):
        record.array("prediction", student.predict(network, make_picture(given, name)))


def build(student, given, record):
    """Two classifiers: the usual ten classes, and another number of classes.

    `fill` gives everyone's new layer the same values, so the outputs of all right models are equal. In the second one
    the base is given the weights that it should have: a mistake in loading it isn't counted twice.
    """
    images = given.images("batch", 4, SIDE, SIDE, 3) * 2 - 1
    classifier = wake(student.build_classifier(), images)
    record.model("network", classifier)
    given.fill(classifier, but="no_top_96")
    clear_bias(classifier, 10)
    record.outputs("probabilities", classifier, images)
    classes = given.integer("classes", 33, 60)
    other = wake(student.build_classifier(num_classes=classes), images)
    lend_weights(other)
    given.fill(other, but="no_top_96")
    clear_bias(other, classes)
    record.outputs("other_probabilities", other, images)


def train(student, given, record):
    """One epoch with a classifier that is given, on five images.

    Afterwards the new layer gets its hidden values again, and the loss that the model was compiled with is asked for
    other images: a loss tells of itself, whatever the optimiser made of the weights.
    """
    classifier, counter = make_classifier(given)
    images, labels = given.images("five", 5, SIDE, SIDE, 3) * 2 - 1, draw_labels(given, "five", 5)
    with record.moves("epoch", classifier):
        accuracy = student.train_once(classifier, images, labels)
    record.answers("accuracy", accuracy)
    record.answers("images_seen", int(counter.images))
    given.fill(classifier, but="no_top_96")
    others = given.images("others", 4, SIDE, SIDE, 3) * 2 - 1
    record.array("loss", ask_loss(classifier, others, draw_labels(given, "others", 4)))


def freeze_more(student, given, record):
    """What a step of training changes, behind a late border and then an earlier one, in each of two models."""
    network = MobileNetV2(alpha=0.35, include_top=False, pooling="avg", weights=None, input_shape=(64, 64, 3))
    given.fill(network)
    images = given.images("batch", 4, 64, 64, 3) * 2 - 1
    tower, inputs = make_tower(given)
    student.freeze_until(network, LATE[given.integer("late", 0, len(LATE) - 1)])
    with record.moves("step", network):
        trained = [take_step(network, images)]
    student.freeze_until(tower, f"dense_{given.integer('late_floor', 4, 5)}")
    record.answers("trained", [*trained, take_step(tower, inputs)])
    student.freeze_until(network, EARLY[given.integer("early", 0, len(EARLY) - 1)])
    student.freeze_until(tower, f"dense_{given.integer('early_floor', 2, 3)}")
    record.answers("trained_again", [take_step(network, images), take_step(tower, inputs)])


def count(student, given, record):
    """Hidden models of several kinds."""
    record.answers("counts", [student.count_updates(model) for model in make_models(given)])


def make_picture(given, name):
    """A picture [224, 224, 3] of coloured squares, float32, whole numbers from 0 to 255."""
    squares = given.images(name, 28, 28, 3)
    return np.floor(squares.repeat(8, axis=0).repeat(8, axis=1) * 256)


def wake(model, images):
    """The model, built: one of a class of its own has no weights before it has seen an image."""
    if isinstance(model, keras.Model) and not model.built:
        model(images[:1])
    return model


def lend_weights(model):
    """Give a model the weights of the base: its first tensor of a kind and shape gets the first there, and so on."""
    waiting = {}
    for weight in MobileNetV2(input_shape=(SIDE, SIDE, 3), include_top=False, weights="imagenet").weights:
        waiting.setdefault((weight.name, tuple(weight.shape)), []).append(weight)
    for weight in model.weights if isinstance(model, keras.Model) else ():
        alike = waiting.get((weight.name, tuple(weight.shape)))
        if alike:
            weight.assign(alike.pop(0))


def clear_bias(model, classes):
    """Set the last layer's bias to 0: one that is missing is told from the number of parameters, and only there."""
    for variable in model.weights if isinstance(model, keras.Model) else ():
        if tuple(variable.shape) == (classes,):
            variable.assign(np.zeros(classes))


class Counter(layers.Layer):
    """Passes images on, and counts those that it meets in training."""

    def build(self, shape):
        """A number that no gradient moves."""
        self.images = self.add_weight(name="images", shape=(), dtype="int32", initializer="zeros", trainable=False)

    def call(self, images, training=False):
        """The images themselves."""
        if training:
            self.images.assign_add(keras.ops.shape(images)[0])
        return images


def make_classifier(given):
    """A right answer to `build`, ten classes, with hidden values in its new layer; and what counts its images.

    Its base ends after three blocks of MobileNetV2: what `fit` takes is Keras' time for going through the layers.
    """
    whole = MobileNetV2(input_shape=(SIDE, SIDE, 3), include_top=False, weights="imagenet")
    base = keras.Model(whole.input, whole.get_layer("block_2_add").output, name="base")
    base.trainable = False
    counter, pooling = Counter(name="counter"), layers.GlobalAveragePooling2D(name="pooling")
    head = layers.Dense(10, activation="softmax", name="head")
    classifier = keras.Sequential([keras.Input((SIDE, SIDE, 3)), counter, base, pooling, head], name="classifier")
    given.fill(classifier, but="no_top_96")
    return classifier, counter


def draw_labels(given, name, count):
    """A class for each image."""
    return np.array([given.integer(name, 0, 9, case=case) for case in range(count)])


def ask_loss(model, images, labels):
    """The loss that a model was compiled with, for labels as they are or else as rows of 0 and 1; None without one."""
    if not model.compiled:
        return None
    outputs = model(images, training=False)
    for asked in (keras.ops.convert_to_tensor(labels), keras.ops.one_hot(labels, 10)):
        with contextlib.suppress(ValueError, tf.errors.InvalidArgumentError):
            return model.compute_loss(x=images, y=asked, y_pred=outputs)
    return None


def take_step(model, images):
    """One step of gradient descent, by hand; the names of the weights that it changed, moving statistics included.

    The decay moves what has no gradient but rounding errors: what is added just before a BatchNormalization.
    """
    before = [np.array(weight) for weight in model.weights]
    with tf.GradientTape() as tape:
        loss = keras.ops.mean(keras.ops.square(model(images, training=True) - 1))
    trained = model.trainable_weights
    for weight, gradient in zip(trained, tape.gradient(loss, trained), strict=True):
        if gradient is not None:
            weight.assign_sub(STEP * (gradient + DECAY * weight))
    pairs = zip(model.weights, before, strict=True)
    return [weight.path for weight, old in pairs if not np.array_equal(np.array(weight), old)]


def make_tower(given):
    """Six floors of layers, of a drawn width; and its inputs."""
    width = given.integer("width", 8, 24)
    parts = []
    for floor in range(1, 7):
        parts += [layers.Dense(width, name=f"dense_{floor}"), layers.BatchNormalization(name=f"norm_{floor}")]
        parts.append(layers.ReLU(name=f"relu_{floor}"))
    tower = keras.Sequential([keras.Input((width,)), *parts], name="tower")
    given.fill(tower)
    return tower, given.images("inputs", 16, width)


def make_models(given):
    """Models of drawn sizes: all trainable, with moving statistics, a frozen layer, a frozen model inside, a model
    inside that is frozen in part, a layer used twice, everything frozen."""
    wide, deep = given.integer("wide", 3, 40), given.integer("deep", 3, 40)
    plain = keras.Sequential([keras.Input((wide,)), layers.Dense(deep), layers.Dense(4, use_bias=False)])
    normed = make_base(wide)
    half = keras.Sequential([keras.Input((deep,)), layers.Dense(wide), layers.Dense(2)])
    half.layers[0].trainable = False
    frozen, part = make_base(deep), make_base(wide)
    frozen.trainable = False
    for layer in part.layers[:3]:
        layer.trainable = False
    headed = [add_head(base, wide + deep) for base in (frozen, part)]
    twice = keras.Input((wide,))
    shared = layers.Dense(wide)
    nothing = add_head(make_base(wide), deep)
    nothing.trainable = False
    return [plain, normed, half, *headed, keras.Model(twice, shared(shared(twice))), nothing]


def make_base(width):
    """A small convolutional network with moving statistics."""
    parts = [layers.Conv2D(width, 3), layers.BatchNormalization(), layers.Conv2D(8, 3), layers.BatchNormalization()]
    return keras.Sequential([keras.Input((8, 8, 3)), *parts, layers.GlobalAveragePooling2D()])


def add_head(base, classes):
    """A model inside another one, with a layer of its own behind it."""
    return keras.Sequential([keras.Input((8, 8, 3)), base, layers.Dense(classes)])
