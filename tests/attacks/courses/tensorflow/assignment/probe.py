"""What is observed of the Keras course."""

import keras

SIGNATURES = {"build_model": "build_model(classes)", "count_parameters": "count_parameters(model)"}


def build(student, given, record):
    """A classifier with hidden weights on hidden inputs."""
    model = student.build_model(4)
    given.fill(model)
    record.outputs("logits", model, given.images("batch", 6, 16))


def count(student, given, record):
    """Hidden models."""
    sizes = [given.integer("size", 3, 40, case=case) for case in range(4)]
    models = [keras.Sequential([keras.Input((size,)), keras.layers.Dense(size + 1)]) for size in sizes]
    record.answers("counts", [student.count_parameters(model) for model in models])
