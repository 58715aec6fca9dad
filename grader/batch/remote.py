"""The worker of a batch on another machine: assignment, reference and weights come by digest, runs are made
in a sandbox of that machine, and bytes go back.

A node is one of ours: the reference's `data.py` and `predict.py` are there, as they are on the batch's own machine. The
secret that names draws isn't: an order brings the draw that it needs.
"""

from dataclasses import dataclass, field
from pathlib import Path

from grader.batch.collecting import Collector, Order, RunAnswer
from grader.batch.draw_book import DrawBook
from grader.batch.engines import Content, Place
from grader.batch.engines.bundles import name_folder
from grader.batch.engines.checkpoints import SentCheckpoint, bring_checkpoints, list_checkpoints
from grader.collect import Workshop
from grader.errors import ProvisionError
from grader.sandbox.choice import choose_sandbox
from grader.sandbox.gpu.leased import LeasedSandbox
from grader.sandbox.gpu.pool import GpuPool
from grader.sandbox.interpreters import find_interpreter
from grader.spec import load_assignment
from grader.spec.model import Assignment
from grader.weights import Vault

__all__ = ["OpenThere", "plan_opening"]


@dataclass(frozen=True, kw_only=True)
class OpenThere:
    """Opens a collector on a node. Plain values: it travels."""

    slug: str
    folder: Content
    reference: Content
    checkpoints: tuple[SentCheckpoint, ...]
    sandbox: str
    warm: bool
    allow_unproved: bool
    item_type: type[Order] = field(default=Order, repr=False)
    result_type: type[RunAnswer] = field(default=RunAnswer, repr=False)

    @property
    def contents(self) -> tuple[Content, ...]:
        """The assignment, its reference and its weights."""
        return (self.folder, self.reference, *(checkpoint.content for checkpoint in self.checkpoints))

    def open(self, place: Place) -> Collector:
        """A collector in a workshop of the node's own.

        Raises:
            SandboxError: no such sandbox works on that node, or it isn't what it claims to be.
            ProvisionError: weights can't be had or kept there.
        """
        if place.home is None:
            raise ProvisionError(f"node {place.node!r} has no folder to keep anything in")
        assignment = load_assignment(place.find(self.folder), reference=place.find(self.reference), slug=self.slug)
        chosen = choose_sandbox(
            self.sandbox,
            allow_process=False,
            warm=self.warm,
            allow_unproved=self.allow_unproved,
            home=place.home,
        )
        workshop = Workshop(
            sandbox=LeasedSandbox(chosen, GpuPool(only=place.gpus)),
            find_interpreter=find_interpreter,
            vault=bring_checkpoints(self.checkpoints, place, place.home),
            home=place.home,
            secret=b"",
        )
        return Collector(assignment, workshop=workshop, book=DrawBook(assignment, secret=b""))


def plan_opening(assignment: Assignment, *, vault: Vault, sandbox: str, warm: bool, allow_unproved: bool) -> OpenThere:
    """How a worker for an assignment is opened on other machines.

    Raises:
        ProvisionError: its reference or its weights aren't here.
        UsageError: a folder of it can't be sent.
    """
    if assignment.reference is None:
        raise ProvisionError(f"{assignment.slug!r} can't be graded here: its reference isn't on this machine")
    return OpenThere(
        slug=assignment.slug,
        folder=name_folder(Path(assignment.folder)),
        reference=name_folder(assignment.reference),
        checkpoints=list_checkpoints(vault, assignment.weights),
        sandbox=sandbox,
        warm=warm,
        allow_unproved=allow_unproved,
    )
