"""What `grade new` writes for framework "torch": two parts of a classifier of sequences."""

__all__ = ["FILES", "name_framework", "observe"]

ASSIGNMENT = """\
# What is asked, and what it is worth. Read strictly: a typing error is told with what would be right.
# Every key is in docs/assignment-format.md, every check in docs/checks.md.

title = "Pool and classify"   # what students read
framework = FRAMEWORK# what the code needs: "none", "torch" or "tensorflow"
files = ["SLUG.py"]           # what is graded; for SLUG.py a notebook SLUG.ipynb is taken too
draws = 4                     # sets of hidden inputs: each attempt meets one of them, nobody knows which
# weights = [CHECKPOINT]   # checkpoints that the code may load: grade weights fetch

[limits]
wall_seconds = 30             # of a question; what runs longer is stopped

# [variants]                  # take the # away, and each student gets a value of the own: given.variant.classes
# classes = [3, 5, 7]

[[questions]]
id = "pool"                   # its name, and that of its function in probe.py
title = "Average what isn't padding"
points = 2
# `close` compares arrays with those of the solution, within a tolerance. It is a fact: nobody passes it without
# computing the values, for the inputs are drawn after the code was handed in. Who fails reads the hint.
checks = [{ use = "close", of = "pooled", hint = "How many tokens does each sequence have that aren't padding?" }]

[[questions]]
id = "classifier"
title = "Two layers"
points = 3
# The checks' points add up to the question's. `parameters` is a claim, so it gives points only together with a fact.
checks = [
  { use = "close", of = "logits", points = 2, hint = "Linear, ReLU, linear; what comes out are logits." },
  { use = "parameters", of = "model", points = 1, needs = ["close"], hint = "All of it is trained." },
]
"""

PROBE = '''\
"""What is observed of SLUG. Runs in the sandbox, beside the student's code; students may read it.

`student` is the student's file, `given` are the hidden inputs, `record` takes what is observed. Each function is named
after its question and runs in a process of its own. What it records of the solution is what it is compared with.
"""

import torch

'''

OBSERVED = '''\
# How the functions are called, for the message to a student whose file lacks one.
SIGNATURES = {
    "pool": "pool(tokens, mask)",
    "build_classifier": "build_classifier(features, hidden, classes)",
}


def pool(student, given, record):
    """Sequences of several lengths, as data.py draws them."""
    tokens, lengths = given["tokens"], given["lengths"]
    mask = LIBRARY.arange(tokens.shape[1]) < lengths[:, None]
    record.array("pooled", student.pool(tokens, mask))


def classifier(student, given, record):
    """A model of a size that nobody knows beforehand.

    `fill` gives the weights of every right model the same values, however it is written, so the outputs are equal too.
    """
    model = student.build_classifier(5, given.integer("hidden", 10, 16), given.integer("classes", 3, 8))
    record.model("model", model)
    given.fill(model)
    record.outputs("logits", model, given.images("pooled", 6, 5))
'''

DATA = '''\
"""The data of SLUG. Runs outside every sandbox, with numpy only; `draw.rng` is a stream of its own for each draw.

Returns (given, kept): what enters the sandbox, where a student's code can read it, and what stays outside, for checks
that compare predictions with labels. Nothing is kept here.
"""

import numpy as np


def data(draw):
    """Eight sequences of at most nine tokens with five features, padding filled with numbers too."""
    tokens = draw.rng.normal(0, 1, (8, 9, 5)).astype(np.float32)
    return {"tokens": tokens, "lengths": draw.rng.integers(1, 9, 8)}, {}
'''

SOLUTION = '''\
# %% [markdown]
# # Pool and classify
#
# Two parts of a classifier of sequences. Keep the names of the functions; `grade submit .` says how far you are.

# %%
import torch
from torch import nn


# %%
def pool(tokens, mask):
    """The mean of each sequence's tokens, padding left out.

    tokens: float tensor [batch, length, features]; mask: bool tensor [batch, length], False where there is padding.
    Every sequence has at least one token. Returns a float tensor [batch, features].
    """
    # BEGIN SOLUTION
    kept = mask.unsqueeze(-1).to(tokens.dtype)
    return (tokens * kept).sum(dim=1) / kept.sum(dim=1)
    # END SOLUTION


# %%
def build_classifier(features, hidden, classes):
    """A model from `features` numbers to logits of `classes`: a linear layer to `hidden`, ReLU, a linear layer."""
    # BEGIN SOLUTION
    return nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, classes))
    # END SOLUTION
'''

PADDING = """\
import torch
from torch import nn


def pool(tokens, mask):
    return (tokens * mask.unsqueeze(-1)).mean(dim=1)


def build_classifier(features, hidden, classes):
    return nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, classes))
"""

NO_RELU = """\
import torch
from torch import nn


def pool(tokens, mask):
    kept = mask.unsqueeze(-1).to(tokens.dtype)
    return (tokens * kept).sum(dim=1) / kept.sum(dim=1)


def build_classifier(features, hidden, classes):
    return nn.Sequential(nn.Linear(features, hidden), nn.Linear(hidden, classes))
"""

OWN_CLASS = """\
import torch
from torch import nn


class Classifier(nn.Module):
    def __init__(self, features, hidden, classes):
        super().__init__()
        self.out = nn.Linear(hidden, classes)
        self.inner = nn.Linear(features, hidden)

    def forward(self, pooled):
        return self.out(torch.relu(self.inner(pooled)))


def pool(tokens, mask):
    return torch.stack([sequence[kept].mean(dim=0) for sequence, kept in zip(tokens, mask)])


def build_classifier(features, hidden, classes):
    return Classifier(features, hidden, classes)
"""


def name_framework(framework: str, checkpoint: str) -> str:
    """The specification for a framework, with one of its checkpoints as an example; comments stay in their column."""
    named = ASSIGNMENT.replace("FRAMEWORK", f'"{framework}"'.ljust(18))
    return named.replace("CHECKPOINT", f'"{checkpoint}"')


def observe(library: str) -> str:
    """A probe below its imports; `library` is the one whose arrays `given` has, as it is imported."""
    return OBSERVED.replace("LIBRARY", library)


FILES = {
    "assignments/SLUG/assignment.toml": name_framework("torch", "torchvision/resnet18/IMAGENET1K_V1"),
    "assignments/SLUG/probe.py": PROBE + observe("torch"),
    "reference/SLUG/data.py": DATA,
    "reference/SLUG/solution/SLUG.py": SOLUTION,
    "reference/SLUG/mutants/padding_counted/SLUG.py": PADDING,
    "reference/SLUG/mutants/padding_counted/mutant.toml": """\
mistake = "The sum is right, and divided by the length with padding."    # for you; never shown, never released
fails = ["pool.close"]                                                   # what must fail it: exactly this
hint = "Padding adds nothing to the sum. Does it add to what you divide by?"   # for who makes this mistake
""",
    "reference/SLUG/mutants/no_activation/SLUG.py": NO_RELU,
    "reference/SLUG/mutants/no_activation/mutant.toml": """\
mistake = "Nothing stands between the two linear layers, so they are one."
fails = ["classifier.close"]
hint = "What do two linear layers make that one can't?"
""",
    "reference/SLUG/variants/own_class/SLUG.py": OWN_CLASS,
}
"""The files by path. SLUG stands for the assignment's name; the handout is made from the solution."""
