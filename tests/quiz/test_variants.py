"""A quiz that is another one for each student: asked, practised and marked with the student's own values."""

import tomllib
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest

from grader.check_assignment import check_assignment
from grader.collect import Workshop
from grader.draws import pick_variant
from grader.ingest import read_submission
from grader.pipeline import grade_submission
from grader.quiz import label_options, shuffle_options
from grader.release import Recipient, make_release, prepare_release
from grader.report.info import StudentInfo
from grader.report.model import Report
from grader.sandbox import ProcessSandbox, find_interpreter
from grader.spec import load_assignment
from grader.spec.model import Assignment
from grader.spec.variants import fill_assignment
from grader.weights.vault import Vault
from tests.quiz.test_command import run

SECRET = b"q" * 32
FILES = {
    "assignments/heads/assignment.toml": """
title = "Heads"

[limits]
load_seconds = 5
wall_seconds = 5
memory_bytes = 536_870_912

[variants]
classes = [3, 5]

[[questions]]
id = "count"
kind = "number"
points = 1
prompt = "How many numbers trains a head on 512 features for {variant.classes} classes?"
hint = "{variant.classes} biases are trained, too."

[[questions]]
id = "rows"
kind = "choice"
points = 1
prompt = "What does this print?"
code = "rows.py"
options = ["{variant.classes} rows", "512 rows", "no rows"]
solution = "shown"
""",
    "assignments/heads/handout/rows.py": 'print(f"{len(range({variant.classes}))} rows")\n',
    "reference/heads/solution/answers.py": 'count = 513 * {variant.classes}\nrows = f"{{variant.classes}} rows"\n',
    "reference/heads/explanations.toml": 'rows = "One for each of {variant.classes} classes."\n',
    "reference/heads/mutants/no_bias/answers.py": (
        'count = 512 * {variant.classes}\nrows = "%d rows" % {variant.classes}\n'
    ),
    "reference/heads/mutants/no_bias/mutant.toml": 'mistake = "No bias."\nfails = ["count.answer"]\n',
    "reference/heads/mutants/features/answers.py": 'count = 513 * {variant.classes}\nrows = "512 rows"\n',
    "reference/heads/mutants/features/mutant.toml": 'mistake = "Features."\nfails = ["rows.answer"]\n',
}


