"""The second runs of hw4's trainings: weights that the student's run left, images, no code of the student.

Each function is called for one stage after the other with what differs from the start, named as in the probe.
"""

from functools import cache

import torch
from torch import nn

CLASSES, ANIMALS = 10, 2
MOST_BATCHES = 5_000  # of those handed out: a student can make up any number, and finding a batch takes its time

kept = {}  # features of the frozen backbone, by what they depend on


def trace(given, tensors):
    """Logits of two kinds.

    "hidden": of the hidden images by the stage's weights, [hidden images, 10].
    "met": of the training images as they were met in the epoch, [training images, 10]: each in its batch, by the last
    layer of that step; 0 for images that were not met.
    """
    stage = {name.removeprefix("model."): tensor for name, tensor in tensors.items() if name.startswith("model.")}
    model = load_model(given, CLASSES, stage, pretrained=True)
    images = given["trace"][0]
    hidden, trained = extract_once("hidden", model, given["hidden_trace"]), extract_once("trace", model, images)
    met = torch.zeros(len(images), CLASSES)
    for row, number in enumerate(tensors.get("step_batch", torch.zeros(0)).tolist()):
        if 0 < number <= MOST_BATCHES:
            batch = list_batches(given)(number)
            weight, bias = tensors["step_weight"][row], tensors["step_bias"][row]
            met[batch] = nn.functional.linear(trained[batch], weight, bias)
    return {"hidden": model.fc(hidden), "met": met}


def compare(given, tensors):
    """Logits of the hidden images, of the validation images, and of those that were trained on, by the stage's weights.
    Which model it is stands in the plan of this run.
    """
    pretrained = given["stages"]["compare"]["record"] == "pretrained"
    model = load_model(given, CLASSES, tensors, pretrained=pretrained)
    return {
        "hidden": model(given["images"]),
        "validation": model(given["validation"][0]),
        "training": model(given["compare"][0]),
    }


def cats_and_dogs(given, tensors):
    """Logits of the hidden drawings and of those that were given, by the stage's weights."""
    model = load_model(given, ANIMALS, tensors, pretrained=True)
    return {"hidden": model(given["hidden_animals"]), "given": model(given["animals.0"])}


def load_model(given, classes, stage, *, pretrained):
    """The model of a stage: the start, with what has changed since."""
    model = MicroNet(classes)
    model.load_state_dict({**load_start(given, classes, pretrained), **stage})
    return model.eval()


@cache
def load_start(given, classes, pretrained):
    """The tensors that a training starts from, as in the probe."""
    model = MicroNet(classes)
    if pretrained:
        weights = given.weights("micro_backbone")
        model.load_state_dict({name: weights[name] for name in weights if not name.startswith("fc.")}, strict=False)
    given.fill(model, but="micro_backbone" if pretrained else None)
    if classes == ANIMALS:
        nn.init.zeros_(model.fc.weight)
        nn.init.zeros_(model.fc.bias)
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def extract_once(name, model, images):
    """What all layers but the last make of images, [images, 512]; kept for the stages at which they are the same."""
    frozen = tuple(
        tensor.numpy().tobytes() for part, tensor in model.state_dict().items() if not part.startswith("fc.")
    )
    if (name, frozen) not in kept:
        kept[name, frozen] = model.pool(model.features(images)).flatten(1)
    return kept[name, frozen]


@cache
def list_batches(given):
    """A function from the number of a batch, as it was handed out, to the numbers of its images."""
    loader = given.loader("trace", batch_size=16)
    place = {image.numpy().tobytes(): number for number, image in enumerate(given["trace"][0])}
    batches = []

    def find(number):
        while len(batches) < number:
            batches.extend(torch.tensor([place[image.numpy().tobytes()] for image in images]) for images, _ in loader)
        return batches[number - 1]

    return find


class MicroNet(nn.Module):
    """The network of data/micro.py, under the same names."""

    def __init__(self, num_classes):
        super().__init__()
        self.features = nn.Sequential(
            *make_step(3, 16),
            *make_step(16, 24),
            *make_step(24, 32),
            *make_step(32, 48),
            nn.Conv2d(48, 48, 3, stride=2, padding=1, groups=48, bias=False),
            nn.Conv2d(48, 512, 1, bias=False),
            nn.GroupNorm(8, 512),
            nn.ReLU(),
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512, num_classes)

    def forward(self, images):
        """Images [N, 3, height, width] to logits [N, num_classes]."""
        return self.fc(self.pool(self.features(images)).flatten(1))


def make_step(inputs, outputs):
    """A convolution that halves height and width."""
    return [nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False), nn.GroupNorm(8, outputs), nn.ReLU()]
