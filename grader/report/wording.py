"""The one table of words for students: a code becomes a short message and, where it has one, help.

The facts (numbers, names, shapes) come from elsewhere and are put into the words here, written as people write them:
"11,181,642". What a student wrote may stand in a fact: then it is in quotes (`quotes`), and made harmless where it is
shown, not here. `CHECK_WORDS` is looked up by (check, code), then by code alone. A test holds the tables equal to the
codes that there are.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from grader.checks.result import CheckResult, Verdict
from grader.evidence.model import Problem
from grader.report.clean import shorten
from grader.report.quotes import is_suggestion, quote, quote_facts, quote_files, quote_unless_call, quote_unless_name
from grader.report.wording_problems import NOTE_WORDS, PROBLEM_WORDS, REFUSAL_HELP
from grader.report.wording_tables import CHECK_WORDS

__all__ = [
    "Words",
    "show_duration",
    "show_number",
    "show_value",
    "word_check",
    "word_note",
    "word_problem",
    "word_refusal",
    "word_solution",
]

SIGNALS: dict[Any, str] = {  # by number, as Linux and macOS have them; the names that students meet
    4: "an illegal instruction (signal 4)",
    6: "an abort (signal 6)",
    8: "an arithmetic fault (signal 8)",
    9: "a kill (signal 9)",
    10: "a bus error (signal 10)",
    7: "a bus error (signal 7)",
    11: "a segmentation fault (signal 11)",
}
MOST_SHOWN = 160  # characters of one fact
MOST_NAMES = 3
FILES = ("file", "found", "names")  # facts of notes that hold names of files, which a student chose


@dataclass(frozen=True)
class Words:
    """A short message, without a full stop where it is no sentence, and help, one or two sentences."""

    message: str
    help: str | None = None


class Shown(str):
    """A fact written out. In a table's text `{count:tensor|tensors}` stands for "1 tensor", "2 tensors"."""

    __slots__ = ()

    def __format__(self, words: str) -> str:
        one, either, many = words.partition("|")
        return f"{self!s} {one if self == '1' else many}" if either else str(self)


class Facts(dict[str, Shown]):
    """Facts already written out; one that is missing shows as a question mark rather than spoil a report."""

    def __missing__(self, name: str) -> Shown:
        return Shown("?")


def word_check(use: str, result: CheckResult) -> Words:
    """What a check says, for a person. `use` is the check's name in the vocabulary."""
    if result.code == "author":  # an author's own check brings its own words
        return Words(str(result.facts.get("message", "")))
    facts = quote_facts(result.code, {"expected": result.expected, "actual": result.actual, **result.facts})
    if result.code == "cases_differ":
        return word_cases(facts)
    message, guidance = (
        CHECK_WORDS.get((use, result.code)) or CHECK_WORDS.get(("", result.code)) or unknown(result.code)
    )
    if result.verdict is Verdict.PASSED and result.code != "ok":
        guidance = None
    return fill(message, guidance, facts)


def word_cases(facts: Mapping[str, Any]) -> Words:
    """Answers of several cases: how many are right, and the reason of the first wrong one."""
    reason = CHECK_WORDS.get(("reason", str(facts.get("reason"))))
    message = "{right} of {of:case|cases} right; {needed} needed"
    if facts.get("needed") == facts.get("of"):
        message = "{right} of {of:case|cases} right"
    words = fill(message, None, facts)
    if reason is None:
        return words
    first = fill(*reason, facts)
    case = "" if facts.get("case") is None else f" (case {show_value(facts['case'])})"
    return Words(f"{words.message}; {first.message}{case}", first.help)