@pytest.fixture
def assignment(tmp_path: Path) -> Assignment:
    """The quiz, in a course of its own."""
    for path, content in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content, "utf-8")
    return load_assignment(tmp_path / "assignments/heads", reference=tmp_path / "reference/heads")


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """A workshop without a sandbox, for the code is ours; the command finds its secret."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "secret").write_bytes(SECRET)
    return Workshop(
        sandbox=ProcessSandbox(), find_interpreter=find_interpreter, vault=Vault(home), home=home, secret=SECRET
    )


def find_student(assignment: Assignment, classes: int) -> str:
    """Somebody who has so many classes."""
    students = (f"student-{number}" for number in range(60))
    return next(s for s in students if pick_variant(assignment, secret=SECRET, student=s)["classes"] == classes)


def letter(assignment: Assignment, student: str, option: str, *, classes: int) -> str:
    """The letter of an option of the second question, as a student sees it."""
    question = fill_assignment(assignment, {"classes": classes}).questions[1]
    options = shuffle_options(question, slug="heads", student=student)
    return label_options(len(options))[options.index(option)]


def mark(assignment: Assignment, workshop: Workshop, answers: Path, student: str) -> Report:
    """What is said of a file of answers that a student handed in."""
    submission = read_submission(answers, files=assignment.files)
    return grade_submission(assignment, submission, workshop=workshop, student=StudentInfo(id=student)).report


def test_graded_with_ones_own_values(tmp_path: Path, assignment: Assignment, workshop: Workshop) -> None:
    """In prompts, hints, options and programs; the option's text is written down, is right, and is another's wrong."""
    three, five = find_student(assignment, 3), find_student(assignment, 5)
    right = letter(assignment, five, "5 rows", classes=5)
    done = run(tmp_path, "heads", "--graded", "--student", five, typed=f"?\n2565\n{right}\n")
    answers = tmp_path / "heads/answers.toml"
    own, shared = (mark(assignment, workshop, answers, student) for student in (five, three))

    assert (done.returncode, done.stderr) == (0, "")
    assert "512 features for 5 classes?" in done.stdout
    assert "Hint: 5 biases" in done.stdout
    assert "len(range(5))" in done.stdout
    assert "variant." not in done.stdout + answers.read_text("utf-8")
    assert tomllib.loads(answers.read_text("utf-8")) == {"count": 2565, "rows": "5 rows"}
    assert [own.score.points, shared.score.points] == [Decimal(2), Decimal(0)]
    assert "Right: 3 rows. One for each of 3 classes." in (shared.questions[1].checks[0].help or "")


def test_a_blank_sheet_is_ones_own(tmp_path: Path, assignment: Assignment, workshop: Workshop) -> None:
    """With the values of whom it is for."""
    done = run(tmp_path, "heads", "--blank", "--student", find_student(assignment, 5))

    assert "for 5 classes?" in done.stdout
    assert "1  5 rows" in done.stdout


@pytest.mark.parametrize("mode", ["--graded", "--blank"])
def test_nobody_answers_by_a_guess(mode: str, tmp_path: Path, assignment: Assignment, workshop: Workshop) -> None:
    """What is to be handed in needs a name, and nothing is written without one."""
    done = run(tmp_path, "heads", mode, student=None)

    assert done.returncode == 2
    assert "whose is it? 'heads' differs from student to student, in classes" in done.stderr
    assert "grade quiz heads --graded --student ID" in done.stderr
    assert not (tmp_path / "heads").exists()


@pytest.mark.parametrize("classes", [5, 3, None])
def test_practice_with_ones_own_key(
    classes: int | None, tmp_path: Path, assignment: Assignment, workshop: Workshop
) -> None:
    """The key is the reference's for these values; where nobody is named, the first variant's; that is said."""
    student = None if classes is None else find_student(assignment, classes)
    named = () if student is None else ("--student", student)
    done = run(tmp_path, "heads", *named, "--sandbox", "process", typed="2565\n\n", student=None)
    text = " ".join(done.stdout.split())

    assert done.returncode == 0, done.stderr
    assert f"for {classes or 3} classes?" in text
    assert ("Right (" in text) is (classes == 5)
    assert ("Right: 1,539." in text) is (classes != 5)
    assert ("note: nobody is named, so this is with classes = 3" in done.stderr) is (student is None)


def test_at_home_the_folder_says_whose_it_is(
    tmp_path_factory: pytest.TempPathFactory, assignment: Assignment, workshop: Workshop
) -> None:
    """Without the course's secret or reference: in the folder, and by name from outside; its own file is written."""
    prepared = prepare_release(assignment, Recipient(variant={"classes": 5}), workshop=workshop)
    made = make_release(assignment, prepared, Recipient(id="ada", variant={"classes": 5}))
    laptop = tmp_path_factory.mktemp("laptop")  # from which no way up leads to the course
    (laptop / "release.zip").write_bytes(made.content)
    with zipfile.ZipFile(laptop / "release.zip") as archive:
        archive.extractall(laptop)
    home = laptop / "home"
    inside = run(laptop / "heads", ".", "--graded", typed="2565\n", home=home, student=None)
    outside = run(laptop, "heads", "--graded", "--student", "bob", typed="y\n", home=home)
    practice = run(laptop / "heads", ".", home=home, student=None)

    assert (inside.returncode, inside.stderr) == (0, "")
    assert "for 5 classes?" in inside.stdout
    assert tomllib.loads((laptop / "heads/answers.toml").read_text("utf-8")) == {"count": 2565}
    assert "grade submit ." in inside.stdout
    assert "1 of 2 answered" in outside.stdout
    assert "5 rows" in outside.stdout
    assert "grade submit heads" in outside.stdout
    assert "this folder was given to ada, not to bob" in outside.stderr
    assert practice.returncode == 3
    assert "grade quiz . --graded" in practice.stderr
    assert not (home / "secret").exists()


def test_values_are_not_made_up(tmp_path: Path, assignment: Assignment) -> None:
    """Where neither the reference nor a release is, nobody knows what a student is asked."""
    (tmp_path / "reference").rename(tmp_path / "elsewhere")
    done = run(tmp_path, "heads", "--graded")

    assert done.returncode == 3
    assert "yours isn't known on this machine" in done.stderr
    assert not (tmp_path / "home/secret").exists()


def test_an_authors_trials_are_marked_with_options_filled_in(assignment: Assignment, workshop: Workshop) -> None:
    """The key is among the options in every variant, and mutants fail what they name."""
    results = check_assignment(assignment, workshop=workshop)

    assert [result.trial.name for result in results] == ["solution", "solution (classes = 5)", "features", "no_bias"]
    assert [result.trial.name for result in results if not result.sound] == []
