"""Pre-trained weights: which there are, where they are kept, how they get there.

No checkpoint is opened on this side of the boundary. Files are moved, counted and digested as bytes; what is in them is
read inside a sandbox, once, when they are provisioned.
"""

from grader.weights.catalogue import CATALOGUE, Checkpoint, find_checkpoint
from grader.weights.manifest import Entry, WeightsKind
from grader.weights.vault import State, Status, Vault

__all__ = ["CATALOGUE", "Checkpoint", "Entry", "State", "Status", "Vault", "WeightsKind", "find_checkpoint"]
