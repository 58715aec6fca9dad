"""Collects what each behaviour did in each sandbox, and prints it as a table at the end of the run."""

from collections.abc import Iterable

import pytest

from grader.sandbox.gaps import BEHAVIOURS
from tests.contract.rig import VARIANTS

__all__: list[str] = []

_MARKS = {"passed": "yes", "xfailed": "gap", "failed": "FAILED", "skipped": "not run"}
_SEEN: dict[tuple[str, str], str] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember the outcome of each test that names a behaviour and a variant."""
    properties = dict(report.user_properties)
    if "behaviour" in properties and (report.when == "call" or report.outcome != "passed"):
        outcome = "xfailed" if hasattr(report, "wasxfail") and report.skipped else report.outcome
        place = str(properties["behaviour"]), str(properties["variant"])
        if _SEEN.get(place) != _MARKS["failed"]:  # of several tests of a behaviour, one that failed is told
            _SEEN[place] = _MARKS[outcome]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of behaviours by sandbox, if any was run."""
    if not _SEEN:
        return
    terminalreporter.section("behaviours by sandbox")
    for line in _make_table():
        terminalreporter.write_line(line)


def _make_table() -> Iterable[str]:
    names = list(VARIANTS)
    width = max(len(behaviour) for behaviour in BEHAVIOURS)
    yield " " * width + "  " + "  ".join(names)
    for behaviour in BEHAVIOURS:
        cells = (_SEEN.get((behaviour, name), "–").ljust(len(name)) for name in names)
        yield behaviour.ljust(width) + "  " + "  ".join(cells).rstrip()
