"""A question's checks: needs, missing evidence, checks that raise, the author's own; and the registry."""

import inspect
import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import grader.checks
from grader.checks import CHECKS, CheckResult, Kept, Verdict, failed, passed, run_checks
from grader.checks.run import tidy_result
from grader.evidence.model import Exit, Problem, QuestionEvidence
from grader.spec.model import CheckSpec, Question, Standing
from grader.spec.values import REQUIRED
from grader.spec.vocabulary import CHECKS as VOCABULARY
from grader.spec.vocabulary import KINDS
from tests.checks.building import KEPT, answers, question

REFERENCE = answers([1, 2, 3], "counts")


def spec(
    use: str, id: str = "", *, of: str | None = "counts", needs: tuple[str, ...] = (), **parameters: Any
) -> CheckSpec:
    return CheckSpec(id=id or use, use=use, of=of, standing=Standing.FACT, needs=needs, parameters=parameters)


def mark(
    *checks: CheckSpec,
    student: QuestionEvidence = REFERENCE,
    reference: QuestionEvidence | None = REFERENCE,
    **authors: Callable[..., Any],
) -> dict[str, CheckResult]:
    asked = Question(id="question", title="Question", points=Decimal(1), checks=checks)
    return run_checks(asked, student, reference, KEPT, authors=authors)


def codes(results: dict[str, CheckResult]) -> dict[str, str]:
    return {name: result.code for name, result in results.items()}


def test_results_come_by_id_in_order() -> None:
    """Every check has its result, in the specification's order, whatever needs what."""
    results = mark(spec("equal", "second", needs=("first",)), spec("cases", "first"))

    assert list(results) == ["second", "first"]
    assert all(result.verdict is Verdict.PASSED for result in results.values())


def test_needs_skip() -> None:
    """A check whose need did not pass is skipped, and so is what needs that one."""
    student = answers([1, 2, 4], "counts")
    results = mark(
        spec("curve", "c", needs=("b",)), spec("equal", "b", needs=("a",)), spec("cases", "a"), student=student
    )

    assert codes(results) == {"c": "needs", "b": "needs", "a": "cases_differ"}
    assert results["c"].verdict is Verdict.SKIPPED
    assert results["c"].facts == {"needs": ["b"]}


def test_circles_and_unknown_needs_are_skipped() -> None:
    """What the specification refuses doesn't hang here either."""
    results = mark(spec("cases", "a", needs=("b",)), spec("cases", "b", needs=("a",)), spec("cases", "c", needs=("x",)))

    assert {result.verdict for result in results.values()} == {Verdict.SKIPPED}


@pytest.mark.parametrize(
    "student",
    [
        question(exit=Exit.CRASHED),
        question(exit=Exit.MISSING, records=REFERENCE.records),
        question(exit=Exit.WALL_LIMIT, records=REFERENCE.records),
        question(records=REFERENCE.records, problem=Problem(code="exception")),
    ],
    ids=["crashed", "missing", "limit", "exception"],
)
def test_only_a_finished_question_passes(student: QuestionEvidence) -> None:
    """What a question recorded before it broke off counts for nothing."""
    results = mark(spec("cases"), spec("equal"), student=student)

    assert {(result.verdict, result.code) for result in results.values()} == {(Verdict.FAILED, "not_finished")}


@pytest.mark.parametrize(
    "reference",
    [None, question(exit=Exit.CRASHED), question(records=REFERENCE.records, problem=Problem(code="exception"))],
    ids=["none", "crashed", "exception"],
)
def test_a_missing_reference_is_ours(reference: QuestionEvidence | None) -> None:
    """Without the reference's evidence nobody fails, not even one who crashed."""
    for student in (REFERENCE, question(exit=Exit.CRASHED)):
        results = mark(spec("cases"), student=student, reference=reference)

        assert (results["cases"].verdict, results["cases"].code) == (Verdict.ERROR, "no_reference")


def test_a_check_that_raises_is_at_fault_itself() -> None:
    """Wrong parameters, an unknown word, an author's exception: errors that a person looks at."""

    def own(student: QuestionEvidence, reference: QuestionEvidence, kept: Kept) -> CheckResult:
        raise ZeroDivisionError("oops")

    results = mark(
        spec("parameters", "a", count="frozen"),
        spec("cases", "b", colour="red"),
        spec("magic", "c"),
        spec("python", "own"),
        spec("python", "absent"),
        spec("close", "d", of=None),
        own=own,
    )

    assert codes(results) == {
        "a": "check_error",
        "b": "check_error",
        "c": "unknown_check",
        "own": "check_error",
        "absent": "no_function",
        "d": "check_error",
    }
    assert {result.verdict for result in results.values()} == {Verdict.ERROR}
    assert results["own"].facts["error"] == "ZeroDivisionError: oops"


