"""Says at the end of a run how many hostile cases each parser was given."""

import pytest

__all__: list[str] = []

_SEEN: dict[str, dict[str, int]] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember the counts of each parser."""
    said = dict(report.user_properties)
    if report.when == "call" and "parser" in said:
        _SEEN[str(said["parser"])] = {key: int(str(said[key])) for key in ("cases", "taken", "grown")}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print them, if any ran."""
    if not _SEEN:
        return
    terminalreporter.section("hostile cases")
    for name, counts in _SEEN.items():
        line = "{cases:>9,} cases, {taken:>7,} of them taken, {mib:>4.0f} MiB of memory at most".format(
            **counts, mib=counts["grown"] / 2**20
        )
        terminalreporter.write_line(f"{name:<12}{line}")