def word_problem(problem: Problem, *, file: str) -> Words:
    """What kept a question from finishing. `file` is the graded program, for messages that name it."""
    facts: dict[str, Any] = {"file": file, **problem.facts}
    facts["function"] = None if problem.function is None else quote_unless_name(problem.function)
    facts["signature"] = None if problem.signature is None else quote_unless_call(problem.signature)
    facts["asked"] = facts["signature"] or facts["function"] or "?"
    facts["signal"] = SIGNALS.get(facts.get("signal"), f"signal {facts.get('signal')}")
    if isinstance(facts.get("seconds"), float):
        facts["seconds"] = show_duration(facts["seconds"])
    key = (
        f"{problem.code}_load" if problem.where == "load" and f"{problem.code}_load" in PROBLEM_WORDS else problem.code
    )
    message, guidance = PROBLEM_WORDS.get(key) or unknown(problem.code)
    words = fill(message, guidance, facts)
    if words.help is None and problem.help and is_suggestion(problem.help):  # told from inside: it may be forged
        return Words(words.message, problem.help)
    return words


def word_note(code: str, facts: Mapping[str, Any]) -> str:
    """A note: one sentence."""
    message, _ = NOTE_WORDS.get(code) or unknown(code)
    quoted = {key: quote_files(fact) if key in FILES and isinstance(fact, str) else fact for key, fact in facts.items()}
    if "answer" in quoted:
        quoted["answer"] = quote(str(quoted["answer"]))
    return fill(message, None, quoted).message


def word_refusal(code: str) -> str | None:
    """What to do about a submission that was refused; the refusal itself brings its message."""
    return REFUSAL_HELP.get(code)


def word_solution(solution: Any, explanation: str | None) -> str:
    """A quiz's right answer, and why it is right."""
    shown = show_value(solution)
    said = f"Right: {shown}" + ("" if shown.endswith((".", "!", "?")) else ".")
    return said if explanation is None else f"{said} {' '.join(explanation.split())}"


def unknown(code: str) -> tuple[str, None]:
    """Words for a code that has none: the code itself, readable."""
    return code.replace("_", " ").replace("{", "(").replace("}", ")"), None


Text = str | Callable[[Mapping[str, Any]], str | None] | None


def fill(message: Text, guidance: Text, facts: Mapping[str, Any]) -> Words:
    """Put facts into words. A text that depends on the facts is a function of them."""
    shown = Facts({name: Shown(show_value(value)) for name, value in facts.items()})
    written = [text(facts) if callable(text) else text for text in (message, guidance)]
    return Words((written[0] or "").format_map(shown), written[1].format_map(shown) if written[1] else None)


def show_duration(seconds: float) -> str:
    """A duration: 0.4 s, 9 s, 1 min 12 s."""
    if seconds < 0.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def show_value(value: Any) -> str:
    """A fact as a person writes it, short. Lists of names by their first three; shapes whole."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int | float):
        return show_number(value)
    if isinstance(value, list | tuple):
        return show_list(list(value))
    if isinstance(value, Mapping):
        return shorten(", ".join(f"{name}: {show_value(item)}" for name, item in value.items()), MOST_SHOWN)
    return shorten(str(value), MOST_SHOWN)


def show_list(items: list[Any]) -> str:
    """A shape in brackets; names joined, the first few of many; a single item bare."""
    if all(isinstance(item, int) and not isinstance(item, bool) for item in items):
        return "[" + ", ".join(str(item) for item in items[:8]) + (", …]" if len(items) > 8 else "]")
    shown = [show_value(item) for item in items[:MOST_NAMES]]
    if len(items) > MOST_NAMES:
        return ", ".join(shown) + f" and {len(items) - MOST_NAMES:,} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown) or "none"


def show_number(value: float) -> str:
    """Whole numbers with commas; others with about three figures: 11,181,642, 0.84, 31.4, 1.2e-07."""
    if isinstance(value, int):
        return f"{value:,}"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "infinity" if value > 0 else "-infinity"
    if value == 0 or 0.01 <= abs(value) < 1:
        return f"{value:.2f}"
    if 1 <= abs(value) < 100:
        return f"{value:.1f}"
    return f"{value:,.0f}" if 100 <= abs(value) < 1e9 else f"{value:.1e}"
