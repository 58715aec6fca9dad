"""Personal variants: each student's own, the same for ever, and another's right answer is wrong."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from grader.check_assignment import check_assignment
from grader.cli import app
from grader.collect import Workshop
from grader.draws import Pick, load_data, name_draw, name_pick, pick_variant
from grader.errors import SubmissionError, UsageError
from grader.ingest import read_submission
from grader.pipeline import Graded, grade_submission, recheck_run, refuse_submission
from grader.report.info import StudentInfo
from grader.report.terminal import draw_report
from grader.sandbox import ProcessSandbox, find_interpreter
from grader.spec import load_assignment
from grader.spec.model import Assignment
from grader.weights.vault import Vault
from tests.varied import CLASSES, answer_for, write_course

SECRET = b"s" * 32
STUDENTS = [f"student-{number}" for number in range(60)]


@pytest.fixture
def assignment(tmp_path: Path) -> Assignment:
    """The assignment of the course."""
    write_course(tmp_path)
    return load_assignment(tmp_path / "assignments/heads", reference=tmp_path / "reference/heads")


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """A workshop without a sandbox: the code is ours."""
    home = tmp_path / "home"
    return Workshop(
        sandbox=ProcessSandbox(), find_interpreter=find_interpreter, vault=Vault(home), home=home, secret=SECRET
    )


def find_student(assignment: Assignment, classes: int) -> str:
    """Somebody who has so many classes."""
    return next(s for s in STUDENTS if pick_variant(assignment, secret=SECRET, student=s)["classes"] == classes)


def grade(assignment: Assignment, workshop: Workshop, source: str, *, student: str | None, attempt: int = 1) -> Graded:
    """Grade a script."""
    path = workshop.home.parent / "heads.py"
    path.write_text(source)
    submission = read_submission(path, files=assignment.files)
    return grade_submission(assignment, submission, workshop=workshop, student=StudentInfo(id=student), attempt=attempt)


def test_a_student_keeps_a_variant(assignment: Assignment) -> None:
    """The same each time, all values are had by somebody, another secret gives others; an added name changes none."""
    drawn = [pick_variant(assignment, secret=SECRET, student=student) for student in STUDENTS]
    other = [pick_variant(assignment, secret=b"t" * 32, student=student) for student in STUDENTS]
    wider = replace(assignment, variants={"bias": (True, False), **assignment.variants})
    widened = [pick_variant(wider, secret=SECRET, student=student) for student in STUDENTS]

    assert drawn == [pick_variant(assignment, secret=SECRET, student=f" {student} ") for student in STUDENTS]
    assert {variant["classes"] for variant in drawn} == set(CLASSES)
    assert drawn != other
    assert [variant["classes"] for variant in widened] == [variant["classes"] for variant in drawn]


def test_names_are_the_same_however_they_are_spelt(assignment: Assignment) -> None:
    """An id with an accent is the same id in both of Unicode's spellings."""
    composed, decomposed = "zo\u00eb", "zoe\u0308"

    assert pick_variant(assignment, secret=SECRET, student=composed) == pick_variant(
        assignment, secret=SECRET, student=decomposed
    )


def test_each_variant_has_inputs_of_its_own(assignment: Assignment) -> None:
    """A draw and a variant name the hidden inputs together; data.py sees the variant."""
    draws = [name_pick(assignment, Pick(draw, number), secret=SECRET) for draw in (0, 1) for number in range(3)]
    scales = [load_data(assignment, draw).values["scale"] / draw.variant.classes for draw in draws]

    assert len({draw.key for draw in draws}) == len({draw.data_key for draw in draws}) == 6
    assert all(1 <= scale <= 2 for scale in scales)
    assert draws[0] == name_draw(assignment, 0, secret=SECRET)
    assert name_draw(assignment, 0, secret=SECRET, purpose="practice").key not in {draw.key for draw in draws}


def test_a_shared_answer_stops_working(assignment: Assignment, workshop: Workshop) -> None:
    """The right number of one student is a wrong one for another; each has the title and hint of the own variant."""
    three, seven = find_student(assignment, 3), find_student(assignment, 7)
    own = grade(assignment, workshop, answer_for(7), student=seven).report
    shared = grade(assignment, workshop, answer_for(7), student=three).report

    assert own.score.points == 3
    assert shared.score.points == 1
    assert own.assignment.variant == {"classes": 7}
    assert own.questions[0].title == "Count for 7 classes"
    assert shared.questions[0].checks[0].hint == "Of 3 classes."
    assert "your variant: classes = 3" in draw_report(shared, width=80)


def test_another_attempt_and_a_recheck_have_the_same_variant(assignment: Assignment, workshop: Workshop) -> None:
    """Attempts change the draw at most; what is stored is marked again for the variant that it was run for."""
    five = find_student(assignment, 5)
    attempts = [grade(assignment, workshop, answer_for(5), student=five, attempt=n) for n in (1, 2, 3, 4)]
    folder = attempts[0].run_folder
    assert folder is not None
    again = recheck_run(folder, assignment, workshop=workshop)
    changed = replace(assignment, variants={"classes": (3, 7)})

    assert {graded.report.score.points for graded in attempts} == {Decimal(3)}
    assert all(graded.report.assignment.variant == {"classes": 5} for graded in attempts)
    assert again.score.points == 3
    assert again.assignment.variant == {"classes": 5}
    with pytest.raises(UsageError, match="no variant"):
        recheck_run(folder, changed, workshop=workshop)


def test_nobody_is_graded_by_a_guess(assignment: Assignment, workshop: Workshop) -> None:
    """Without an id there is no mark, not even a refusal's; nothing runs."""
    for nobody in (None, " "):
        with pytest.raises(UsageError, match="whose is it") as caught:
            grade(assignment, workshop, answer_for(3), student=nobody)
    with pytest.raises(UsageError, match="whose is it"):
        refuse_submission(assignment, SubmissionError("no", code="kind"), source="x", workshop=workshop)

    assert caught.value.command == "grade submit … --student ID"
    assert not (workshop.home / "runs").exists()


def test_the_command_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`grade submit` asks whose it is, however the machine calls the person; with --student it grades."""
    write_course(tmp_path)
    (tmp_path / "heads").mkdir()
    (tmp_path / "heads/heads.py").write_text(answer_for(3))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("GRADER_STUDENT", raising=False)
    monkeypatch.setenv("LOGNAME", "somebody")
    arguments = ["submit", "heads", "--sandbox", "process", "--plain"]
    with pytest.raises(SystemExit) as unnamed:
        app(arguments)
    said = capsys.readouterr().err
    with pytest.raises(SystemExit) as named:
        app([*arguments, "--student", "ada"])

    assert (unnamed.value.code, named.value.code) == (2, 0)
    assert "grade submit … --student ID" in said
    assert "your variant: classes = " in capsys.readouterr().out


def test_the_reference_meets_every_value(assignment: Assignment, workshop: Workshop) -> None:
    """An author's trials: the solution with each value, mutants in the first combination."""
    results = check_assignment(assignment, workshop=workshop)

    assert [result.trial.name for result in results] == [
        "solution",
        "solution (classes = 5)",
        "solution (classes = 7)",
        "no_bias",
    ]
    assert all(result.sound for result in results)
