"""What is observed of hw4. Runs inside, beside the student's code; a student may read it."""

import torch
from torch import nn

SIGNATURES = {
    "scale_pixels": "scale_pixels(images)",
    "extract_features": "extract_features(model, pixels)",
    "classify": "classify(model, features)",
    "train_with_trace": "train_with_trace(model, loader, epochs, on_epoch)",
    "compare": "compare(pretrained, scratch, loader, validation, target, epochs, on_epoch)",
    "build_classifier": "build_classifier(num_classes)",
    "fine_tune": "fine_tune(model, images, labels, epochs, on_epoch)",
}
CLASSES = 10
TRACE_EPOCHS, COMPARE_EPOCHS, ANIMAL_EPOCHS = 5, 8, 5
TARGET = 0.6


def pixels(student, given, record):
    """Two batches of images as files have them, one of a single image. In neither is the brightest pixel white."""
    for number, count in enumerate((1, given.integer("count", 2, 3))):
        brightest = given.integer(f"brightest_{number}", 120, 230)
        images = (brightest * given.images(f"images_{number}", count, 224, 224, 3)).to(torch.uint8)
        record.array("pixels", student.scale_pixels(images))


def features(student, given, record):
    """The feature maps of two batches, by the pre-trained backbone."""
    model = make_pretrained(given, CLASSES)
    for number, count in enumerate((1, given.integer("count", 2, 3))):
        record.array("features", student.extract_features(model, given.images(f"pixels_{number}", count, 224, 224, 3)))


def probabilities(student, given, record):
    """The probabilities of two batches of drawn feature maps, for a drawn number of classes."""
    model = make_pretrained(given, given.integer("classes", 4, 30))
    for number, count in enumerate((1, given.integer("count", 2, 6))):
        record.array("probabilities", student.classify(model, 6 * given.images(f"maps_{number}", count, 7, 7, 512)))


def trace(student, given, record):
    """Five epochs of a new last layer. What leaves are its weights after each epoch and at each step."""
    model = make_pretrained(given, CLASSES)
    for name, parameter in model.named_parameters():
        parameter.requires_grad = name.startswith("fc.")
    loader = given.loader("trace", batch_size=16)
    watched = Watched(model, loader)
    each = record.each("epochs", watched)
    rows = student.train_with_trace(
        model, loader, TRACE_EPOCHS, lambda epoch=None, model=model: each(epoch, watched.look_at(model))
    )
    record.answers("trace", rows)


def compare(student, given, record):
    """Two trainings on the same pictures, one of the pre-trained model and one of a model with random weights."""
    models = {"pretrained": make_pretrained(given, CLASSES), "scratch": MicroNet(CLASSES)}
    given.fill(models["scratch"])
    loader = given.loader("compare", batch_size=16)
    each = {name: record.each(name, model) for name, model in models.items()}
    batches = {name: [] for name in models}

    def on_epoch(epoch=None, model=None):
        for name, own in models.items():
            if model is own:
                each[name](epoch, model)
                batches[name].append(loader.batches_handed_out)

    report = student.compare(*models.values(), loader, given["validation"], TARGET, COMPARE_EPOCHS, on_epoch)
    record.answers("report", report)
    record.answers("batches", batches)


def choose(student, given, record):
    """A classifier for a drawn number of classes. `fill` gives everyone's new layer the same values."""
    model = student.build_classifier(given.integer("classes", 3, 30))
    record.model("classifier", model)
    given.fill(model, but="micro_backbone")
    record.outputs("logits", model, given.images("batch", 4, 3, 64, 64))


def cats_and_dogs(student, given, record):
    """500 drawings, of which the student keeps some for validation. All of the model can be trained when it arrives."""
    model = clear_head(make_pretrained(given, 2))
    images, labels = given["animals"]
    trained_on = note_training(model, images)
    each = record.each("epochs", model)
    report = student.fine_tune(model, images, labels, ANIMAL_EPOCHS, each)
    record.answers("report", report)
    record.answers("trained_on", sorted(trained_on))


def make_pretrained(given, classes):
    """The pre-trained network with a new last layer, whose values are drawn."""
    model = MicroNet(classes)
    backbone = {name: tensor for name, tensor in given.weights("micro_backbone").items() if not name.startswith("fc.")}
    model.load_state_dict(backbone, strict=False)
    given.fill(model, but="micro_backbone")
    return model


def clear_head(model):
    """Zeros in the last layer: of two classes, drawn values could be right by luck before any training."""
    nn.init.zeros_(model.fc.weight)
    nn.init.zeros_(model.fc.bias)
    return model


def note_training(model, images):
    """Which of the images a gradient came from: their numbers, in a set that grows while the model is trained."""
    number = {image.numpy().tobytes(): place for place, image in enumerate(images)}
    found = set()

    def note(model, inputs, output):
        if isinstance(output, torch.Tensor) and output.requires_grad and isinstance(inputs[0], torch.Tensor):
            places = [number.get(image.numpy().tobytes()) for image in inputs[0].detach()]
            output.register_hook(lambda gradient: found.update(select(places, gradient)))

    model.register_forward_hook(note)
    return found


def select(places, gradient):
    """The places of those rows to which a gradient came."""
    moved = gradient.reshape(len(gradient), -1).ne(0).any(1).tolist()
    return [place for place, counts in zip(places, moved) if counts and place is not None]  # noqa: B905


class Watched(nn.Module):
    """A model, and beside it the last layer's weights as they were at each step of an epoch, and for which batch.

    With them the loss and the accuracy of each batch can be worked out elsewhere.
    """

    def __init__(self, model, loader):
        super().__init__()
        self.model, self.loader, self.steps = model, loader, []
        self.register_buffer("step_weight", torch.zeros(len(loader), *model.fc.weight.shape))
        self.register_buffer("step_bias", torch.zeros(len(loader), *model.fc.bias.shape))
        self.register_buffer("step_batch", torch.zeros(len(loader), dtype=torch.long))
        model.fc.weight.register_hook(lambda gradient: self.note(model.fc))

    def note(self, layer):
        """Keep the layer as it is now, where a gradient arrives, and the number of the batch, counted from 1."""
        if len(self.steps) < len(self.step_batch):
            self.steps.append(
                (layer.weight.detach().clone(), layer.bias.detach().clone(), self.loader.batches_handed_out)
            )

    def look_at(self, model):
        """Put what was kept since the last epoch in place; rows that aren't needed have the batch 0."""
        if isinstance(model, nn.Module):
            self.model = model
        self.step_batch.zero_()
        for row, step in enumerate(self.steps):
            self.step_weight[row], self.step_bias[row], self.step_batch[row] = step
        self.steps = []
        return self


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
