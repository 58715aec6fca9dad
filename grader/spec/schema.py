"""JSON schemas of `assignment.toml` and `course.toml`, made from the vocabulary, for editors that complete and check.

A schema can't say everything: points that add up, needs without circles and files that exist are `read.py`'s.
"""

from collections.abc import Iterable
from typing import Any

from grader.spec.course import COURSE
from grader.spec.values import Field
from grader.spec.vocabulary import ASSIGNMENT, CHECK, CHECKS, KINDS, LIMITS, NOT_BY_DEFAULT, QUESTION

__all__ = ["assignment_schema", "course_schema"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def assignment_schema() -> dict[str, Any]:
    """The schema of assignment.toml."""
    schema = describe_table(ASSIGNMENT)
    schema["properties"] |= {
        "defaults": describe_defaults(),
        "limits": describe_table(LIMITS),
        "variants": {
            "type": "object",
            "propertyNames": {"pattern": "^[a-z][a-z0-9_]*$"},
            "additionalProperties": {"type": "array", "minItems": 2},
        },
        "questions": {"type": "array", "minItems": 1, "items": describe_question()},
    }
    return {"$schema": DIALECT, "title": "assignment.toml", **schema}


def course_schema() -> dict[str, Any]:
    """The schema of course.toml."""
    return {"$schema": DIALECT, "title": "course.toml", **describe_table(COURSE)}


def describe_table(fields: Iterable[Field]) -> dict[str, Any]:
    """A table with these keys and no others."""
    fields = tuple(fields)
    required = [field.name for field in fields if field.required]
    return {
        "type": "object",
        "properties": {field.name: describe_field(field) for field in fields},
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


def describe_field(field: Field) -> dict[str, Any]:
    """One key: its type, what it is for, its default."""
    default = list(field.default) if isinstance(field.default, tuple) else field.default
    known = {} if field.required or default is None or default == "" else {"default": default}
    return {**field.type.schema(), "description": field.meaning, **known}


def describe_question() -> dict[str, Any]:
    """A question: which keys it needs depends on its kind, which `defaults` may give, as they may give the keys."""
    fields = {field.name: field for kind in KINDS.values() for field in kind}
    schema = describe_table((*QUESTION, *fields.values()))
    schema["properties"]["checks"] = {"type": "array", "minItems": 1, "items": describe_checks()}
    schema["required"] = ["id"]
    schema["allOf"] = [
        {
            "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
            "then": {"properties": {name: False for name in fields if name not in {field.name for field in own}}},
        }
        for kind, own in KINDS.items()
    ]
    return schema


def describe_checks() -> dict[str, Any]:
    """Any of the checks, told apart by `use`."""
    return {
        "type": "object",
        "required": ["use"],
        "properties": {"use": {"enum": list(CHECKS)}},
        "oneOf": [describe_check(use) for use in CHECKS],
    }


def describe_check(use: str) -> dict[str, Any]:
    """One check with its parameters."""
    word = CHECKS[use]
    schema = describe_table(
        [field for field in (*CHECK, *word.parameters) if field.name != "of" or word.of is not False]
    )
    schema["properties"]["use"] = {"const": use, "description": f"Reads {word.reads}."}
    schema["required"] = [
        *schema["required"],
        *(["of"] if word.of else []),
        *(["id"] if use == "python" else []),
    ]
    return schema


def describe_defaults() -> dict[str, Any]:
    """Keys that hold for every question."""
    fields = {field.name: field for kind in (QUESTION, *KINDS.values()) for field in kind}
    schema = describe_table([field for name, field in fields.items() if name not in NOT_BY_DEFAULT])
    schema.pop("required", None)
    return schema
