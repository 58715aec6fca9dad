"""Outputs of the predict run against labels that stayed outside: accuracy and loss of each stage, computed here.

The predict run had the weights that the student's training left, and no code of the student's. So what is computed
from its outputs is a fact about those weights.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.checks.records import Stop, few, find_kept, find_record, find_reference_record
from grader.checks.result import CheckResult, Kept, Verdict, fail, mismatch
from grader.checks.stages import Stage, check_same_model, read_stages
from grader.evidence.model import Array, QuestionEvidence

__all__ = ["Measured", "Measurer", "find_end"]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one stage's weights do: `accuracy` a fraction, `loss` the mean cross-entropy in nats."""

    stage: Stage
    accuracy: float
    loss: float

    def describe(self) -> dict[str, object]:
        """The same as facts."""
        return {
            "label": self.stage.label,
            "epoch": self.stage.epoch,
            "accuracy": self.accuracy,
            "loss": self.loss,
        }


class Measurer:
    """Measures the stages that a student recorded as `of`, on one output of the predict run."""

    def __init__(
        self,
        student: QuestionEvidence,
        reference: QuestionEvidence,
        kept: Kept,
        *,
        of: str,
        labels: str,
        output: str = "",
    ) -> None:
        expected = find_reference_record(reference, of, "stages")
        record = find_record(student, of, "stages")
        check_same_model(record, expected)
        self.of = of
        self.stages = read_stages(record)
        self.expected_stages = read_stages(expected)
        self.labels = np.asarray(find_kept(kept, labels)).astype(np.int64)
        self.output = output
        self.student = student
        self.reference = reference

    def measure(self, stage: Stage) -> Measured:
        """Accuracy and loss of one stage.

        Raises:
            Stop: there are no outputs of it, or they aren't logits for those labels.
        """
        logits = self.read_logits(stage)
        right = logits.argmax(axis=1) == self.labels
        return Measured(stage=stage, accuracy=float(right.mean()), loss=measure_loss(logits, self.labels))

    def read_logits(self, stage: Stage) -> Array:
        """The outputs of one stage, [images, classes], float64, finite."""
        at: dict[str, Any] = {"record": self.of, "stage": stage.label, "epoch": stage.epoch}
        if stage.omitted:
            raise Stop(fail("weights_omitted", **at, names=few(stage.omitted), count=len(stage.omitted)))
        suffix = f".{self.output}" if self.output else ""
        shape = self.expect_shape(suffix)
        name = f"{self.of}.{stage.index}{suffix}"
        if self.of in self.student.unpredicted:
            limit = self.student.unpredicted[self.of].value
            raise Stop(CheckResult(verdict=Verdict.ERROR, code="prediction_limit", facts={**at, "limit": limit}))
        if name not in self.student.predictions:
            raise Stop(fail("not_predicted", **at))
        outputs = self.student.predictions[name]
        if outputs.shape != shape or outputs.dtype.kind != "f":
            raise Stop(mismatch("output_shape", record=self.of, expected=list(shape), actual=list(outputs.shape)))
        finite = np.isfinite(outputs)
        if not finite.all():
            raise Stop(fail("not_finite", name=name, count=int(outputs.size - finite.sum()), of=outputs.size))
        return outputs.astype(np.float64)

    def expect_shape(self, suffix: str) -> tuple[int, ...]:
        """The shape of the reference's outputs at the start, which must be logits for the labels."""
        theirs = self.reference.predictions.get(f"{self.of}.0{suffix}")
        if theirs is None:
            raise Stop(CheckResult(verdict=Verdict.ERROR, code="no_reference", facts={"record": f"{self.of}{suffix}"}))
        labels = self.labels
        fits = theirs.ndim == 2 and labels.shape == theirs.shape[:1] and labels.size > 0
        if not fits or labels.min() < 0 or labels.max() >= theirs.shape[1]:
            reason = f"outputs {list(theirs.shape)} aren't logits for {labels.size} labels"
            facts = {"record": self.of, "reason": reason}
            raise Stop(CheckResult(verdict=Verdict.ERROR, code="bad_reference", facts=facts))
        return theirs.shape

    def measure_epochs(self) -> Iterator[Measured]:
        """The stages after each epoch, in order."""
        return (self.measure(stage) for stage in self.stages if stage.label == "epoch")


def find_end(measurer: Measurer) -> Stage:
    """The stage at the end.

    Raises:
        Stop: the training didn't get there.
    """
    for stage in measurer.stages:
        if stage.label == "end":
            return stage
    raise Stop(fail("not_recorded", record=measurer.of, names=["end"]))


def measure_loss(logits: Array, labels: Array) -> float:
    """The mean cross-entropy of logits [images, classes], in nats, computed so that no exponential overflows."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    losses = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(labels)), labels]
    return float(losses.mean())
