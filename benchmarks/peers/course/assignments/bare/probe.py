"""What is observed: the number of trainable parameters, and logits for four images."""

import torch

SIGNATURES = {"build_model": "build_model()", "count_trainable": "count_trainable(model)"}


def bare(student, given, record):
    """Build, count, give the new head known weights, and look at four images."""
    model = student.build_model()
    record.answers("counts", [student.count_trainable(model)])
    set_head(model)
    record.outputs("logits", model, given.images("photos", 4, 3, 224, 224))


def set_head(model):
    """The same weights for everyone's head."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.shape == (10, 512):
                parameter.copy_(torch.linspace(-1, 1, 5120).reshape(10, 512))
            elif parameter.shape == (10,):
                parameter.zero_()
