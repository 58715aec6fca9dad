"""An assignment's texts for a student's variant: every field `{variant.name}` in what students read.

An answer is judged against the options as its student read them, so what a check knows of them is filled in, too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from grader.spec.faults import Faults, join_path
from grader.spec.fields import Variant, fill_prose, list_fields, suggest_field
from grader.spec.model import Assignment, CheckSpec, Question

__all__ = ["check_fields", "fill_assignment"]

TEXTS = ("prompt", "unit")
LISTS = ("options", "terms")


def check_fields(questions: tuple[Question, ...], variants: Mapping[str, Any], faults: Faults) -> None:
    """Every field in an assignment's texts names something that varies."""
    for number, question in enumerate(questions):
        for path, text in list_texts(question):
            where = join_path(f"questions[{number}]", path)
            for name in list_fields(text):
                if name not in variants:
                    faults.add(where, f"{{variant.{name}}} names nothing", suggest_field(name, variants))


def list_texts(question: Question) -> Iterator[tuple[str, str]]:
    """Every text of a question that a student reads, with its path."""
    yield "title", question.title
    yield "hint", question.hint or ""
    yield "explanation", question.explanation or ""
    yield from ((name, str(question.content.get(name) or "")) for name in TEXTS)
    for name in LISTS:
        yield from ((f"{name}[{place}]", text) for place, text in enumerate(question.content.get(name) or ()))
    yield from ((f"checks[{place}].hint", check.hint or "") for place, check in enumerate(question.checks))


def fill_assignment(assignment: Assignment, variant: Variant) -> Assignment:
    """The assignment as a student of this variant reads it: titles, hints, prompts, options, terms and explanations
    filled in, for its checks as well.
    """
    if not variant:
        return assignment
    return replace(assignment, questions=tuple(fill_question(question, variant) for question in assignment.questions))


def fill_question(question: Question, variant: Variant) -> Question:
    """One question, filled in."""

    def fill_one(text: Any) -> Any:
        return fill_prose(text, variant, where=f"question {question.id!r}") if isinstance(text, str) else text

    def fill_lists(values: Mapping[str, Any]) -> dict[str, Any]:
        listed = {name: tuple(map(fill_one, values[name])) for name in LISTS if values.get(name) is not None}
        return {**values, **listed}

    content = {name: fill_one(value) if name in TEXTS else value for name, value in question.content.items()}
    checks: tuple[CheckSpec, ...] = tuple(
        replace(check, hint=fill_one(check.hint), parameters=fill_lists(check.parameters)) for check in question.checks
    )
    return replace(
        question,
        title=fill_one(question.title),
        hint=fill_one(question.hint),
        explanation=fill_one(question.explanation),
        content=fill_lists(content),
        checks=checks,
    )
