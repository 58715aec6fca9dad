import re
import string
from collections.abc import Iterator
from typing import Any

import pytest

import grader.checks
import grader.guest.protocol
import grader.ingest
from grader.checks.result import CheckResult, Verdict
from grader.evidence.model import Exit, Problem
from grader.report.wording import show_duration, show_value, word_check, word_note, word_problem
from grader.report.wording_problems import NOTE_WORDS, PROBLEM_WORDS, REFUSAL_HELP
from grader.report.wording_tables import CHECK_WORDS
from tests.report.samples import failed

FACT_NAMES = re.compile(r"[a-z_]+")
LISTED = re.compile(
    r"^(?:[a-z_]+(?:, [a-z_]+)*)?\s+(?P<code>reason \"[a-z_]+\"|[a-z_]+)\s+(?:\{(?P<facts>[^}]*)\}|the same facts)"
)
NOTES = re.compile(r"notes: ([a-z_]+) \{([^}]*)\}")
EXAMPLES: dict[str, Any] = {
    "names": ["fc.weight", "fc.bias"], "missing": ["a"], "extra": ["b"], "reasons": {"type": 2}, "wrong": [1, 2],
    "stages": [], "everything": False, "nothing": False, "looks": None, "epoch": 2, "stage": "epoch", "count": 3,
    "expected": [2, 1000], "actual": [4, 10], "accuracy": 0.3, "needed": 0.5, "reason": "value", "batch_norm": True,
    "wanted": "number", "than": "scratch",
}  # fmt: skip

COUNTED = ("count", "of", "epochs", "than_epochs", "runs", "words", "right", "passed", "fresh", "actual", "expected")
PLURAL = re.compile(r"(?<![\d.,])1 ((trainable|running|more|batch) )?[a-z]+[^s\W](s were|s are|s\b)(?<!\bis)")


def listed_codes() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every (check or "", code, facts) of the list in the checks' docstring."""
    uses = [""]
    facts: dict[str, Any] = {}
    text = re.sub(r"\{([^}]*)\}", lambda found: "{" + " ".join(found[1].split()) + "}", grader.checks.__doc__ or "")
    for line in text.splitlines():
        if not line.startswith(" "):
            head = re.split(r"\s{2,}|\s+ok ", line.strip())[0]
            uses = head.split(", ") if re.fullmatch(r"[a-z_]+(, [a-z_]+)*", head) else [""]
        found = LISTED.match(line)
        if found is None:
            continue
        if found["facts"] is not None:
            facts = {name: EXAMPLES.get(name, 7) for name in FACT_NAMES.findall(found["facts"])}
        for use in uses:
            yield use, found["code"], facts
    for code, names in NOTES.findall(text):
        yield "note", code, {name: EXAMPLES.get(name, 7) for name in FACT_NAMES.findall(names)}


CODES = list(listed_codes())


def test_the_list_is_read() -> None:
    """The docstring's form is still the one that this test reads."""
    assert len(CODES) > 80
    assert ("parameters", "parameters_differ") in {(use, code) for use, code, _ in CODES}
    assert {code for use, code, _ in CODES if use == "note"} == {
        "counters_moved",
        "buffers_moved",
        "words_outside",
        "near_the_line",
        "near_once",
    }


@pytest.mark.parametrize(("use", "code", "facts"), CODES, ids=lambda value: value if isinstance(value, str) else "")
def test_every_code_has_words(use: str, code: str, facts: dict[str, Any]) -> None:
    """Each code that a check can answer with has a message whose facts are all there."""
    if use == "note":
        message = word_note(code, facts)
        assert code in NOTE_WORDS
    elif code.startswith("reason"):
        reason = code.split('"')[1]
        assert ("reason", reason) in CHECK_WORDS
        result = failed("cases_differ", reason=reason, case=3, right=1, of=4, needed=4, **facts_of(facts))
        message = word_check("cases", result).message
    else:
        assert code == "author" or (use, code) in CHECK_WORDS or ("", code) in CHECK_WORDS
        result = CheckResult(verdict=Verdict.FAILED, code=code, facts=facts)
        words = word_check(use, result)
        message = words.message + (words.help or "")
        assert message or code == "ok"
    assert is_question(message)
    assert not [part for part in string.Formatter().parse(message) if part[1]]


@pytest.mark.parametrize(("use", "code", "facts"), CODES, ids=lambda value: value if isinstance(value, str) else "")
def test_one_is_no_plural(use: str, code: str, facts: dict[str, Any]) -> None:
    """ "after 1 epoch", "1 tensor moved": wherever a count is 1 the word for one follows."""
    ones = {name: 1 if name in COUNTED else value for name, value in facts.items()}
    count = 1.0 if code == "ratio_differs" else 1  # a ratio is no count: "1.0 times as far"
    if use == "note":
        message = word_note(code, ones)
    else:
        kind = code.split('"')[1] if code.startswith("reason") else None
        known = {"reason": kind} if kind else {}
        facts = {**facts_of(ones), **known}
        result = CheckResult(
            verdict=Verdict.FAILED, code="cases_differ" if kind else code, facts=facts, actual=count, expected=count
        )
        message = word_check("cases" if kind else use, result).message

    assert not PLURAL.search(message)


