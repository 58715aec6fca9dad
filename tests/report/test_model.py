import json
from decimal import Decimal

import jsonschema
import pytest
from pydantic import ValidationError

from grader.report import Audience, Report, build_schema, read_report, write_report
from grader.report.model import ScorePart
from tests.report.samples import (
    HIDDEN,
    OUR_FAULT,
    all_passed,
    flawed_report,
    good_report,
    misspelt_report,
    report_of,
    syntax_report,
    unfinished_report,
)

REPORTS = {
    "good": good_report(),
    "flawed": flawed_report(),
    "instructor": flawed_report(audience=Audience.INSTRUCTOR),
    "syntax": syntax_report(),
    "misspelt": misspelt_report(),
    "not graded": unfinished_report(OUR_FAULT),
    "hidden": report_of(all_passed(HIDDEN), assignment=HIDDEN),
}


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS.keys())
def test_a_report_survives_its_json(report: Report) -> None:
    """What is written is read back as the same value, and is what the schema says."""
    text = write_report(report)

    assert read_report(text) == report
    jsonschema.validate(json.loads(text), build_schema(), cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("points", "written"),
    [("2", "2"), ("2.00", "2"), ("10.5", "10.5"), ("0.07", "0.07"), ("0.1", "0.1"), ("1234567.89", "1234567.89")],
)
def test_points_are_numbers_without_noise(points: str, written: str) -> None:
    """Exact decimals become JSON numbers as a person writes them, and come back exact."""
    part = ScorePart(
        points=Decimal(points),
        max_points=Decimal(points),
        extra_points=Decimal(0),
        withheld_points=Decimal(0),
        final_points=None,
    )
    said = json.dumps(part.model_dump(mode="json"))

    assert f'"points": {written}, "max_points": {written}' in said
    assert ScorePart.model_validate_json(said) == part


def test_points_of_a_thousandth_are_refused() -> None:
    """Nothing is rounded silently."""
    with pytest.raises(ValidationError):
        ScorePart(
            points=Decimal("0.001"),
            max_points=Decimal(1),
            extra_points=Decimal(0),
            withheld_points=Decimal(0),
            final_points=None,
        )


def test_times_have_zone_and_microseconds() -> None:
    """Even where the microseconds are zero."""
    timing = json.loads(write_report(unfinished_report(OUR_FAULT)))["timing"]

    assert timing["started_at"] == "2026-11-21T09:13:49.120311+01:00"
    assert json.loads(write_report(good_report()))["submission"]["submitted_at"].endswith("+01:00")


def test_fields_are_frozen_and_named() -> None:
    """A report can't be changed, and takes no field that the model doesn't name."""
    report = good_report()
    said = json.loads(write_report(report))

    with pytest.raises(ValidationError):
        setattr(report, "complete", False)  # noqa: B010 (mypy would refuse the assignment)
    with pytest.raises(ValidationError):
        Report.model_validate_json(json.dumps({**said, "bonus": 3}))


def test_the_issues_fields_are_there() -> None:
    """The fields that other programs were promised."""
    said = json.loads(write_report(flawed_report()))
    question = said["questions"][1]

    assert said.keys() >= {
        "schema_version", "audience", "assignment", "student", "submission", "status", "fault", "complete", "score",
        "questions", "notes", "environment", "timing",
    }  # fmt: skip
    assert said["submission"].keys() >= {"digest", "attempt", "submitted_at", "files"}
    assert question.keys() >= {"id", "title", "points", "max_points", "status", "visibility", "problem", "checks"}
    assert question["checks"][2].keys() >= {
        "id", "verdict", "points", "max_points", "standing", "code", "message", "expected", "actual", "hint",
    }  # fmt: skip
