"""The report as JSON: written, read, and its schema. Strict: no NaN, no field that the model doesn't name."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from grader.durable import write_whole
from grader.errors import UsageError
from grader.report.model import SCHEMA_VERSION, Report

__all__ = ["build_schema", "read_report", "save_report", "write_report"]


def write_report(report: Report) -> str:
    """The report as JSON text that ends in a newline; UTF-8 where a person would want to read it."""
    return json.dumps(report.model_dump(mode="json"), indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def save_report(report: Report, path: Path) -> None:
    """Write the report to a file, whole or not at all.

    Raises:
        OSError: it can't be written; what was there before still is.
    """
    write_whole(path, write_report(report).encode("utf-8"))


def read_report(text: str | bytes) -> Report:
    """A report that `write_report` wrote.

    Raises:
        UsageError: the text is no report of this version.
    """
    try:
        return Report.model_validate_json(text)
    except ValidationError as error:
        faults = tuple(f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors())
        raise UsageError(f"this is no report of version {SCHEMA_VERSION}", details=faults[:20]) from error


def build_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what `write_report` writes."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"grader report {SCHEMA_VERSION}",
        **Report.model_json_schema(mode="serialization"),
    }
