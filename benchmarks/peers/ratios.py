"""From what each side used in each round to times a submission and ratios. Pure."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.measuring import Usage

__all__ = ["Round", "summarise"]

Round = Mapping[str, Usage]
"""What each side used in one round: "ours_ten", "ours_class", "nbgrader_few", …"""

RATIOS: Mapping[str, tuple[str, str, str]] = {
    # name: (theirs, ours, what of it); both sides in the same way, the warm way first
    "nbgrader_ratio": ("nbgrader_further", "ours_further", "wall_seconds"),
    "otter_ratio": ("otter_ten", "ours_further", "wall_seconds"),
    "nbgrader_two_at_a_time_ratio": ("nbgrader_two_at_a_time", "ours_further", "wall_seconds"),
    "otter_two_at_a_time_ratio": ("otter_two_at_a_time", "ours_further", "wall_seconds"),
    "nbgrader_ratio_per_core": ("nbgrader_further", "ours_further", "cpu_seconds"),
    "otter_ratio_per_core": ("otter_ten", "ours_further", "cpu_seconds"),
    "nbgrader_ratio_of_ten": ("nbgrader_ten", "ours_ten", "wall_seconds"),
    "otter_ratio_of_ten": ("otter_ten", "ours_ten", "wall_seconds"),
    "nbgrader_ratio_of_ten_per_core": ("nbgrader_ten", "ours_ten", "cpu_seconds"),
    "otter_ratio_of_ten_per_core": ("otter_ten", "ours_ten", "cpu_seconds"),
}


def summarise(rounds: Sequence[Round], *, sizes: Mapping[str, int]) -> dict[str, Any]:
    """Ratios, medians over the rounds with their range, and the times a submission that they are made of."""
    each = [divide(measured, sizes) for measured in rounds]
    ratios = {
        name: [times[theirs][what] / times[ours][what] for times in each]
        for name, (theirs, ours, what) in RATIOS.items()
    }
    return {
        **{name: round(statistics.median(found), 2) for name, found in ratios.items()},
        "ranges": {name: [round(min(found), 2), round(max(found), 2)] for name, found in ratios.items()},
        "seconds_a_submission": {
            side: {what: round(statistics.median(times[side][what] for times in each), 4) for what in each[0][side]}
            for side in each[0]
        },
        "cpu_from": sorted({usage.cpu_from for measured in rounds for usage in measured.values()}),
        "class_sizes": dict(sizes),
        "commands": [
            {
                side: {"wall_seconds": round(usage.wall_seconds, 3), "cpu_seconds": round(usage.cpu_seconds, 3)}
                for side, usage in measured.items()
            }
            for measured in rounds
        ],
    }


def divide(measured: Round, sizes: Mapping[str, int]) -> dict[str, dict[str, float]]:
    """Seconds a submission in one round, by what is counted: of ten, or a further one."""
    ten = sizes["ten"]

    def further(more: str, less: str, count: int) -> Callable[[str], float]:
        return lambda what: (getattr(measured[more], what) - getattr(measured[less], what)) / count

    def of_ten(side: str) -> Callable[[str], float]:
        return lambda what: getattr(measured[side], what) / ten

    counted = {
        "ours_ten": of_ten("ours_ten"),
        "ours_further": further("ours_class", "ours_ten", sizes["class"] - ten),
        "nbgrader_ten": of_ten("nbgrader_ten"),
        "nbgrader_further": further("nbgrader_ten", "nbgrader_few", ten - sizes["few"]),
        "nbgrader_two_at_a_time": of_ten("nbgrader_ten_two_at_a_time"),
        "otter_ten": of_ten("otter_ten"),
        "otter_two_at_a_time": of_ten("otter_ten_two_at_a_time"),
    }
    return {side: {what: take(what) for what in ("wall_seconds", "cpu_seconds")} for side, take in counted.items()}
