"""`[variants]` of a specification: what is refused, and an assignment's texts for one of them."""

from pathlib import Path

import pytest

from grader.errors import SpecError
from grader.spec import load_assignment
from grader.spec.digest import digest_bytes
from grader.spec.fields import fill_file
from grader.spec.model import Assignment
from grader.spec.variants import fill_assignment
from tests.varied import write_course

QUIZ = """
title = "Numbers"
[variants]
classes = [3, 5]
[[questions]]
id = "size"
title = "Of {variant.classes}"
kind = "choice"
points = 1
prompt = "How many of {variant.classes}?"
hint = "Not {variant.classes}."
options = ["{variant.classes}", "none"]
"""
EXPLAINED = 'size = "They are {variant.classes}."'


def load(folder: Path, text: str, explained: str = "") -> Assignment:
    """An assignment from its specification's text, and its explanation."""
    (folder / "quiz").mkdir(exist_ok=True)
    (folder / "quiz/assignment.toml").write_text(text)
    if not explained:
        return load_assignment(folder / "quiz")
    (folder / "private/solution").mkdir(parents=True)
    (folder / "private/solution/answers.toml").write_text("size = 1\n")
    (folder / "private/explanations.toml").write_text(explained)
    return load_assignment(folder / "quiz", reference=folder / "private")


def test_texts_are_filled_in(tmp_path: Path) -> None:
    """Titles, prompts, hints, options and explanations have the student's values, options also where they are marked
    by; without variants nothing is touched."""
    assignment = load(tmp_path, QUIZ, EXPLAINED)
    question = fill_assignment(assignment, {"classes": 5}).questions[0]

    assert (question.title, question.hint) == ("Of 5", "Not 5.")
    assert question.content["prompt"] == "How many of 5?"
    assert question.content["options"] == question.checks[0].parameters["options"] == ("5", "none")
    assert question.explanation == "They are 5."
    assert fill_assignment(assignment, {}) is assignment


@pytest.mark.parametrize("place", ["title", "prompt", "hint"])
def test_a_field_must_name_something(tmp_path: Path, place: str) -> None:
    """A typo in any text is a fault, with its path and what was probably meant."""
    lines = [line.replace("classes", "clases") if line.startswith(place) else line for line in QUIZ.splitlines()]
    with pytest.raises(SpecError) as caught:
        load(tmp_path, "\n".join(['title = "x"', *lines[2:]]))

    (fault,) = caught.value.faults
    assert fault.path == f"questions[0].{place}"
    assert fault.suggestion == "did you mean {variant.classes}?"


def test_combinations_are_bounded(tmp_path: Path) -> None:
    """Too many runs of the reference are a fault that says how many; draws alone may be more."""
    values = "[" + ", ".join(map(str, range(30))) + "]"
    many = QUIZ.replace("classes = [3, 5]", f"classes = {values}\nother = {values}")
    with pytest.raises(SpecError) as caught:
        load(tmp_path, many)
    load(tmp_path, 'draws = 1000\ntitle = "x"\n' + QUIZ[QUIZ.index("[[") :].replace("{variant.classes}", "n"))
    load(tmp_path, "draws = 250\n" + QUIZ)

    (fault,) = caught.value.faults
    assert fault.path == "variants"
    assert "900 combinations and 1 draw are 900 runs" in fault.message
    with pytest.raises(SpecError, match="a fault"):
        load(tmp_path, "draws = 251\n" + QUIZ)


def test_a_filled_handout_is_the_handout(tmp_path: Path) -> None:
    """What a student hands in as it was given out isn't the student's work, in every variant."""
    folder = write_course(tmp_path) / "assignments/heads"
    (folder / "handout").mkdir()
    content = b"CLASSES = {variant.classes}\n"
    (folder / "handout/heads.py").write_bytes(content)
    handout = load_assignment(folder).handout

    assert len(handout) == 4
    assert all(digest_bytes(fill_file("heads.py", content, {"classes": n})) in handout for n in (3, 5, 7))


def test_a_field_of_an_explanation_must_name_something(tmp_path: Path) -> None:
    """What stands in the private file is looked at, too."""
    with pytest.raises(SpecError) as caught:
        load(tmp_path, QUIZ, EXPLAINED.replace("classes", "clases"))

    assert [fault.path for fault in caught.value.faults] == ["questions[0].explanation"]
