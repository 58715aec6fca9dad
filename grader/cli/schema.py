"""`grade schema`: the JSON Schema of an assignment, a course or a report."""

from enum import StrEnum
from typing import Annotated

import typer

__all__ = ["schema"]


class SchemaName(StrEnum):
    """Of what."""

    ASSIGNMENT = "assignment"
    COURSE = "course"
    REPORT = "report"


def schema(name: Annotated[SchemaName, typer.Argument(help="Of what.", show_default=False)]) -> None:
    """Print the JSON Schema of an assignment, a course or a report."""
    from grader.cli.printing import write_json

    write_json(make_schema(name), "-")


def make_schema(name: SchemaName) -> dict[str, object]:
    """The schema of that name."""
    if name is SchemaName.REPORT:
        from grader.report.json_report import build_schema

        return build_schema()
    from grader.spec import assignment_schema, course_schema

    return assignment_schema() if name is SchemaName.ASSIGNMENT else course_schema()
