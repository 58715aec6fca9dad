"""pytest tests in checks.py: picked by question, weighed by points, and nothing hidden in what a student reads."""

import os
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from grader.checks.authors_tests import make_pytest_check
from grader.checks.result import CheckResult, Kept, Verdict
from grader.report.wording import word_check
from tests.checks.building import question

TESTS = """
import pytest

@pytest.fixture
def size(student):
    return student.arrays["x"].size

@pytest.mark.question("head")
@pytest.mark.points(3)
def test_size(size, kept):
    '''There are as many values as classes.'''
    assert size == kept.values["classes"], "count the classes"

@pytest.mark.question("head")
@pytest.mark.parametrize("place", [0, 1])
def test_values(student, reference, place):
    assert student.arrays["x"][place] == pytest.approx(reference.arrays["x"][place])

@pytest.mark.question("other")
def test_other():
    raise RuntimeError("not of this question")

@pytest.mark.question("broken")
def test_broken(student):
    student.arrays["x"].gone
"""


def check(
    folder: Path, values: list[float], *, asked: str = "head", tests: str = TESTS, names: tuple[str, ...] = ()
) -> CheckResult:
    """The result for these values, where 1, 2, 3 are right."""
    path = folder / "checks.py"
    path.write_text(tests)
    run = make_pytest_check(path, asked, names)
    kept = Kept(values={"classes": 3})
    return run(question(arrays={"x": np.array(values)}), question(arrays={"x": np.array([1.0, 2.0, 3.0])}), kept)


def test_all_of_a_question_s_tests_pass(tmp_path: Path) -> None:
    """Those of other questions don't run; a parametrised test counts each time."""
    result = check(tmp_path, [1.0, 2.0, 3.0])

    assert (result.verdict, result.share) == (Verdict.PASSED, Decimal(1))
    assert result.facts == {"right": 3, "of": 3}


def test_a_mark_doesn_t_depend_on_anybody_s_settings_of_pytest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those in the environment of who grades are theirs, and stay as they are."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option -k nothing")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")

    assert check(tmp_path, [1.0, 2.0, 3.0]).verdict is Verdict.PASSED
    assert os.environ["PYTEST_ADDOPTS"] == "--no-such-option -k nothing"


def test_points_weigh_tests(tmp_path: Path) -> None:
    """The part that passed is earned where the check has points; the author's words are said, no value."""
    result = check(tmp_path, [1.0, 7.5])

    assert (result.verdict, result.share) == (Verdict.FAILED, Decimal(1) / 5)
    assert word_check("pytest", result).message == (
        "1 of 3 tests passed; There are as many values as classes.: count the classes"
    )


def test_what_pytest_shows_of_values_stays_here(tmp_path: Path) -> None:
    """An assertion without a message tells the test's name only: the reference's values are hidden."""
    result = check(tmp_path, [1.0, 7.5, 0.0])

    assert word_check("pytest", result).message == "2 of 3 tests passed; values[1]"
    assert "2.0" not in str(result)
    assert "7.5" not in str(result)


def test_what_a_student_left_can_t_make_a_person_look(tmp_path: Path) -> None:
    """An error that the reference's evidence doesn't cause is a failure of the test, not a fault of the author's."""
    result = check(tmp_path, [1.0])

    assert (result.verdict, result.share) == (Verdict.FAILED, Decimal(1) / 5)


def test_tests_by_name(tmp_path: Path) -> None:
    """Where a check names them, their markers don't matter."""
    result = check(tmp_path, [1.0], names=("test_size",))

    assert (result.verdict, result.facts["of"]) == (Verdict.FAILED, 1)


@pytest.mark.parametrize(
    ("asked", "message"), [("broken", "test_broken: AttributeError"), ("none", "no test for this question")]
)
def test_a_test_at_fault_is_the_author_s(tmp_path: Path, asked: str, message: str) -> None:
    """It raises, so that a person looks: neither a pass nor a student's zero."""
    with pytest.raises(RuntimeError, match=message):
        check(tmp_path, [1.0], asked=asked)


def test_each_assignment_has_its_own_file(tmp_path: Path) -> None:
    """Two files of one name, one after the other in one process."""
    other = "import pytest\n@pytest.mark.question('head')\ndef test_no():\n    assert False, 'the other file'\n"
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    first = check(tmp_path / "one", [1.0, 2.0, 3.0])
    second = check(tmp_path / "two", [1.0, 2.0, 3.0], tests=other)

    assert first.verdict is Verdict.PASSED
    assert second.facts["told"] == "the other file"


def test_a_file_that_can_t_be_read(tmp_path: Path) -> None:
    """Likewise."""
    with pytest.raises(RuntimeError, match="can't be collected"):
        check(tmp_path, [1.0], tests="def test_x(:\n")
