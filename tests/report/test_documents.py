import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from grader.cli.status import ExitStatus
from grader.report import Report
from grader.report.model import QuestionState
from grader.report.wording_problems import PROBLEM_WORDS

DOCS = Path(__file__).resolve().parents[2] / "docs"
FORMAT = (DOCS / "report-format.md").read_text("utf-8")


def find_models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in a field's type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from find_models(part)


def list_parts(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Every object of the format: where it stands, and its fields."""
    yield path, list(model.model_fields)
    for name, field in model.model_fields.items():
        for part in find_models(field.annotation):
            yield from list_parts(part, f"{path}.{name}".lstrip("."))


def read_sections() -> Iterator[tuple[str, list[str]]]:
    """Every section of the page that has a table: what it is about, and the table's first column."""
    for section in FORMAT.split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        yield "" if title == "The whole" else title.strip("`"), re.findall(r"^\| `(\w+)` \|", body, re.MULTILINE)


def test_every_field_is_documented() -> None:
    """The page has a section for each object and a row for each field, in the model's order, and no others."""
    assert sorted(read_sections()) == sorted(list_parts(Report))


def test_states_and_codes_are_documented() -> None:
    """Every state of a question and every code of a problem is on the page."""
    codes = {code.removesuffix("_load") for code in PROBLEM_WORDS}
    words = set(re.findall(r"`(\w+)`", FORMAT))

    assert {state.value for state in QuestionState} <= words
    assert codes <= words


def test_every_exit_status_is_documented() -> None:
    """The table of exit statuses is the command's."""
    rows = re.findall(r"^\| (\d+) \| (\w+) \|", (DOCS / "exit-status.md").read_text("utf-8"), re.MULTILINE)

    assert rows == [(str(int(status)), status.name.lower()) for status in ExitStatus]
