"""What the specification says of a quiz, and how its private part joins it."""

import shutil
from pathlib import Path

import pytest

from grader.errors import SpecError
from grader.spec import Assignment, load_assignment
from grader.spec.model import Reveal, Standing

COURSE = Path(__file__).parents[1] / "quiz/course"


def load(tmp_path: Path, slug: str = "asks", **changes: str) -> Assignment:
    """An assignment of the small course, some of its files' texts changed or added."""
    shutil.copytree(COURSE, tmp_path / "course", dirs_exist_ok=True)
    folder, private = tmp_path / "course/assignments" / slug, tmp_path / "course/reference" / slug
    if "specification" in changes:
        (folder / "assignment.toml").write_text(changes["specification"], "utf-8")
    if "explanations" in changes:
        (private / "explanations.toml").write_text(changes["explanations"], "utf-8")
    return load_assignment(folder, reference=private)


def test_files_and_checks(tmp_path: Path) -> None:
    """A quiz asks for answers.toml; its checks know what is offered."""
    assignment = load(tmp_path)
    checks = {question.id: question.checks[0] for question in assignment.questions}

    assert assignment.files == ("answers.toml",)
    assert load(tmp_path, "mixed").files == ("mixed.py", "answers.toml")
    assert checks["colour"].parameters == {"options": ("Green", "Blue", "Red", "It has none.")}
    assert checks["pairs"].parameters["terms"] == ("cat", "dog")
    assert checks["pairs"].points == 2
    assert checks["colour"].points is None
    assert {check.standing for check in checks.values()} == {Standing.FACT}


def test_explanations_are_private(tmp_path: Path) -> None:
    """They come from the private folder; where it isn't, there are none."""
    assignment = load(tmp_path)
    public = load_assignment(COURSE / "assignments/asks")

    assert assignment.questions[0].explanation == "Blue light is scattered most."
    assert {question.explanation for question in public.questions} == {None}


def test_when_solutions_are_shown(tmp_path: Path) -> None:
    """After the deadline, where the author says nothing."""
    shown = {question.id: question.solution for question in load(tmp_path).questions}

    assert (shown["colour"], shown["primes"], shown["total"]) == (Reveal.AFTER_DEADLINE, Reveal.NEVER, Reveal.SHOWN)


@pytest.mark.parametrize(
    ("explanations", "fault"),
    [
        ('color = "x"', 'explanations.toml: color: there is no such question (did you mean "colour"?)'),
        ("colour = 7", "explanations.toml: colour: the number 7 where text belongs"),
    ],
)
def test_faults_of_explanations(explanations: str, fault: str, tmp_path: Path) -> None:
    """They are told with all others."""
    with pytest.raises(SpecError) as caught:
        load(tmp_path, explanations=explanations)

    assert fault in caught.value.details


@pytest.mark.parametrize(
    ("top", "fault"),
    [
        ('files = ["mixed.py"]', "files: 'answers.toml' isn't among them (the questions of a quiz are answered there)"),
        (
            'load = "once"',
            'load: "once" doesn\'t go with questions of a quiz ("each" is right: answers are a program too)',
        ),
    ],
)
def test_what_does_not_go_with_a_quiz(top: str, fault: str, tmp_path: Path) -> None:
    """Its answers need their file, and are no part of the program."""
    text = (COURSE / "assignments/mixed/assignment.toml").read_text("utf-8")
    with pytest.raises(SpecError) as caught:
        load(tmp_path, "mixed", specification=text.replace("\n\n[limits]", f"\n{top}\n\n[limits]"))

    assert fault in caught.value.details
