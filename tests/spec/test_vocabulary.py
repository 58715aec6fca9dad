"""One vocabulary: the reader's table, the registry of checks, the JSON schema and the reference page say the same."""

import inspect
import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from grader.checks import CHECKS as REGISTRY
from grader.limits import Limits
from grader.spec import assignment_schema, course_schema
from grader.spec.course import COURSE
from grader.spec.values import REQUIRED, Field
from grader.spec.vocabulary import ASSIGNMENT, CHECK, CHECKS, KINDS, LIMITS, QUESTION
from tests.spec.building import QUESTION as A_QUESTION

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "assignment-format.md"
EXAMPLES = re.compile(r"```toml\n(.*?)```", re.DOTALL)


def test_the_checks_are_those_of_the_registry() -> None:
    """Those of a quiz's kinds are made from the question, so an author can't write them."""
    quiz = KINDS.keys() - {"probe"}

    assert REGISTRY.keys() - CHECKS.keys() == quiz
    assert CHECKS.keys() <= REGISTRY.keys()


@pytest.mark.parametrize("use", sorted(CHECKS))
def test_a_check_is_as_in_the_registry(use: str) -> None:
    """Standing, parameters and defaults."""
    word, known = CHECKS[use], REGISTRY[use]
    assert word.standing == known.standing
    if known.function is None:
        assert use in ("python", "pytest")
        return
    parameters = {
        name.removesuffix("_"): parameter.default
        for name, parameter in inspect.signature(known.function).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    required = parameters.pop("of", None) is inspect.Parameter.empty

    assert (word.of is True) == required
    assert parameters == {
        field.name: inspect.Parameter.empty if field.required else field.default for field in word.parameters
    }


def test_the_limits_are_those_of_a_run() -> None:
    """Names and defaults; every default is within its own bounds."""
    assert {field.name: field.default for field in LIMITS} == vars(Limits())


@pytest.mark.parametrize(
    "field",
    [*ASSIGNMENT, *LIMITS, *QUESTION, *CHECK, *(f for word in CHECKS.values() for f in word.parameters)],
    ids=str,
)
def test_a_default_is_a_right_value(field: Field) -> None:
    """What stands where nothing is said could have been said."""
    faults: list[str] = []
    if field.default not in (None, "", (), REQUIRED):
        value = Decimal(str(field.default)) if isinstance(field.default, float) else field.default
        field.type.read(value, lambda message, suggestion: faults.append(message))

    assert faults == []


def every_key() -> set[str]:
    """All keys and words of the vocabulary."""
    fields = [*ASSIGNMENT, *LIMITS, *QUESTION, *CHECK, *COURSE]
    fields += [field for kind in KINDS.values() for field in kind]
    fields += [field for word in CHECKS.values() for field in word.parameters]
    return {field.name for field in fields} | CHECKS.keys() | KINDS.keys()


@pytest.mark.parametrize("key", sorted(every_key()))
def test_the_reference_page_names_every_key(key: str) -> None:
    """In one of the first two columns of a table."""
    rows = [line.split("|")[1:3] for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]

    assert any(f"`{key}`" in cell for row in rows for cell in row)


def rows_of(heading: str) -> dict[str, list[str]]:
    """The rows of the first table below a heading of the page: key -> further cells."""
    section = PAGE.read_text("utf-8").split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:3] == "| `"
    ]
    return {row[0].strip("`"): row[1:] for row in cells}


@pytest.mark.parametrize(
    ("heading", "fields"),
    [("## The top", ASSIGNMENT), ("## `[limits]`", LIMITS), ("## `[[questions]]`", QUESTION), ("## Checks", CHECK)],
)
def test_the_reference_page_has_the_same_defaults(heading: str, fields: tuple[Field, ...]) -> None:
    """Keys in the table's order; required where they are; the same default."""
    rows = rows_of(heading)

    assert list(rows) == [field.name for field in fields]
    for field in fields:
        assert rows[field.name][1] == show_default(field), field.name


def show_default(field: Field) -> str:
    """A default as the page writes it."""
    if field.required:
        return "required"
    if field.default in (None, ()):
        return "–"
    if isinstance(field.default, bool):
        return str(field.default).lower()
    if isinstance(field.default, int | float):
        return f"{field.default:,.0f}".replace(",", "_")
    return f'"{field.default}"'


@pytest.mark.parametrize("use", sorted(CHECKS))
def test_the_reference_page_has_the_parameters_of_a_check(use: str) -> None:
    """Each, in the row of its check."""
    row = rows_of("## The vocabulary of checks")[use]

    assert re.findall(r"`(\w+)`", row[0]) == [field.name for field in CHECKS[use].parameters]
    assert row[1] == (CHECKS[use].standing.value if CHECKS[use].standing else "yours")  # type: ignore[union-attr]


def documents() -> list[str]:
    """Documents that are right: those of the project, and the examples of the reference page."""
    own = [path.read_text("utf-8") for path in sorted(ROOT.glob("assignments/*/assignment.toml"))]
    return [*own, *(text for text in EXAMPLES.findall(PAGE.read_text("utf-8")) if "[[questions]]" in text)]


@pytest.mark.parametrize("text", documents(), ids=lambda text: text[:40])
def test_right_documents_are_right_by_the_schema(text: str) -> None:
    """A validator takes what the reader takes."""
    jsonschema.validate(tomllib.loads(text), assignment_schema())


@pytest.mark.parametrize(
    "change",
    [
        {"titel": "T"},
        {"title": 3},
        {"framework": "pytorch"},
        {"questions": []},
        {"limits": {"processes": 500}},
        {"limits": {"process": 5}},
        {"draws": 0},
        {"defaults": {"id": "x"}},
        {"weights": ["resnet18"]},
        {"questions": [{"id": "q", "kind": "choice", "points": 1, "prompt": "?", "options": ["a"]}]},
        {"questions": [{"id": "q", "kind": "choice", "points": 1, "prompt": "?", "checks": []}]},
        {"questions": [{"id": "q", "points": 1, "checks": [{"use": "clos", "of": "x"}]}]},
        {"questions": [{"id": "q", "points": 1, "checks": [{"use": "close"}]}]},
        {"questions": [{"id": "q", "points": 1, "checks": [{"use": "close", "of": "x", "accuracy": 1}]}]},
        {"questions": [{"id": "q", "points": 1, "checks": [{"use": "learned", "of": "x"}]}]},
        {"questions": [{"id": "q", "points": -1, "checks": [{"use": "close", "of": "x"}]}]},
    ],
)
def test_wrong_documents_are_wrong_by_the_schema(change: dict[str, Any]) -> None:
    """A validator refuses what the reader refuses, as far as a schema can say it."""
    right = tomllib.loads(f'title = "T"\n[[questions]]\n{A_QUESTION}')
    jsonschema.validate(right, assignment_schema())

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**right, **change}, assignment_schema())


def test_the_schemas_are_schemas() -> None:
    """By the dialect that they name."""
    for schema in (assignment_schema(), course_schema()):
        jsonschema.Draft202012Validator.check_schema(schema)
