"""Explanations by concepts: which of an author's thoughts a student's text holds, and where. Deterministic and offline.

Theory of operation. An answer is cleaned and cut into words (`words`), sentences and clauses (`sentences`). A word that
is nearly one of the rules' words is taken for it (`spelling`). Each phrasing is looked for as a window of stems with
gaps (`matching`), and what turns a sentence round, a negation or a subject that is the other thing, is counted
(`negation`). `judging` says what was found, what is missing and what is in doubt: doubt is a person's to decide, never
a zero. `measure` compares that with labelled samples, and
`table` writes it down.
"""

from grader.checks.concepts.judging import ConceptFinding, Doubt, DoubtCode, Finding, Judgement, judge_answer
from grader.checks.concepts.measure import Counts, Measured, interval_of, measure_samples
from grader.checks.concepts.table import write_table

__all__ = [
    "ConceptFinding",
    "Counts",
    "Doubt",
    "DoubtCode",
    "Finding",
    "Judgement",
    "Measured",
    "interval_of",
    "judge_answer",
    "measure_samples",
    "write_table",
]
