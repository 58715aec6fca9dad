"""A quiz's answers as evidence, from a file and from a run, and what becomes of those that aren't there."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from grader.answers import ANSWERS, NOTHING_RAN, list_keyed, note_answers, settle_answers, settle_key
from grader.evidence.model import Evidence, Exit, Problem, QuestionEvidence
from grader.ingest import read_sheet
from grader.ingest.submission import Program, Sheet
from grader.spec.model import Assignment, Question

QUESTIONS = tuple(
    Question(id=name, title=name, points=Decimal(1), kind=kind)
    for name, kind in (("double", "probe"), ("colour", "choice"), ("count", "number"), ("why", "text"))
)
ASSIGNMENT = Assignment(
    slug="hw", title="HW", folder=Path(), reference=None, digest="sha256:0", questions=QUESTIONS, framework="none"
)
SCRIPT = Sheet(path="answers.py", program=Program(path="answers.py", source="colour = 1"))
DOUBLE = QuestionEvidence(id="double", exit=Exit.FINISHED)


def record(name: str, value: Any) -> dict[str, Any]:
    """An answer."""
    return {"kind": "answers", "name": name, "value": value}


def ran(*questions: QuestionEvidence) -> Evidence:
    """What a run left."""
    return Evidence(questions={question.id: question for question in questions}, exit=Exit.FINISHED)


def test_answers_of_a_file() -> None:
    """Each question that is answered has its record, with its line; the others finished without one."""
    sheet = read_sheet(b'colour = "blue"\n\ncount = 3\n')
    evidence = settle_answers(ASSIGNMENT, sheet, ran(DOUBLE), programs=True)

    assert list(evidence.questions) == ["double", "colour", "count", "why"]
    assert all(question.finished for question in evidence.questions.values())
    assert evidence.questions["colour"].records == {"colour": {**record("colour", "blue"), "line": 1}}
    assert evidence.questions["count"].records == {"count": {**record("count", 3), "line": 3}}
    assert evidence.questions["why"].records == {}


def test_answers_of_a_run() -> None:
    """They are dealt out by name; what the program printed is the first one's."""
    answers = QuestionEvidence(
        id=ANSWERS,
        exit=Exit.FINISHED,
        records={"colour": record("colour", 1), "secret": record("secret", 2)},
        output="hello\n",
        load_seconds=2.0,
    )
    evidence = settle_answers(ASSIGNMENT, SCRIPT, ran(DOUBLE, answers), programs=True)

    assert list(evidence.questions) == ["double", "colour", "count", "why"]
    assert evidence.questions["colour"].records == {"colour": record("colour", 1)}
    assert evidence.questions["count"].records == {}
    assert [question.output for question in evidence.questions.values()] == ["", "hello\n", "", ""]


def test_a_program_that_breaks_off() -> None:
    """Costs every question of the quiz, by the name of its own file, and no other."""
    problem = Problem(code="exception", where="load", type="NameError")
    answers = QuestionEvidence(id=ANSWERS, exit=Exit.CRASHED, problem=problem)
    evidence = settle_answers(ASSIGNMENT, SCRIPT, ran(DOUBLE, answers), programs=True)

    assert evidence.questions["double"].finished
    assert not evidence.questions["colour"].finished
    assert evidence.questions["count"].problem == replace(problem, facts={"file": "answers.py"})


def test_a_file_that_is_no_toml() -> None:
    """Every fault is in the problem, the first with its place."""
    sheet = read_sheet(b"colour = blue\ncount = 3\nwhy: x\n")
    problem = settle_answers(ASSIGNMENT, sheet, NOTHING_RAN, programs=False).questions["count"].problem

    assert problem is not None
    assert (problem.code, problem.facts) == ("answers", {"file": "answers.toml"})
    assert problem.message.splitlines() == [
        'line 1: text stands between quotes; write colour = "blue"',
        'line 3: an equals sign is missing; write why = "x"',
    ]
    assert (problem.frames[0].line, problem.frames[0].code) == (1, ((1, "colour = blue"),))


def test_missing_files() -> None:
    """Each kind of question misses its own file."""
    sheet = read_sheet(b"count = 3\n")
    no_program = settle_answers(ASSIGNMENT, sheet, NOTHING_RAN, programs=False)
    no_answers = settle_answers(ASSIGNMENT, None, ran(DOUBLE), programs=True)
    problem = no_answers.questions["count"].problem

    assert no_program.questions["double"].problem == Problem(code="missing_file", where="load")
    assert no_program.questions["count"].finished
    assert problem is not None
    assert problem.facts == {"file": "answers.toml"}
    assert no_answers.questions["double"].finished
    assert settle_answers(ASSIGNMENT, None, NOTHING_RAN, programs=False).exit is Exit.MISSING


def test_no_evidence_through_our_fault() -> None:
    """A program of answers whose run is lost leaves nothing, which costs nothing."""
    evidence = settle_answers(ASSIGNMENT, SCRIPT, ran(DOUBLE), programs=True)

    assert list(evidence.questions) == ["double"]


def test_answers_to_questions_that_are_not() -> None:
    """Are told, with the one that was probably meant; a question that asks a program is none of a quiz."""
    sheet = read_sheet(b"cuont = 3\ndouble = 1\n")
    facts = [dict(note.facts) for note in note_answers(ASSIGNMENT, sheet)]

    assert facts == [
        {"file": "answers.toml", "answer": "cuont", "near": "count", "line": 1},
        {"file": "answers.toml", "answer": "double", "near": "", "line": 2},
    ]


def test_what_has_no_key() -> None:
    """An explanation is marked without the reference's answer: for it the reference counts as finished."""
    key = settle_key(ASSIGNMENT, settle_answers(ASSIGNMENT, None, ran(DOUBLE), programs=True))

    assert [question.id for question in list_keyed(ASSIGNMENT)] == ["colour", "count"]
    assert key.questions["why"].finished
    assert not key.questions["count"].finished
