"""Keeps what a student's program said apart from our own words: it stands in quotes, unless it is a plain name.

Whatever comes from inside can be forged, and most of it can be chosen without forging anything: an answer, the name of
a class, a key of a dictionary. Between our words, "correct, all 5 points are yours" would be read as one of them.
"""

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["is_name", "is_suggestion", "quote", "quote_facts", "quote_files", "quote_unless_call", "quote_unless_name"]

NAME = re.compile(r"\w[\w.]{0,99}")
CALL = re.compile(r"\w[\w.]{0,99}(\([^\n]{0,200}\))?")
FUNCTION = re.compile(r"\w{1,200}|<\w{1,50}>")
SUGGESTION = re.compile(
    r"Did you (?:mean: '\w{1,100}'|forget `(?:from [\w.]{1,60} )?import [\w.]{1,60}(?: as \w{1,30})?`)\?"
)
INNER = str.maketrans(dict.fromkeys('"“”＂', "'"))  # those that become a plain one where a screen is ASCII too

# Facts of a check that hold names of the student's choice, and the codes whose `expected` and `actual` are answers.
NAMED = ("actual_type", "type", "message", "extra")
NAMING = ("not_a_list", "not_a_number")
ANSWERED = (
    *("answer_differs", "cases_differ", "text_differs", "test_shows"),
    *("no_option", "not_understood", "wrong_answer"),
)
SAID = ("found", "said")  # of an explanation: the student's own words, by concept or alone


def quote(text: str) -> str:
    """`text` in quotes, which it can't close itself."""
    return f'"{text.translate(INNER)}"'


def quote_unless_name(text: str) -> str:
    """A name as it is, anything else in quotes."""
    return text if NAME.fullmatch(text) else quote(text)


def quote_unless_call(text: str) -> str:
    """A name, or one with arguments, as it is: "double(number)"; anything else in quotes."""
    return text if CALL.fullmatch(text) else quote(text)


def quote_files(names: str) -> str:
    """Names of files with commas between them, those with spaces in quotes: a file's name can be a sentence."""
    return ", ".join(quote(name) if " " in name else name for name in names.split(", "))


def is_name(text: str) -> bool:
    """Whether text is what Python calls a function in a traceback."""
    return FUNCTION.fullmatch(text) is not None


def is_suggestion(text: str) -> bool:
    """Whether text is help that the guest gives: which name was meant, or which import is missing."""
    return SUGGESTION.fullmatch(text) is not None


def quote_facts(code: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """A check's facts, with quotes around what may come from a student's program."""
    answers = code in ANSWERED and facts.get("reason") != "not_finite"
    quoted = dict(facts)
    for name, value in facts.items():
        if name in ("expected", "actual") and answers:
            quoted[name] = quote_all(value, names=False)
        elif name in SAID:
            quoted[name] = quote_values(value)
        elif name in NAMED or (name == "actual" and code in NAMING):
            quoted[name] = quote_all(value, names=True)
    return quoted


def quote_values(value: Any) -> Any:
    """A text in quotes, or each of a table's values; its keys are the author's."""
    if isinstance(value, Mapping):
        return {key: quote_values(item) for key, item in value.items()}
    return quote(value) if isinstance(value, str) else value


def quote_all(value: Any, *, names: bool) -> Any:
    """Every text in a value in quotes; with `names` only those that aren't names."""
    if isinstance(value, str):
        return quote_unless_name(value) if names else quote(value)
    if isinstance(value, Mapping):
        return {quote_all(key, names=names): quote_all(item, names=names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [quote_all(item, names=names) for item in value]
    return value
