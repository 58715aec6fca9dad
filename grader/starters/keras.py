"""What `grade new` writes for framework "tensorflow": the task of `pytorch`, in Keras."""

from grader.starters import pytorch

__all__ = ["FILES"]

PROBE = '''\
"""What is observed of SLUG. Runs in the sandbox, beside the student's code; students may read it.

`student` is the student's file, `given` are the hidden inputs, as numpy arrays; `record` takes what is observed. Each
function is named after its question and runs in a process of its own. What it records of the solution is what it is
compared with.
"""

import numpy as np

'''

SOLUTION = '''\
# %% [markdown]
# # Pool and classify
#
# Two parts of a classifier of sequences. Keep the names of the functions; `grade submit .` says how far you are.

# %%
import keras
from keras import layers, ops


# %%
def pool(tokens, mask):
    """The mean of each sequence's tokens, padding left out.

    tokens: float array [batch, length, features]; mask: bool array [batch, length], False where there is padding.
    Every sequence has at least one token. Returns a float array or tensor [batch, features].
    """
    # BEGIN SOLUTION
    kept = ops.cast(ops.expand_dims(mask, -1), "float32")
    return ops.sum(tokens * kept, axis=1) / ops.sum(kept, axis=1)
    # END SOLUTION


# %%
def build_classifier(features, hidden, classes):
    """A model from `features` numbers to logits of `classes`: a dense layer of `hidden` with ReLU, a dense layer."""
    # BEGIN SOLUTION
    inner = layers.Dense(hidden, activation="relu")
    return keras.Sequential([keras.Input((features,)), inner, layers.Dense(classes)])
    # END SOLUTION
'''

PADDING = """\
import keras
from keras import layers, ops


def pool(tokens, mask):
    kept = ops.cast(ops.expand_dims(mask, -1), "float32")
    return ops.mean(tokens * kept, axis=1)


def build_classifier(features, hidden, classes):
    inner = layers.Dense(hidden, activation="relu")
    return keras.Sequential([keras.Input((features,)), inner, layers.Dense(classes)])
"""

NO_RELU = """\
import keras
from keras import layers, ops


def pool(tokens, mask):
    kept = ops.cast(ops.expand_dims(mask, -1), "float32")
    return ops.sum(tokens * kept, axis=1) / ops.sum(kept, axis=1)


def build_classifier(features, hidden, classes):
    return keras.Sequential([keras.Input((features,)), layers.Dense(hidden), layers.Dense(classes)])
"""

FUNCTIONAL = """\
import keras
import numpy as np
from keras import layers


def pool(tokens, mask):
    return np.stack([np.asarray(sequence)[kept].mean(axis=0) for sequence, kept in zip(tokens, np.asarray(mask))])


def build_classifier(features, hidden, classes):
    entrance = keras.Input((features,))
    inner = layers.ReLU()(layers.Dense(hidden)(entrance))
    return keras.Model(entrance, layers.Dense(classes)(inner))
"""

FILES = {
    **pytorch.FILES,
    "assignments/SLUG/assignment.toml": pytorch.name_framework("tensorflow", "keras/mobilenet_v2/imagenet"),
    "assignments/SLUG/probe.py": PROBE + pytorch.observe("np"),
    "reference/SLUG/solution/SLUG.py": SOLUTION,
    "reference/SLUG/mutants/padding_counted/SLUG.py": PADDING,
    "reference/SLUG/mutants/no_activation/SLUG.py": NO_RELU,
    "reference/SLUG/variants/functional/SLUG.py": FUNCTIONAL,
}
del FILES["reference/SLUG/variants/own_class/SLUG.py"]
