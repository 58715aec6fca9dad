"""The report of one submission: its model, what makes it, and the forms it takes."""

from grader.report.build import build_report
from grader.report.info import (
    EnvironmentInfo,
    FaultInfo,
    FileInfo,
    NoteInfo,
    StudentInfo,
    SubmissionInfo,
    TimingInfo,
)
from grader.report.json_report import build_schema, read_report, save_report, write_report
from grader.report.model import Audience, Report, ReportStatus, Whose

__all__ = [
    "Audience",
    "EnvironmentInfo",
    "FaultInfo",
    "FileInfo",
    "NoteInfo",
    "Report",
    "ReportStatus",
    "StudentInfo",
    "SubmissionInfo",
    "TimingInfo",
    "Whose",
    "build_report",
    "build_schema",
    "read_report",
    "save_report",
    "write_report",
]
