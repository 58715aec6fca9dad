"""Attacks on the grader, run as a product: what is promised about hostile code is shown on the machine that grades.

An attack is a folder of the corpus (`tests/attacks/`): a submission, and what must come of it. Each goes through the
whole pipeline, in a sandbox of the user's choice, and is judged by the report, by everything that came out of the run,
by traps laid out on this machine, and by the clean submission that is graded right after it.
"""

from grader.attacks.corpus import CLASSES, Attack, Corpus, find_corpus, pick_attacks, read_corpus
from grader.attacks.expectation import Expectation, Outcome
from grader.attacks.ground import Ground, open_ground
from grader.attacks.run import AttackResult, Verdict, run_attack, run_attacks

__all__ = [
    "CLASSES",
    "Attack",
    "AttackResult",
    "Corpus",
    "Expectation",
    "Ground",
    "Outcome",
    "Verdict",
    "find_corpus",
    "open_ground",
    "pick_attacks",
    "read_corpus",
    "run_attack",
    "run_attacks",
]
