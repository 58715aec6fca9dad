"""Changes everything in the framework that every later run in the same process would share."""

import keras
import tensorflow as tf


def build_model(classes):
    return keras.Sequential([keras.Input((16,)), keras.layers.Dense(classes)])


def count_parameters(model):
    return 0


def poison():
    keras.left = "behind"
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("mixed_bfloat16")
    keras.config.set_epsilon(1.0)
    keras.config.set_image_data_format("channels_first")
    keras.utils.set_random_seed(0)
    keras.layers.Dense.call = lambda self, inputs, training=None: inputs[:, : self.units] * 0
    keras.saving.register_keras_serializable("builtin", "Dense")(type("Dense", (keras.layers.Layer,), {}))
    tf.config.run_functions_eagerly(True)
    tf.matmul = lambda *arguments, **options: arguments[0]
    tf.experimental.numpy.experimental_enable_numpy_behavior()
    print("TRIED a dozen changes of the framework")


try:
    poison()
except Exception as error:
    print("HELD", type(error).__name__, str(error)[:80])
