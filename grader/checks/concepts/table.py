"""The measurement as a table of Markdown, as docs/explanations.md shows it."""

from collections.abc import Iterable, Iterator

from grader.checks.concepts.measure import Counts, Interval, Measured

__all__ = ["write_table"]

HEADING = (
    ("question", "concept", "found", "missed", "wrong", "precision (95 %)", "recall (95 %)", "left to a person"),
    ("---", "---", "--:", "--:", "--:", "---", "---", "--:"),
)


def write_table(measured: Iterable[Measured]) -> str:
    """The counts of each concept, one a row, and below them how many answers a person reads."""
    measured = tuple(measured)
    rows = [*HEADING, *(describe_counts(counts) for one in measured for counts in one.counts)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{table}\n\n" + "\n".join(line for one in measured for line in describe_review(one)) + "\n"


def describe_counts(counts: Counts) -> tuple[str, ...]:
    """One concept's row."""
    numbers = (str(number) for number in (counts.found, counts.missed, counts.wrong))
    shares = (describe_share(counts.precision), describe_share(counts.recall))
    return (f"`{counts.question}`", f"`{counts.concept}`", *numbers, *shares, str(counts.review))


def describe_share(interval: Interval) -> str:
    """A share with its interval: .91 (.80 to .97)."""
    if interval.share is None or interval.low is None or interval.high is None:
        return "–"
    return f"{show(interval.share)} ({show(interval.low)} to {show(interval.high)})"


def show(share: float) -> str:
    """Two places, without the zero before them."""
    return f"{share:.2f}".removeprefix("0")


def describe_review(measured: Measured) -> Iterator[str]:
    """How many answers of a question go to a person, and why."""
    without = measured.answers - measured.holding
    reasons = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in measured.reasons.items())
    yield (
        f"- `{measured.question}`: {measured.answers} answers, {measured.reviewed} left to a person: "
        f"{measured.holding_reviewed} of the {measured.holding} that hold a concept, "
        f"{measured.reviewed - measured.holding_reviewed} of the {without} that hold none ({reasons or 'none'})."
    )