def facts_of(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts without those that the helper names itself."""
    return {name: value for name, value in facts.items() if name not in ("expected", "actual")}


def is_question(message: str) -> bool:
    """Whether each question mark ends a question rather than stands for a fact that is missing."""
    return not re.search(r"(^|[\s(])\?", message)


def test_no_words_are_left_over() -> None:
    """A word in the table for a code that no check has any more is removed."""
    known = {code for _, code, _ in CODES} | {f'reason "{code}"' for _, code, _ in CODES}
    left = {code for use, code in CHECK_WORDS if use != "reason"} - known - {"needs_question"}

    assert left == set()


def ingest_codes() -> tuple[set[str], dict[str, dict[str, Any]]]:
    """The codes of refusals and, with their facts, of notes, from the list in the docstring of `grader.ingest`."""
    refusals, _, notes = (grader.ingest.__doc__ or "").partition("Notes of a submission")
    names = re.findall(r"^    ([a-z_]+(?:, [a-z_]+)*)(?: {2,}|$)", refusals, re.MULTILINE)
    found = re.findall(r"^    ([a-z_]+)\s+(\{.*)", notes, re.MULTILINE)
    facts = {code: {name: EXAMPLES.get(name, 7) for name in FACT_NAMES.findall(text)} for code, text in found}
    return {name for line in names for name in line.split(", ")}, facts


def test_every_note_of_a_submission_has_words() -> None:
    """Each note that ingest can make is worded with its facts."""
    _, notes = ingest_codes()

    assert len(notes) >= 7
    for code, facts in notes.items():
        assert code in NOTE_WORDS
        assert is_question(word_note(code, facts))
        assert not [part for part in string.Formatter().parse(word_note(code, facts)) if part[1]]


def test_every_refusal_has_advice() -> None:
    """Each code of a refusal says what to do, and no other does."""
    refusals, _ = ingest_codes()

    assert refusals == REFUSAL_HELP.keys()


def test_every_problem_has_words() -> None:
    """The guest's codes, the run's exits and ours."""
    told = re.search(r'PROBLEM: \{"code": ([^,]*),', grader.guest.protocol.__doc__ or "")
    assert told is not None
    codes = re.findall(r'"([a-z_]+)"', told[1]) + [exit.value for exit in Exit if exit is not Exit.FINISHED]

    assert {*codes, "unreadable", "missing_file", "refused"} <= PROBLEM_WORDS.keys()


@pytest.mark.parametrize("code", PROBLEM_WORDS)
@pytest.mark.parametrize("where", ["load", "question"])
def test_problems_read_well(code: str, where: str) -> None:
    """Every problem's message has its facts, whichever way it came."""
    facts = {"seconds": 60.004, "signal": 11, "exit_code": 3}
    problem = Problem(code=code.removesuffix("_load"), where=where, function="head", facts=facts)
    words = word_problem(problem, file="hw1.py")

    assert words.message
    assert is_question(words.message + " " + (words.help or ""))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (11181642, "11,181,642"),
        (5130, "5,130"),
        (0.8412, "0.84"),
        (31.42, "31.4"),
        (1.0, "1.0"),
        (1234.6, "1,235"),
        (1.2e-7, "1.2e-07"),
        (0.0, "0.00"),
        (float("nan"), "NaN"),
        (float("-inf"), "-infinity"),
        (True, "True"),
        (None, "None"),
        ([2, 1000], "[2, 1000]"),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 more"),
        ([], "[]"),
        ("x" * 500, "x" * 78 + " ... " + "x" * 77),
    ],
)
def test_facts_are_written_as_people_write_them(value: object, shown: str) -> None:
    """Commas in large numbers, about three figures, shapes whole, names by the first few."""
    assert show_value(value) == shown


@pytest.mark.parametrize(
    ("epochs", "than", "said"),
    [
        (1, None, "0.60 on unseen images after 1 epoch; scratch never got there"),
        (1, 2, "0.60 on unseen images after 1 epoch; scratch needed 2"),
        (3, None, "0.60 on unseen images after 3 epochs; scratch never got there"),
    ],
)
def test_epochs_are_counted_in_words(epochs: int, than: int | None, said: str) -> None:
    """One epoch is an epoch."""
    facts = {"epochs": epochs, "than_epochs": than, "needed": 0.6, "than": "scratch"}

    assert word_check("sooner", CheckResult(verdict=Verdict.PASSED, code="ok", facts=facts)).message == said


def test_one_skipped_cell() -> None:
    """Of a notebook with one cell that is tagged."""
    assert "A cell of hw.ipynb that is" in word_note("cells_skipped", {"file": "hw.ipynb", "count": 1})
    assert "2 cells of hw.ipynb that are" in word_note("cells_skipped", {"file": "hw.ipynb", "count": 2})


@pytest.mark.parametrize(("seconds", "shown"), [(0.42, "0.4 s"), (9.2, "9 s"), (59.6, "1 min 0 s"), (72, "1 min 12 s")])
def test_durations(seconds: float, shown: str) -> None:
    """Seconds, then minutes and seconds."""
    assert show_duration(seconds) == shown


def test_words_from_inside_are_no_templates() -> None:
    """Braces in what a student's program says are text: nothing is looked up, nothing padded to a gigabyte."""
    evil = "{file.__class__} {0:>999999999} {"
    problem = Problem(code="exception", help=evil, message=evil, function=evil, signature=evil)
    words = word_problem(problem, file="{file}")
    result = failed("cases_differ", reason="value", case=1, right=0, of=1, needed=1)
    result = CheckResult(verdict=result.verdict, code=result.code, facts={**result.facts, "actual": evil})

    assert evil in (words.help or "")
    assert evil in word_check("cases", result).message
