"""The training of `fine_tune` many times over, for `grade calibrate`: the frozen layers make the same of a picture in
every epoch, so what they make is computed once, and the last layers of all seeds are trained side by side.

Seed 0 begins with the draw's own last layer and meets the batches in the draw's own order, as every student's run does:
of the first way what comes out is the solution's training. Other seeds have a start and an order of their own, as other
draws would. Ways are spelt with the learning rate in thousandths; those called like a mutant do what that one does.
"""

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torchvision.models import resnet18

EPOCHS, BATCH, CLASSES = 5, 16, 10

WAYS = {
    "adam-5": lambda weights: torch.optim.Adam(weights, lr=5e-3),
    "adam-1": lambda weights: torch.optim.Adam(weights, lr=1e-3),
    "adam-10": lambda weights: torch.optim.Adam(weights, lr=1e-2),
    "adamw-3": lambda weights: torch.optim.AdamW(weights, lr=3e-3),
    "adamax-10": lambda weights: torch.optim.Adamax(weights, lr=1e-2),
    "nadam-5": lambda weights: torch.optim.NAdam(weights, lr=5e-3),
    "radam-20": lambda weights: torch.optim.RAdam(weights, lr=2e-2),
    "rmsprop-2": lambda weights: torch.optim.RMSprop(weights, lr=2e-3),
    "adagrad-20": lambda weights: torch.optim.Adagrad(weights, lr=2e-2),
    "sgd-10": lambda weights: torch.optim.SGD(weights, lr=1e-2),
    "sgd-100": lambda weights: torch.optim.SGD(weights, lr=1e-1),
    "sgd-10-momentum": lambda weights: torch.optim.SGD(weights, lr=1e-2, momentum=0.9),
    "sgd-20-momentum": lambda weights: torch.optim.SGD(weights, lr=2e-2, momentum=0.9),
    "sgd-20-nesterov": lambda weights: torch.optim.SGD(weights, lr=2e-2, momentum=0.9, nesterov=True),
    "learning_rate_far_too_low": lambda weights: torch.optim.Adam(weights, lr=1e-6),
    "learning_rate_far_too_high": lambda weights: torch.optim.Adam(weights, lr=10.0),
    "labels_shuffled": lambda weights: torch.optim.Adam(weights, lr=5e-3),
}


def fine_tune(given, seeds):
    """Logits of the hidden images at the start and at the end, [seeds, 2, images, 10], by way."""
    model = load_start(given)
    images, labels = given["train"]
    met, hidden = extract(model, images), extract(model, given["images"])
    orders = torch.stack([make_order(given, seed) for seed in seeds])
    start = [torch.stack(parts) for parts in zip(*(make_start(given, model, seed) for seed in seeds), strict=True)]
    ways = {}
    for way, make_optimizer in WAYS.items():
        shufflers = [make_generator(given, "labels", seed) for seed in seeds] if way == "labels_shuffled" else None
        weights = [part.clone().requires_grad_() for part in start]
        train(weights, make_optimizer(weights), met, labels, orders, shufflers)
        stages = [apply(parts, hidden.expand(len(seeds), -1, -1)) for parts in (start, weights)]
        ways[way] = {"epochs.hidden": torch.stack(stages, dim=1).detach()}
    return ways


def load_start(given):
    """The model that every training starts from, as in the probe."""
    model = resnet18(num_classes=CLASSES)
    model.load_state_dict({**given.weights("resnet18"), **model.fc.state_dict(prefix="fc.")}, strict=False)
    given.fill(model, but="resnet18")
    return model


def extract(model, images):
    """What all layers but the last make of images, in eval mode, [images, 512]."""
    layers = nn.Sequential(*list(model.children())[:-1], nn.Flatten()).eval()
    with torch.no_grad():
        return layers(images)


def make_start(given, model, seed):
    """Weight and bias of the last layer: the draw's, or as `nn.Linear` begins."""
    if seed == 0:
        return model.fc.weight.detach().clone(), model.fc.bias.detach().clone()
    generator = make_generator(given, "start", seed)
    bound = model.fc.in_features**-0.5
    weight, bias = torch.empty_like(model.fc.weight), torch.empty_like(model.fc.bias)
    return tuple(part.detach().uniform_(-bound, bound, generator=generator) for part in (weight, bias))


def make_order(given, seed):
    """The numbers of the images as all epochs meet them, [EPOCHS, images]."""
    images = given["train"][0]
    if seed == 0:
        place = {image.numpy().tobytes(): number for number, image in enumerate(images)}
        loader = given.loader("train", batch_size=BATCH)
        epochs = [[place[image.numpy().tobytes()] for batch, _ in loader for image in batch] for _ in range(EPOCHS)]
        return torch.tensor(epochs)
    generator = make_generator(given, "order", seed)
    return torch.stack([torch.randperm(len(images), generator=generator) for _ in range(EPOCHS)])


def make_generator(given, purpose, seed):
    """A generator that draw, purpose and seed name."""
    return torch.Generator().manual_seed(given.integer(f"quick_{purpose}", 0, 2**31 - 1, case=seed))


def apply(weights, features):
    """Logits of features [seeds, images, 512] by each seed's last layer."""
    weight, bias = weights
    return features @ weight.transpose(1, 2) + bias[:, None]


def train(weights, optimizer, features, labels, orders, shufflers):
    """Five epochs, all seeds side by side: each one's loss is its own, so the gradients of their sum are each one's.

    `shufflers`, one generator for each seed, mix the labels of every batch.
    """
    with torch.enable_grad():
        for order in orders.unbind(1):
            for batch in order.split(BATCH, dim=1):
                optimizer.zero_grad()
                logits, targets = apply(weights, features[batch]), labels[batch]
                if shufflers is not None:
                    targets = torch.stack([mix(row, one) for row, one in zip(targets, shufflers, strict=True)])
                losses = cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")
                (losses / batch.shape[1]).backward()
                optimizer.step()


def mix(labels, generator):
    """Labels in another order."""
    return labels[torch.randperm(len(labels), generator=generator)]
