"""The key of quiz1. What can be run is run, with random weights: no answer here depends on trained ones."""

import warnings
from collections.abc import Callable

import torch
from torch import nn
from torchvision import models

torch.manual_seed(0)


def freeze_and_replace() -> nn.Module:
    """handout/frozen_count.py, but for its weights."""
    model = models.resnet18(weights=None)
    for parameter in model.parameters():
        parameter.requires_grad = False
    model.fc = nn.Linear(model.fc.in_features, 10)
    return model


def count_trainable(model: nn.Module) -> int:
    """How many numbers an optimiser may change."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def find_call() -> str:
    """Of the calls that are offered, the one that torchvision takes without a warning."""
    offered = {
        "models.resnet50(pretrained=True)": lambda: models.resnet50(pretrained=False),
        # Without its download, for which there is no network here: that there are such weights.
        'models.resnet50(weights="IMAGENET1K_V2")': lambda: models.ResNet50_Weights["IMAGENET1K_V2"],
        'torch.load("resnet50")': lambda: torch.load("resnet50"),
        "models.resnet50(imagenet=True)": lambda: models.resnet50(imagenet=True),
    }
    taken = []
    for call, attempt in offered.items():
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                attempt()
            except (TypeError, FileNotFoundError):
                continue
        if not warned:
            taken.append(call)
    (call,) = taken
    return call


def explain_missing_layer() -> str:
    """The error of a model that has no `fc`, and what its last layer is called instead."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    try:
        print(model.fc)
    except AttributeError as error:
        assert str(error) == "'Sequential' object has no attribute 'fc'"
        assert [name for name, _ in model.named_children()] == ["0", "1"]
        return "This architecture has no layer of that name; its last layer is called otherwise."
    raise AssertionError("a Sequential has an fc")


def explain_frozen_time() -> str:
    """Fewer parameters get a gradient once more layers are frozen, while every layer still runs forward."""
    counts, calls = [], []
    for frozen in (0, 2):
        model = nn.Sequential(*(nn.Linear(3, 3) for _ in range(3)))
        for number, layer in enumerate(model):
            layer.register_forward_hook(lambda *_, case=(frozen, number): calls.append(case))
            layer.requires_grad_(number >= frozen)
        model(torch.ones(2, 3)).sum().backward()
        counts.append(sum(parameter.grad is not None for parameter in model.parameters()))
    assert counts == [6, 2]
    assert calls == [(frozen, number) for frozen in (0, 2) for number in range(3)]
    return "It gets shorter, because fewer parameters are updated."


def count_multiplications(build: Callable[[], nn.Module]) -> int:
    """The multiplications of one image's forward pass in convolutions and linear layers; nothing is computed."""
    counted: list[int] = []

    def count(layer: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        counted.append(output.numel() * layer.weight[0].numel())

    with torch.device("meta"):
        model = build().eval()
        for layer in model.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                layer.register_forward_hook(count)
        model(torch.empty(1, 3, 224, 224))
    return sum(counted)


def find_fastest() -> str:
    """Of the models that are offered, the one with the fewest multiplications."""
    offered = {
        "VGG-16, because its layers are simple": models.vgg16,
        "ResNet-152, because it is accurate after its very first epoch": models.resnet152,
        "MobileNetV2, because it was designed to be small and efficient": models.mobilenet_v2,
        "A vision transformer, because attention is parallel": models.vit_b_16,
    }
    return min(offered, key=lambda option: count_multiplications(offered[option]))


with torch.inference_mode():
    prediction_shape = models.mobilenet_v2(weights=None).eval()(torch.rand(1, 3, 224, 224)).shape
    fine_tuned = models.resnet50(weights=None).eval()
    fine_tuned.fc = nn.Linear(fine_tuned.fc.in_features, 10)
    resnet50_shape = fine_tuned(torch.rand(32, 3, 64, 64)).shape  # smaller images: the shape is the same

frozen_count = count_trainable(freeze_and_replace())
resnet50_call = find_call()
no_fc = explain_missing_layer()
freeze_more = explain_frozen_time()
fastest = find_fastest()

why_faster = "Its weights capture useful patterns already, so less training and less data bring it to the new task."
transfer = "Transfer learning"
scratch = "Every feature, down to edges and colours, has to be learned from the raw data."
most_help = "Only a small data set is there for the new task."
knows = "Useful features from its earlier training"
benefit = "They need less training time and less data."
preprocessing = "No: images must come in the size, scale and channel order that it was trained with."
last_layer_mismatch = "Its number of outputs isn't the number of classes of the data."
cats_and_dogs = "Fine-tune only the last layer of a pre-trained model."
balance = "A small pre-trained model such as MobileNetV2"
learning_rates = "A low rate for the pre-trained layers, a higher one for the new layer"
overfitting = "It overfits."
weak_gpu = "Fine-tune only the last layers of a pre-trained model."
model_a = "Model A is smaller and less complex than model B."