def test_the_author_s_own_checks() -> None:
    """A function of checks.py sees both pieces of evidence and what was kept, and says what to tell."""

    def good(student: QuestionEvidence, reference: QuestionEvidence, kept: Kept) -> CheckResult:
        assert student.records == reference.records
        return passed()

    def bad(student: QuestionEvidence, reference: QuestionEvidence, kept: Kept) -> CheckResult:
        return failed("rows don't add up to 1", expected=1.0, actual=np.float32(0.5))

    def odd(student: QuestionEvidence, reference: QuestionEvidence, kept: Kept) -> bool:
        return True

    results = mark(
        spec("python", "good"), spec("python", "bad", of=None), spec("python", "odd"), good=good, bad=bad, odd=odd
    )

    assert codes(results) == {"good": "ok", "bad": "author", "odd": "check_error"}
    assert results["bad"].verdict is Verdict.FAILED
    assert results["bad"].facts == {"message": "rows don't add up to 1"}
    assert results["bad"].actual == 0.5


def test_the_author_s_check_of_a_record() -> None:
    """With `of` it isn't even asked where the student left no such record."""
    results = mark(spec("python", "own", of="absent"), own=lambda *_: passed())

    assert codes(results) == {"own": "not_recorded"}


def test_the_author_s_check_meets_no_other_kind_of_record() -> None:
    """Forged evidence of another kind than the reference's is refused before the author's code could raise over it."""

    def own(student: QuestionEvidence, reference: QuestionEvidence, kept: Kept) -> CheckResult:
        return passed(str(student.records["answers"]["value"] and student.arrays["table"]))

    right = question(records={"answers": {"kind": "answers", "value": [1]}}, arrays={"table": [1.0]})
    text = question(records={"answers": {"kind": "text", "value": "1"}}, arrays={"table": [1.0]})
    bare = question(arrays={"answers": [1.0], "table": [1.0]})
    bad = question(records={"answers": {"kind": "unusable", "wanted": "text", "type": "int", "message": ""}})

    def ask(student: QuestionEvidence, of: str) -> str:
        return mark(spec("python", "own", of=of), student=student, reference=right, own=own)["own"].code

    assert ask(right, "answers") == ask(right, "table") == "author"
    assert ask(text, "answers") == "wrong_record"
    assert ask(bare, "answers") == "not_recorded"
    assert ask(bad, "answers") == "unusable"
    assert ask(question(records={"table": {"kind": "array"}}), "table") == "not_recorded"


def test_with_is_a_parameter_too() -> None:
    """`with` is a word of Python, and reaches the check all the same."""
    parameters: dict[str, Any] = {"with": "epochs"}
    results = mark(spec("agrees", **parameters))

    assert results["agrees"].code == "no_reference"


def test_results_are_json() -> None:
    """Whatever a check found, its result can be written: NaN by name, numpy's numbers as Python's, text cut."""
    result = tidy_result(failed("x" * 5_000, expected=float("nan"), actual=np.array([1.5, np.inf])))

    assert json.dumps([result.facts, result.expected, result.actual], allow_nan=False)
    assert (result.expected, result.actual) == ("nan", [1.5, "inf"])
    assert len(result.facts["message"]) == 2_001


QUIZ = {"choice", "choices", "number", "shape", "match", "text"}


def test_the_registry_is_the_vocabulary() -> None:
    """What an author may write and what there is are the same words, of the same standing."""
    assert CHECKS.keys() - QUIZ == VOCABULARY.keys()
    assert KINDS.keys() > QUIZ
    for name, word in VOCABULARY.items():
        assert CHECKS[name].standing == word.standing, name


@pytest.mark.parametrize("name", sorted(set(VOCABULARY) - {"python", "pytest"}))
def test_parameters_are_the_vocabulary_s(name: str) -> None:
    """Each check takes the parameters that its word lists, with the same defaults."""
    function = CHECKS[name].function
    assert function is not None
    signature = inspect.signature(function).parameters
    mine = {
        key.removesuffix("_"): REQUIRED if parameter.default is inspect.Parameter.empty else parameter.default
        for key, parameter in signature.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and key != "of"
    }

    assert mine == {field.name: field.default for field in VOCABULARY[name].parameters}
    assert ("of" in signature) == (VOCABULARY[name].of is not False)


def test_the_docstring_lists_every_code() -> None:
    """The table that the wording is written from has the codes that the source can answer with, and no others."""
    folder = Path(grader.checks.__file__).parent
    source = "\n".join(path.read_text("utf-8") for path in folder.glob("*.py") if path.name != "__init__.py")
    answered = set(re.findall(r"(?:fail|mismatch|CheckNote)\(\s*\"(\w+)\"|code=\"(\w+)\"", source))
    table = (grader.checks.__doc__ or "").split("Of every check")[1]
    listed = set(re.findall(r"(\w+)(?:, \w+)* +(?:\w+ )?\{", table))

    assert len(answered) > 40
    assert {code for pair in answered for code in pair if code} <= set(re.findall(r"\w+", table))
    assert {code for code in listed if f'"{code}"' not in source} <= {"python", "pytest", "test"}
