"""The second run of `fine_tune`: weights that the student's run left, images, no code of the student, no labels.

Called for one stage after the other with what differs from the start, named as in the probe's `Watched`. What the
frozen layers make of the images is the same at every stage as a rule, so it is worked out once.
"""

import torch
from torchvision.models import resnet18

BATCH_SIZE, STEPS = 16, 19
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")

model, start, latest, known = None, {}, {}, {}  # kept from stage to stage


def fine_tune(given, tensors):
    """Logits of two kinds.

    "hidden": of the hidden images by the stage's weights, in eval mode, [images, 10].
    "steps": of the training images by the last layer as it was at each step of the epoch, [STEPS * images, 10]; with
    BatchNorm in the mode of that epoch, which shows in whether its statistics moved.
    """
    global latest
    load_start(given)
    state = {name.removeprefix("model."): tensor for name, tensor in tensors.items() if name.startswith("model.")}
    model.load_state_dict({**start, **state})
    changed = {name: tensor.numpy().tobytes() for name, tensor in state.items() if not name.startswith("fc.")}
    statistics = {name: content for name, content in changed.items() if name.endswith(STATISTICS)}
    training, latest = statistics != latest, statistics
    hidden = extract("hidden", given["images"], changed, training=False)
    train = extract("train", given["train.0"], changed, training=training)
    weights = tensors.get("head_weight", model.fc.weight.expand(STEPS, -1, -1))
    biases = tensors.get("head_bias", model.fc.bias.expand(STEPS, -1))
    steps = torch.einsum("if,scf->sic", train, weights) + biases[:, None]
    return {"hidden": model.fc(hidden), "steps": steps.flatten(0, 1)}


def load_start(given):
    """The model that every training starts from, as in the probe."""
    global model
    if model is None:
        model = resnet18(num_classes=10)
        model.load_state_dict({**given.weights("resnet18"), **model.fc.state_dict(prefix="fc.")}, strict=False)
        given.fill(model, but="resnet18")
        start.update({name: tensor.clone() for name, tensor in model.state_dict().items()})


def extract(name, images, changed, *, training):
    """What the frozen layers make of images, [images, 512]. In training BatchNorm goes by the batch it sees."""
    matters = {key: content for key, content in changed.items() if not (training and key.endswith(STATISTICS))}
    key = name, training, tuple(sorted(matters.items()))
    if key not in known:
        layers = torch.nn.Sequential(*list(model.children())[:-1], torch.nn.Flatten()).train(training)
        known[key] = torch.cat([layers(batch) for batch in images.split(BATCH_SIZE if training else len(images))])
    return known[key]
