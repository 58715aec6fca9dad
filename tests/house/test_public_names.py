"""The package's public names are written down: a name that comes or goes is meant, and noted in the CHANGELOG."""

import importlib

import pytest

PUBLIC: dict[str, set[str]] = {
    "grader": {"__version__"},
    "grader.checks": {
        "CHECKS",
        "Check",
        "CheckNote",
        "CheckResult",
        "Kept",
        "Verdict",
        "failed",
        "passed",
        "run_checks",
    },
    "grader.cli": {"app", "main"},
    "grader.errors": {
        "EvidenceError",
        "Fault",
        "GraderError",
        "ProvisionError",
        "SandboxError",
        "SpecError",
        "SubmissionError",
        "UsageError",
    },
    "grader.evidence": {"Evidence", "Exit", "Problem", "QuestionEvidence", "read_evidence"},
    "grader.hand_in": {
        "Confirmation",
        "Receipt",
        "confirm_receipt",
        "count_attempts",
        "hand_in",
        "name_folder",
        "pack_members",
        "read_receipt",
        "word_receipt",
        "write_receipt",
    },
    "grader.ingest": {"compose_submission", "read_sheet", "read_submission"},
    "grader.limits": {"EvidenceLimits", "GIB", "IngestLimits", "KIB", "Limits", "MIB"},
    "grader.pipeline": {
        "Graded",
        "add_source",
        "describe_submission",
        "end_all",
        "finish_all",
        "grade_submission",
        "made_alike",
        "read_source",
        "recheck_run",
        "refuse_submission",
    },
    "grader.report": {
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
    },
    "grader.sandbox": {
        "BubblewrapSandbox",
        "DockerSandbox",
        "FakeSandbox",
        "Interpreter",
        "Job",
        "Launch",
        "Mount",
        "PreparedRun",
        "ProcessSandbox",
        "RunRequest",
        "RunResult",
        "Sandbox",
        "WarmSandbox",
        "choose_sandbox",
        "find_interpreter",
    },
    "grader.spec": {
        "Assignment",
        "CheckSpec",
        "Course",
        "Question",
        "Standing",
        "Visibility",
        "assignment_schema",
        "course_schema",
        "load_assignment",
        "read_course",
    },
    "grader.weights": {
        "CATALOGUE",
        "Checkpoint",
        "Entry",
        "State",
        "Status",
        "Vault",
        "WeightsKind",
        "find_checkpoint",
    },
}


@pytest.mark.parametrize("module", PUBLIC)
def test_public_names_are_those_that_are_written_down(module: str) -> None:
    """`__all__` is the list above, and every name in it is there."""
    imported = importlib.import_module(module)

    assert set(imported.__all__) == PUBLIC[module]
    assert all(hasattr(imported, name) for name in PUBLIC[module])
