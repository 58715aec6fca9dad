"""What is observed of hw1. Runs inside, beside the student's code; a student may read it."""

import torch
from torch import nn
from torchvision.models import resnet18

SIGNATURES = {
    "load_backbone": "load_backbone()",
    "build_classifier": "build_classifier(num_classes=10)",
    "count_trainable": "count_trainable(model)",
    "make_optimizer": "make_optimizer(model, base_lr, head_lr)",
    "fine_tune": "fine_tune(model, loader, epochs, on_epoch)",
    "diagnose": "diagnose(history)",
}


def load(student, given, record):
    """The backbone as it is: its weights by digest, its logits for two pictures."""
    backbone = student.load_backbone()
    record.model("backbone", backbone)
    record.outputs("logits", backbone, given.images("photos", 2, 3, 224, 224))


def head(student, given, record):
    """Two classifiers: the usual ten classes on the pre-trained backbone, and another number of classes.

    `fill` gives everyone's new layer the same values, so the logits of all right models are equal. In the second one
    the backbone gets those values too: a mistake in loading it isn't counted twice.
    """
    images = given.images("batch", 4, 3, 64, 64)
    classifier = student.build_classifier()
    record.model("classifier", classifier)
    given.fill(classifier, but="resnet18")
    clear_bias(classifier, 10)
    record.outputs("logits", classifier, images)
    classes = given.integer("classes", 11, 40)
    other = student.build_classifier(num_classes=classes)
    given.fill(other)
    clear_bias(other, classes)
    record.outputs("other_logits", other, images)


def clear_bias(model, classes):
    """Set the last layer's bias to 0: one that is missing is told from the number of parameters, and only there."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.shape == (classes,):
                parameter.zero_()


def count(student, given, record):
    """Hidden models of several kinds."""
    record.answers("counts", [student.count_trainable(model) for model in make_models(given)])


def optimizer(student, given, record):
    """One step with all weights 0 and all gradients 1: how far each tensor moves shows its rate.

    The second time some layers are frozen.
    """
    model = resnet18(num_classes=10)
    for number, frozen in enumerate(([], [model.conv1, model.bn1, model.layer1]), start=1):
        model.requires_grad_(True)
        for layer in frozen:
            layer.requires_grad_(False)
        rates = given.rate(f"base_{number}", 1e-4, 1e-3), given.rate(f"head_{number}", 2e-3, 5e-2)
        record.step("steps", model, student.make_optimizer(model, *rates))


def fine_tune(student, given, record):
    """Five epochs on 300 small pictures. What leaves are the tensors that changed; accuracy is worked out elsewhere."""
    model = resnet18(num_classes=10)
    model.load_state_dict({**given.weights("resnet18"), **model.fc.state_dict(prefix="fc.")}, strict=False)
    given.fill(model, but="resnet18")
    for name, parameter in model.named_parameters():
        parameter.requires_grad = name.startswith("fc.")
    model.to(given.device)
    loader = given.loader("train", batch_size=16, device=given.device)
    watched = Watched(model, loader)
    each = record.each("epochs", watched)
    record.gradients("batches", loader, model.fc)
    losses = student.fine_tune(model, loader, 5, lambda epoch=None, model=model: each(epoch, watched.look_at(model)))
    record.answers("losses", losses)


def diagnose(student, given, record):
    """Hidden histories of all three kinds."""
    record.answers("diagnoses", [student.diagnose(history) for history in given["histories"]])


class Watched(nn.Module):
    """A model, and beside it the last layer's weights as they were at each step of an epoch, and for which batch.

    With them the loss of each batch can be worked out elsewhere, and its mean compared with the one that is returned.
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


def make_models(given):
    """Models of drawn sizes: all trainable, with BatchNorm, part frozen, all frozen, weights frozen but not biases."""
    wide, deep = given.integer("wide", 3, 60), given.integer("deep", 3, 60)
    plain = nn.Sequential(nn.Linear(wide, deep), nn.ReLU(), nn.Linear(deep, 4, bias=False))
    normed = nn.Sequential(nn.Conv2d(3, wide, 3), nn.BatchNorm2d(wide), nn.Flatten(), nn.Linear(wide * 36, 2))
    half = nn.Sequential(nn.Linear(deep, wide), nn.Linear(wide, 2))
    half[0].requires_grad_(False)
    nothing = nn.Linear(wide, deep).requires_grad_(False)
    bias_only = nn.Linear(wide, deep)
    bias_only.weight.requires_grad_(False)
    return [plain, normed, half, nothing, bias_only]
