"""Counts against labels, and what they may be worth."""

import pytest

from grader.checks.concepts import interval_of, measure_samples, write_table
from grader.spec.samples import Sample
from grader.spec.text_rules import TextRules


def sample(text: str, *concepts: str) -> Sample:
    """A labelled answer."""
    return Sample(question="why", text=text, concepts=concepts)


SAMPLES = (
    sample("It needs fewer images than the others do.", "data"),
    sample("It needs fewer examples, which I only made up.", "sooner"),
    sample("It gets by with next to no data, and needs fewer epochs.", "data", "sooner"),
    sample("It does not need fewer images.", "data"),
    sample("It is good for you and for me."),
    Sample(question="other", text="It needs fewer images.", concepts=()),
)


def test_counts(rules: TextRules) -> None:
    """Found, missed, wrong and left to a person, for each concept; another question's samples don't count."""
    measured = measure_samples(rules, SAMPLES)
    counts = {one.concept: (one.found, one.missed, one.wrong, one.review) for one in measured.counts}

    assert counts == {"features": (0, 0, 0, 0), "data": (1, 1, 1, 1), "sooner": (1, 1, 0, 0)}
    assert (measured.answers, measured.reviewed, measured.holding, measured.holding_reviewed) == (5, 2, 4, 1)
    assert measured.reasons == {"contradiction": 1, "nothing_found": 1}
    assert [one.text for one, _ in measured.misjudged] == [SAMPLES[1].text, SAMPLES[2].text]


@pytest.mark.parametrize(
    ("right", "of", "low", "high"), [(0, 10, 0.0, 0.278), (5, 10, 0.237, 0.763), (10, 10, 0.722, 1.0)]
)
def test_intervals(right: int, of: int, low: float, high: float) -> None:
    """Wilson's, as tables have them."""
    interval = interval_of(right, of)

    assert interval.share == right / of
    assert interval.low == pytest.approx(low, abs=5e-4)
    assert interval.high == pytest.approx(high, abs=5e-4)


def test_nothing_to_count() -> None:
    """No share of nothing."""
    assert interval_of(0, 0).share is None


def test_the_table(rules: TextRules) -> None:
    """A row for each concept, and what a person reads."""
    lines = write_table([measure_samples(rules, SAMPLES)]).splitlines()

    assert lines[3] == "| `why` | `data` | 1 | 1 | 1 | .50 (.09 to .91) | .50 (.09 to .91) | 1 |"
    assert lines[-1] == (
        "- `why`: 5 answers, 2 left to a person: 1 of the 4 that hold a concept, 1 of the 1 that hold none "
        "(contradiction 1, nothing found 1)."
    )
