"""The author's checks as pytest tests: those of checks.py that are marked for a question, run by pytest itself.

    @pytest.mark.question("head")
    @pytest.mark.points(2)
    def test_head_has_ten_outputs(student, reference, kept):
        '''The head has an output for each class.'''
        assert student.arrays["logits"].shape == reference.arrays["logits"].shape, "look at the last layer"

`student` and `reference` are the question's evidence, `kept` is what stayed outside: nothing of a student is run here.
A student reads a test's name or the first line of its docstring, and the author's own message; never the values that
pytest shows, for the inputs are hidden.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from grader.checks.result import CheckResult, Kept, fail, succeed
from grader.evidence.model import QuestionEvidence

__all__ = ["make_pytest_check"]

QUIET = ("--noconftest", "--disable-plugin-autoload", "--capture=no", "--import-mode=importlib", "-c", os.devnull)
PLUGINS_LEFT_OUT = ("terminal", "cacheprovider", "logging", "faulthandler", "junitxml", "stepwise", "warnings")
SETTINGS_LEFT_OUT = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")
"""Variables with which somebody steers their own pytest: a mark mustn't depend on them."""
MOST_CHARACTERS = 300
MARKERS = ("question(id): the question that a test belongs to", "points(number): its weight among its question's tests")

ONE_AT_A_TIME = threading.Lock()  # what pytest imports, and its variables, are the whole process's

AuthorsCheck = Callable[[QuestionEvidence, QuestionEvidence, Kept], CheckResult]


@dataclass(frozen=True, kw_only=True)
class Tested:
    """One test: its weight, and why it failed (None: it passed)."""

    title: str
    weight: Decimal
    failure: str | None


@dataclass
class Collected:
    """What pytest told: the tests that ran, errors that came of what they were given or are the author's, and faults
    that can only be the author's."""

    tests: list[Tested] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def make_pytest_check(path: Path, question: str, names: Sequence[str] = ()) -> AuthorsCheck:
    """The check of one question: its tests in `path`; those named, where some are."""

    def check(student: QuestionEvidence, reference: QuestionEvidence, kept: Kept) -> CheckResult:
        values = {"reference": reference, "kept": kept}
        collected = run_tests(path, question, names, {**values, "student": student})
        if collected.errors:  # of what a student left? Then the reference raises none
            control = run_tests(path, question, names, {**values, "student": reference})
            collected.faults += control.errors + control.faults
        return judge_tests(collected)

    return check


def judge_tests(collected: Collected) -> CheckResult:
    """All of its tests pass; otherwise the part of their points that passed, and the first failure's words.

    Raises:
        RuntimeError: a test is at fault itself, or there is none.
    """
    if collected.faults:
        raise RuntimeError(collected.faults[0])
    total = sum((test.weight for test in collected.tests), Decimal(0))
    if not total:
        raise RuntimeError("checks.py has no test for this question: mark one with @pytest.mark.question")
    failures = [test for test in collected.tests if test.failure is not None]
    earned = sum((test.weight for test in collected.tests if test.failure is None), Decimal(0))
    counts: dict[str, Any] = {"right": len(collected.tests) - len(failures), "of": len(collected.tests)}
    if not failures:
        return succeed(share=Decimal(1), **counts)
    told = failures[0].failure or ""
    return fail("tests_failed", share=earned / total, title=failures[0].title, told=told, **counts)


def run_tests(path: Path, question: str, names: Sequence[str], values: dict[str, Any]) -> Collected:
    """Have pytest run the tests of a question, in this process."""
    import pytest

    collected = Collected()
    without = [word for name in PLUGINS_LEFT_OUT for word in ("-p", f"no:{name}")]
    with ONE_AT_A_TIME, without_settings():
        forget(path)  # a file of the same name, of another assignment
        status = pytest.main(
            [str(path), *QUIET, f"--rootdir={path.parent}", *without],
            plugins=[make_plugin(question, names, values, collected)],
        )
        forget(path)
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED):
        collected.faults.append(f"pytest ended with {status!r}")
    return collected


@contextmanager
def without_settings() -> Iterator[None]:
    """Take away what the environment tells pytest, and put it back."""
    found = {name: os.environ.pop(name) for name in SETTINGS_LEFT_OUT if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(found)


def forget(path: Path) -> None:
    """Take what pytest imported under a test file's name out of Python's table of modules."""
    module = sys.modules.get(path.stem)
    if module is not None and Path(getattr(module, "__file__", None) or "").name == path.name:
        del sys.modules[path.stem]


def make_plugin(question: str, names: Sequence[str], values: dict[str, Any], collected: Collected) -> Any:
    """The plugin that gives tests their fixtures, picks those of a question, and writes down what came of them."""
    import pytest

    class Plugin:
        """One question's tests."""

        @pytest.fixture
        def student(self) -> QuestionEvidence:
            """What the student's question left."""
            found: QuestionEvidence = values["student"]
            return found

        @pytest.fixture
        def reference(self) -> QuestionEvidence:
            """What the reference's left."""
            found: QuestionEvidence = values["reference"]
            return found

        @pytest.fixture
        def kept(self) -> Kept:
            """What stayed outside."""
            found: Kept = values["kept"]
            return found

        def pytest_configure(self, config: Any) -> None:
            """The two markers are known."""
            for marker in MARKERS:
                config.addinivalue_line("markers", marker)

        def pytest_collection_modifyitems(self, items: list[Any]) -> None:
            """Only this question's tests."""
            items[:] = [item for item in items if is_wanted(item, question, names)]

        def pytest_collectreport(self, report: Any) -> None:
            """A file that can't be read is the author's fault."""
            if report.failed:
                collected.faults.append(f"checks.py can't be collected: {str(report.longrepr)[-MOST_CHARACTERS:]}")

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
            """What came of a test, or of what it needs."""
            report = yield
            note(item, call, report, collected)
            return report

    return Plugin()


def is_wanted(item: Any, question: str, names: Sequence[str]) -> bool:
    """Whether a test is one of a question's."""
    if names:
        return item.name.split("[")[0] in names
    return any(marker.args[:1] == (question,) for marker in item.iter_markers("question"))


def note(item: Any, call: Any, report: Any, collected: Collected) -> None:
    """Write a test's outcome down. What raises anything but an assertion has failed, and whose fault it is is seen
    elsewhere."""
    if report.skipped or (report.when != "call" and not report.failed):
        return
    if report.failed and not call.excinfo.errisinstance(AssertionError):
        collected.errors.append(f"{item.name}: {call.excinfo.exconly()[:MOST_CHARACTERS]}")
    marker = item.get_closest_marker("points")
    weight = Decimal(str(marker.args[0])) if marker is not None and marker.args else Decimal(1)
    failure = read_message(call.excinfo.value) if report.failed else None
    collected.tests.append(Tested(title=name_test(item), weight=weight, failure=failure))


def name_test(item: Any) -> str:
    """The first line of a test's docstring; its name in words where it has none."""
    docstring = (getattr(item.obj, "__doc__", None) or "").strip()
    title = docstring.splitlines()[0] if docstring else item.name.removeprefix("test_").replace("_", " ")
    return str(title)[:MOST_CHARACTERS]


def read_message(error: BaseException) -> str:
    """The author's own message; nothing of the values that pytest adds to it."""
    first = str(error).partition("\n")[0].strip()
    own = isinstance(error, AssertionError) and not first.startswith("assert ")
    return first[:MOST_CHARACTERS] if own else ""
