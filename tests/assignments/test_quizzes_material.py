"""quiz1 and recall1 are consistent: specification, handout, key, explanations, mutants and variants."""

import ast
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from grader.answers import NOTHING_RAN, settle_answers
from grader.check_assignment import Trial, TrialKind, list_trials
from grader.checks.result import Kept, Verdict
from grader.evidence.model import Evidence
from grader.ingest import read_submission
from grader.marking import Marks, mark_evidence
from grader.quiz import Judge, blank_sheet
from grader.spec import Assignment, load_assignment
from grader.spec.model import Question, Reveal
from tests.assignments.course import ROOT

SLUGS = ("quiz1", "recall1")
KEYS = {"quiz1": "variants/as_toml", "recall1": "solution"}
"""Where the key is written down, so that nothing need run here; that it is the key, a slow test holds."""


def load(slug: str) -> Assignment:
    """A quiz, with its private part."""
    return load_assignment(ROOT / "assignments" / slug, reference=ROOT / "reference" / slug)


QUIZZES = {slug: load(slug) for slug in SLUGS}
TRIALS = [(slug, trial) for slug in SLUGS for trial in list_trials(QUIZZES[slug])]
MUTANTS = [(slug, trial) for slug, trial in TRIALS if trial.kind is TrialKind.MUTANT]
WRITTEN = [(slug, trial) for slug, trial in TRIALS if (trial.folder / "answers.toml").exists()]
QUIZ1 = QUIZZES["quiz1"]


def name(value: Any) -> str:
    """A quiz, trial or question as a test's id."""
    return value.name if isinstance(value, Trial) else value.id if isinstance(value, Question) else str(value)


def read_evidence(slug: str, folder: Path) -> Evidence:
    """The evidence of an answers.toml."""
    submission = read_submission(folder, files=QUIZZES[slug].files)
    return settle_answers(QUIZZES[slug], submission.sheet, NOTHING_RAN, programs=False)


def mark(slug: str, folder: Path) -> Marks:
    """Mark an answers.toml."""
    key = read_evidence(slug, ROOT / "reference" / slug / KEYS[slug])
    return mark_evidence(QUIZZES[slug], read_evidence(slug, folder), key, kept=Kept(), authors={})


def find_solutions(slug: str) -> dict[str, Any]:
    """The right answers."""
    judge = Judge(read_evidence(slug, ROOT / "reference" / slug / KEYS[slug]))
    return {question.id: judge.find_solution(question) for question in QUIZZES[slug].questions}


def test_quiz1_asks_what_it_promises() -> None:
    """21 questions of a point and two minutes each, attempts limited, four options where there are any."""
    kinds = Counter(question.kind for question in QUIZ1.questions)

    assert kinds == {"choice": 18, "shape": 2, "number": 1}
    assert QUIZ1.points == 21
    assert (QUIZ1.attempts, QUIZ1.minutes) == (3, 42)
    assert {question.minutes for question in QUIZ1.questions} == {2}
    assert {len(question.content["options"]) for question in QUIZ1.questions if question.kind == "choice"} == {4}


@pytest.mark.parametrize("question", [q for quiz in QUIZZES.values() for q in quiz.questions], ids=name)
def test_every_question_helps(question: Question) -> None:
    """It has a hint, which doesn't give the answer away, and an explanation, shown after the deadline."""
    solutions = {**find_solutions("quiz1"), **find_solutions("recall1")}

    assert question.hint is not None
    assert question.explanation is not None
    assert question.solution is Reveal.AFTER_DEADLINE
    assert str(solutions[question.id]).casefold().rstrip(".") not in question.hint.casefold()


@pytest.mark.parametrize("question", QUIZ1.questions, ids=name)
def test_an_explanation_ends_in_a_quick_check(question: Question) -> None:
    """Which reader can make without the key."""
    assert "Quick check:" in (question.explanation or "")


def test_right_options_stand_anywhere() -> None:
    """No place is right much more often than another, and the right option isn't always the longest."""
    solutions = find_solutions("quiz1")
    choices = [question for question in QUIZ1.questions if question.kind == "choice"]
    places = Counter(question.content["options"].index(solutions[question.id]) for question in choices)
    longest = sum(max(question.content["options"], key=len) == solutions[question.id] for question in choices)

    assert min(places[place] for place in range(4)) >= 3
    assert longest <= 9


@pytest.mark.parametrize("slug", SLUGS)
def test_the_handout_is_a_blank_sheet(slug: str) -> None:
    """The one that `grade quiz --blank` prints: no question is asked in two ways."""
    written = (ROOT / "assignments" / slug / "handout/answers.toml").read_text("utf-8")

    assert written == blank_sheet(QUIZZES[slug])


def test_the_public_part_has_no_answer() -> None:
    """Neither what the programs print, nor which option is right."""
    public = "".join(path.read_text("utf-8") for path in (ROOT / "assignments/quiz1").rglob("*") if path.is_file())

    assert "5130" not in public and "5,130" not in public
    assert "1, 1000" not in public
    assert "32, 10]" not in public


def test_what_can_be_run_is_typed_nowhere() -> None:
    """The key computes these; in its file no such number stands."""
    tree = ast.parse((ROOT / "reference/quiz1/solution/answers.py").read_text("utf-8"))
    numbers = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, int)}
    computed = {
        node.targets[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and holds_call(node.value)
    }

    assert numbers.isdisjoint({5130, 5120, 1000})
    assert {"frozen_count", "prediction_shape", "resnet50_shape"} <= computed
    assert {"resnet50_call", "no_fc", "freeze_more", "fastest"} <= computed


def holds_call(value: ast.expr) -> bool:
    """Whether an expression computes something."""
    return any(isinstance(node, ast.Call) for node in ast.walk(value))


@pytest.mark.parametrize(("slug", "trial"), WRITTEN, ids=name)
def test_written_answers_come_out_as_they_say(slug: str, trial: Trial) -> None:
    """A right file earns everything; a wrong one fails exactly the checks that it names."""
    marks = mark(slug, trial.folder)
    failed = {
        f"{question}.{check}"
        for question, results in marks.results.items()
        for check, result in results.items()
        if result.verdict is not Verdict.PASSED
    }

    assert failed == set(trial.fails)
    assert trial.kind is TrialKind.MUTANT or marks.score.points == marks.score.max_points


@pytest.mark.parametrize(("slug", "trial"), MUTANTS, ids=name)
def test_a_mutant_is_described(slug: str, trial: Trial) -> None:
    """It says the mistake, the checks that fail, and a hint in a student's words."""
    said = tomllib.loads((trial.folder / "mutant.toml").read_text("utf-8"))

    assert said.keys() == {"mistake", "fails", "hint"}
    assert trial.mistake.endswith(".")
    assert trial.hint
    assert trial.hint[-1] in ".!?"


def test_every_question_has_a_mutant() -> None:
    """At least twelve and three are promised; a check that no mutant fails is one that nobody knows to work."""
    failing = {slug: {fails for own, trial in MUTANTS if own == slug for fails in trial.fails} for slug in SLUGS}
    counts = Counter(slug for slug, _trial in MUTANTS)

    assert counts["quiz1"] >= 12
    assert counts["recall1"] >= 3
    for slug in SLUGS:
        assert failing[slug] == {f"{question.id}.answer" for question in QUIZZES[slug].questions}
