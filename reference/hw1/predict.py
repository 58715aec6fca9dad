"""The second run of `fine_tune`: weights that the student's run left, images, no code of the student.

Called for one stage after the other with what differs from the start, named as in the probe's `Watched`. As a rule the
frozen layers make the same of the images at every stage, so that is worked out once.
"""

from functools import cache

import torch
from torch import nn
from torchvision.models import resnet18

MOST_BATCHES = 5_000  # of those handed out: a student can make up any number, and finding a batch takes its time
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")

kept = {}  # from stage to stage: the stage before, and features by what they depend on


def fine_tune(given, tensors):
    """Logits of two kinds.

    "hidden": of the hidden images by the stage's weights, in eval mode, [hidden images, 10].
    "met": of the training images as they were met in the epoch, [training images, 10]: each in its batch, by the last
    layer of that step, with BatchNorm in the mode of that epoch, which shows in whether its statistics moved.
    """
    contents = {name: tensor.numpy().tobytes() for name, tensor in tensors.items()}
    before, outputs = kept.get("stage", ({}, None))
    if outputs is None or contents != before:
        model = load_model(given, tensors)
        frozen = {
            name: content for name, content in contents.items() if name.startswith("model.") and ".fc." not in name
        }
        training = any(frozen[name] != before.get(name) for name in frozen if name.endswith(STATISTICS))
        hidden = extract_once("hidden", model, given["images"], frozen)
        outputs = {"hidden": model.fc(hidden), "met": meet_batches(given, tensors, model, frozen, training)}
        kept["stage"] = contents, outputs
    return outputs


@cache
def load_start(given):
    """The model that every training starts from, as in the probe, and its tensors."""
    model = resnet18(num_classes=10)
    model.load_state_dict({**given.weights("resnet18"), **model.fc.state_dict(prefix="fc.")}, strict=False)
    given.fill(model, but="resnet18")
    return model, {name: tensor.clone() for name, tensor in model.state_dict().items()}


def load_model(given, tensors):
    """The model of a stage."""
    model, start = load_start(given)
    stage = {name.removeprefix("model."): tensor for name, tensor in tensors.items() if name.startswith("model.")}
    model.load_state_dict({**start, **stage})
    return model


def extract(model, images, *, training):
    """What all layers but the last make of images, [images, 512]."""
    layers = nn.Sequential(*list(model.children())[:-1], nn.Flatten())
    return layers.train(training)(images)


def extract_once(name, model, images, frozen):
    """The same in eval mode, kept for the stages at which those layers are the same."""
    key = name, tuple(sorted(frozen.items()))
    if key not in kept:
        kept[key] = extract(model, images, training=False)
    return kept[key]


def meet_batches(given, tensors, model, frozen, training):
    """Each training image's logits in its batch, by the last layer of that step; 0 for images that were not met."""
    images = given["train.0"]
    met = torch.zeros(len(images), len(model.fc.bias))
    for row, number in enumerate(tensors.get("step_batch", torch.zeros(0)).tolist()):
        if 0 < number <= MOST_BATCHES:
            batch = list_batches(given)(number)
            if training:
                features = extract(model, images[batch], training=True)
            else:
                features = extract_once("train", model, images, frozen)[batch]
            met[batch] = nn.functional.linear(features, tensors["step_weight"][row], tensors["step_bias"][row])
    return met


@cache
def list_batches(given):
    """A function from the number of a batch, as it was handed out, to the numbers of its images."""
    loader = given.loader("train", batch_size=16)
    place = {image.numpy().tobytes(): number for number, image in enumerate(given["train.0"])}
    batches = []

    def find(number):
        while len(batches) < number:
            batches.extend(torch.tensor([place[image.numpy().tobytes()] for image in images]) for images, _ in loader)
        return batches[number - 1]

    return find
