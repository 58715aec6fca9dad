"""What is observed of the torch course."""

from torch import nn

SIGNATURES = {
    "build_model": "build_model(classes)",
    "count_parameters": "count_parameters(model)",
    "train": "train(model, loader, epochs, on_epoch)",
}


def build(student, given, record):
    """A classifier with hidden weights on hidden inputs."""
    model = student.build_model(4)
    record.model("model", model)
    given.fill(model)
    record.outputs("logits", model, given.images("batch", 6, 16))


def count(student, given, record):
    """Hidden models."""
    sizes = [given.integer("size", 3, 40, case=case) for case in range(4)]
    record.answers("counts", [student.count_parameters(nn.Linear(size, size + 1)) for size in sizes])


def start():
    """A model that knows nothing: random weights are right by chance, on some draws."""
    model = nn.Linear(2, 3)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    return model


def train(student, given, record):
    """A few epochs on points in the plane; the weights leave, and accuracy is worked out elsewhere."""
    model = start()
    each = record.each("epochs", model)
    loader = given.loader("train", batch_size=16)
    losses = student.train(model, loader, 5, lambda epoch=None, model=model: each(epoch, model))
    record.answers("losses", losses)
