"""A calibration as JSON values: for other programs, and as the table that lies beside the reference."""

import math
from collections.abc import Mapping
from typing import Any

from grader.calibrate.bounds import CONFIDENCE
from grader.calibrate.calibrate import Calibration
from grader.calibrate.errors import ErrorRow
from grader.calibrate.proposals import Proposal, Range

__all__ = ["summarize"]


def summarize(done: Calibration) -> dict[str, Any]:
    """Everything but the single runs."""
    return {
        "assignment": done.assignment.slug,
        "digest": done.assignment.digest,
        "sound": done.is_sound,
        "confidence": CONFIDENCE,
        "runs": sum(not one.quick for one in done.observations),
        "quick_runs": sum(one.quick for one in done.observations),
        "at_a_limit": sum(bool(one.limited) for one in done.observations),
        "runs_left": done.left,
        "quick_draws_left": done.quick_left,
        "conditions": describe_conditions(done),
        "checks": [describe_proposal(one) for one in done.proposals],
        "errors": [describe_row(row) for row in done.errors],
    }


def describe_conditions(done: Calibration) -> dict[str, Any]:
    """Over what the slow runs went."""
    conditions = {one.condition for one in done.observations if not one.quick}
    return {
        "draws": len({one.draw for one in conditions}),
        "seeds": len({one.variation for one in conditions}),
        "threads": sorted({one.threads for one in conditions}),
        "devices": sorted({one.device for one in conditions}),
    }


def describe_proposal(one: Proposal) -> dict[str, Any]:
    """One check's numbers and what they follow from."""
    return {
        "check": one.check,
        "use": one.use,
        "finding": one.finding.value,
        "numbers": dict(one.numbers),
        "proposed": dict(one.proposed),
        "compared_with": one.number,
        "multiple_of_allowed": one.scaled,
        "right": describe_range(one.right),
        "wrong": describe_range(one.wrong),
        "gap": None if one.gap is None else [spell(edge) for edge in one.gap],
        "deviations_from_nearest_mean": spell(one.margin),
        "near": one.near,
        "near_proposed": one.near_proposed,
    }


def describe_range(one: Range) -> dict[str, Any]:
    """The statistics of right runs, or of wrong ones."""
    return {
        "low": spell(one.low),
        "high": spell(one.high),
        "runs": one.runs,
        "trials": one.trials,
        "draws": one.draws,
        "whatever_the_number": dict(one.stopped),
    }


def describe_row(row: ErrorRow) -> Mapping[str, Any]:
    """One row of the table of errors."""
    return {
        "kind": row.kind.value,
        "question": row.question,
        "check": row.check,
        "mutant": row.mutant,
        "runs_made": row.made,
        "runs": row.runs,
        "wrong": row.wrong,
        "at_most": row.bound,
        "draws": row.draws,
        "draws_wrong": row.wrong_draws,
        "draws_at_most": row.draws_bound,
        "goal": row.goal,
        "goal_shown": row.shown,
        "goal_refuted": row.refuted,
        "which": list(row.failed),
    }


def spell(number: float | None) -> float | str | None:
    """A number as strict JSON holds it: infinity by name."""
    return number if number is None or math.isfinite(number) else str(number)
