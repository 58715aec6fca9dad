"""How well rules judge: by labelled samples, concept by concept, with intervals for how little so few samples say.

An answer that goes to a person is neither right nor wrong, and counts for neither precision nor recall; how many there
are is told beside them.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from grader.checks.concepts.judging import Judgement, judge_answer
from grader.spec.samples import Sample
from grader.spec.text_rules import TextRules

__all__ = ["Counts", "Interval", "Measured", "interval_of", "measure_samples"]

Z_95 = 1.959964
"""The normal distribution's 97.5th percentile."""


@dataclass(frozen=True)
class Interval:
    """A share with its 95 % interval; all None where there is nothing to count."""

    share: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Of one concept, over the answers that were decided: `found` as labelled, `missed` though labelled, `wrong` found
    and not labelled. `review`: labelled with it, and left to a person.
    """

    question: str
    concept: str
    found: int
    missed: int
    wrong: int
    review: int

    @property
    def precision(self) -> Interval:
        """Of what was found, the part that is there."""
        return interval_of(self.found, self.found + self.wrong)

    @property
    def recall(self) -> Interval:
        """Of what is there, the part that was found."""
        return interval_of(self.found, self.found + self.missed)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One question's samples: counts by concept, how many answers there are, how many of them hold a concept by their
    labels, and how many of both went to a person, by reason.

    `misjudged` are the samples with what was found in each, for an author who looks for better phrasings.
    """

    question: str
    counts: tuple[Counts, ...]
    answers: int
    reviewed: int
    holding: int
    holding_reviewed: int
    reasons: Mapping[str, int]
    misjudged: tuple[tuple[Sample, Judgement], ...]


def interval_of(right: int, of: int) -> Interval:
    """A share with Wilson's interval (E. B. Wilson, 1927): it holds its level for shares near one and few samples."""
    if of == 0:
        return Interval(None)
    share = right / of
    spread = Z_95 * math.sqrt(share * (1 - share) / of + Z_95**2 / (4 * of**2))
    middle, scale = share + Z_95**2 / (2 * of), 1 + Z_95**2 / of
    return Interval(share, max((middle - spread) / scale, 0.0), min((middle + spread) / scale, 1.0))


def measure_samples(rules: TextRules, samples: Iterable[Sample]) -> Measured:
    """Judge one question's samples and compare with their labels."""
    own = [sample for sample in samples if sample.question == rules.question]
    judged = [(sample, judge_answer(sample.text, rules)) for sample in own]
    decided = [(sample, judgement) for sample, judgement in judged if not judgement.doubts]
    reviewed = [(sample, judgement) for sample, judgement in judged if judgement.doubts]
    reasons: dict[str, int] = {}
    for _, judgement in reviewed:
        code = judgement.doubts[0].code.value
        reasons[code] = reasons.get(code, 0) + 1
    return Measured(
        question=rules.question,
        counts=tuple(count_concept(rules.question, concept.id, decided, reviewed) for concept in rules.concepts),
        answers=len(own),
        reviewed=len(reviewed),
        holding=sum(bool(sample.concepts) for sample in own),
        holding_reviewed=sum(bool(sample.concepts) for sample, _ in reviewed),
        reasons=dict(sorted(reasons.items())),
        misjudged=tuple((sample, judgement) for sample, judgement in decided if is_misjudged(sample, judgement)),
    )


def count_concept(
    question: str,
    concept: str,
    decided: list[tuple[Sample, Judgement]],
    reviewed: list[tuple[Sample, Judgement]],
) -> Counts:
    """One concept's counts."""
    pairs = [(concept in sample.concepts, concept in list_found(judgement)) for sample, judgement in decided]
    return Counts(
        question=question,
        concept=concept,
        found=pairs.count((True, True)),
        missed=pairs.count((True, False)),
        wrong=pairs.count((False, True)),
        review=sum(concept in sample.concepts for sample, _ in reviewed),
    )


def list_found(judgement: Judgement) -> set[str]:
    """The concepts that were found."""
    return {one.id for one in judgement.found}


def is_misjudged(sample: Sample, judgement: Judgement) -> bool:
    """Whether what was found isn't what the label says."""
    return set(sample.concepts) != list_found(judgement)
