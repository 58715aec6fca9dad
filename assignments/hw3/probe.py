"""What is observed of hw3. Runs inside, beside the student's code; a student may read it."""

import torch
from torch import nn
from torchvision.models import MobileNetV2
from torchvision.models.resnet import BasicBlock, ResNet

SIGNATURES = {
    "replace_last_layer": "replace_last_layer(model, num_classes)",
    "SmallNet": "SmallNet(num_classes)",
    "training_loss": "training_loss(model, images, labels)",
    "make_net": "make_net(image_size, num_classes)",
    "loss_for": "loss_for(logits, labels)",
    "DeepNet": "DeepNet(sizes)",
    "predict_one": "predict_one(model, image)",
}


def last_layer(student, given, record):
    """Seven models of three families, each with drawn weights and a drawn number of classes.

    Only what wasn't in the model before is filled afterwards. So the outputs of all right repairs are equal, and show
    that the new layer is used, that it stands in the old one's place, and that the other layers are still themselves.
    """
    for family, builders in FAMILIES.items():
        for number, build in enumerate(builders):
            model = build()
            draw_weights(given, model)
            before = {name_content(parameter) for parameter in model.parameters()}
            classes = given.integer(f"{family}_{number}", 11, 19)
            repaired = student.replace_last_layer(model, classes)
            images = given.images("images", 2, 3, 64, 64)
            if isinstance(repaired, nn.Module):
                settle(repaired, images)
                given.fill(gather_new(repaired, before))
            record.outputs(f"{family}_{number}", repaired, images)


def out_of_bounds(student, given, record):
    """The network for a drawn number of classes, and the loss of a batch in which all of them appear."""
    classes = given.integer("classes", 11, 20)
    network = student.SmallNet(classes)
    given.fill(network)
    images = given.images("batch", 2 * classes, 3, 24, 24)
    record.outputs("logits", network, images)
    labels = torch.arange(2 * classes) % classes
    record.array("loss", student.training_loss(network, images, labels))


def flatten(student, given, record):
    """Networks for images of three drawn sizes: square, wide and high."""
    small, large = given.integer("small", 20, 38), given.integer("large", 42, 60)
    for number, size in enumerate([(large, large), (small, large), (large, small)]):
        classes = given.integer(f"classes_{number}", 3, 12)
        network = student.make_net(size, classes)
        images = given.images(f"images_{number}", 2, 3, *size)
        if isinstance(network, nn.Module):
            settle(network, images)
            given.fill(network)
        record.outputs("logits", network, images)


def labels(student, given, record):
    """The same kind of batch with labels of several types and shapes, and a batch of one image."""
    kinds = [torch.float32, torch.long, torch.float64, torch.int32, torch.uint8]
    for number, (kind, column) in enumerate([(kind, column) for kind in kinds for column in (False, True)]):
        count = 1 if kind is torch.int32 else given.integer(f"count_{number}", 3, 9)
        logits = 6 * given.images(f"logits_{number}", count, 5)
        classes = torch.tensor([given.integer(f"label_{number}", 0, 4, case=row) for row in range(count)])
        shaped = classes.to(kind).reshape(-1, 1) if column else classes.to(kind)
        record.array("losses", student.loss_for(logits, shaped))


def no_parameters(student, given, record):
    """A network of a drawn depth with drawn sizes."""
    sizes = [given.integer("size", 4, 16, case=number) for number in range(given.integer("depth", 4, 7))]
    network = student.DeepNet(sizes)
    record.model("network", network)
    given.fill(network)
    record.outputs("outputs", network, 2 * given.images("inputs", 6, sizes[0]) - 1)


def one_image(student, given, record):
    """Six networks with BatchNorm and Dropout, left in train mode, and four images for each."""
    answers = []
    for number in range(6):
        network = nn.Sequential(
            nn.Conv2d(3, 6, 3),
            nn.BatchNorm2d(6),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Dropout(0.5),
            nn.Linear(24, 8),
        )
        given.fill(network)
        spread_answers(network, given.images("calibration", 16, 3, 12, 12))
        for image in given.images(f"images_{number}", 4, 3, 12, 12):
            answers.append(student.predict_one(network.train(), image))
    record.answers("classes", answers)


def spread_answers(network, images):
    """Centre the outputs, so that the answers differ from image to image and a network has no favourite class."""
    network.eval()
    with torch.no_grad():
        outputs = network(images)
        network[-1].weight.mul_(20)
        network[-1].bias.copy_(-20 * (outputs - network[-1].bias).mean(0))


def draw_weights(given, model):
    """Give a model drawn weights, which aren't those that a new layer of the same shape is filled with."""
    given.fill(model)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(0.8)


def settle(model, images):
    """Let a model see images once: a lazy layer has its size, and values, from then on."""
    with torch.no_grad():
        model.eval()(images)


def name_content(parameter):
    """A parameter's shape and bytes."""
    return tuple(parameter.shape), parameter.detach().numpy().tobytes()


def gather_new(model, before):
    """A module that holds just those parameters of a model that weren't there before, in their order."""
    fresh = nn.Module()
    for number, parameter in enumerate(nn.Module.parameters(model)):
        if name_content(parameter) not in before:
            fresh.register_parameter(f"new_{number}", parameter)
    return fresh


def make_plain():
    """A chain of layers; the last one is linear."""
    return nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 100))


def make_two_linear():
    """A chain with two linear layers, and something behind the last one."""
    return nn.Sequential(
        nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(48, 20), nn.ReLU(), nn.Linear(20, 100), nn.Dropout(0.2)
    )


def make_nested():
    """A chain in a chain."""
    return nn.Sequential(make_plain()[:-1], nn.Sequential(nn.Dropout(), nn.Linear(8, 100)))


def make_resnet():
    """A small ResNet, whose last layer is `fc`."""
    return ResNet(BasicBlock, [1, 1, 1, 1], num_classes=100)


def make_mobilenet():
    """A narrow MobileNetV2, whose last layer is `classifier[1]`."""
    return MobileNetV2(num_classes=100, width_mult=0.25)


class Branded(nn.Module):
    """A class whose last layer has a name of its own."""

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Conv2d(3, 6, 5, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.bottleneck = nn.Linear(24, 10)
        self.verdict = nn.Linear(10, 100)

    def forward(self, images):
        """Images [N, 3, height, width] to outputs [N, 100]."""
        return self.verdict(self.bottleneck(self.trunk(images)).relu())


class Wrapped(nn.Module):
    """A model inside a model."""

    def __init__(self):
        super().__init__()
        self.inner = Branded()
        self.norm = nn.LayerNorm([3, 64, 64])

    def forward(self, images):
        """Images [N, 3, 64, 64] to outputs [N, 100]."""
        return self.inner(self.norm(images))


FAMILIES = {
    "sequential": (make_plain, make_two_linear, make_nested),
    "published": (make_resnet, make_mobilenet),
    "custom": (Branded, Wrapped),
}
