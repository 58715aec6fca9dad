"""The rules of a class: due dates, what lateness costs, which attempt counts, who has more time, who works with whom.

    class.toml ─► read_rules ─► ClassRules ─► judge_lateness ─► apply_penalty ─► choose_attempt

Only `read_rules` reads a file; the rest are pure functions of values, so that a class can be judged anew from the
ledger at any time, with the same result.
"""

from grader.batch.rules.attempts import Attempt, choose_attempt
from grader.batch.rules.lateness import Lateness, judge_lateness
from grader.batch.rules.model import (
    Accommodation,
    ClassRules,
    Counting,
    Penalty,
    Per,
    Share,
    ShareOf,
)
from grader.batch.rules.penalty import Penalized, apply_penalty
from grader.batch.rules.read import read_rules
from grader.batch.rules.strangers import find_strangers
from grader.batch.rules.stretch import Stretch

__all__ = [
    "Accommodation",
    "Attempt",
    "ClassRules",
    "Counting",
    "Lateness",
    "Penalized",
    "Penalty",
    "Per",
    "Share",
    "ShareOf",
    "Stretch",
    "apply_penalty",
    "choose_attempt",
    "find_strangers",
    "judge_lateness",
    "read_rules",
]
