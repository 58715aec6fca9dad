"""A quiz's answers as evidence: those of an `answers.toml`, which needs no run, and those that a run of a program of
answers left. Pure: from here on a question that was answered is marked like any other.
"""

from collections.abc import Iterator
from dataclasses import replace

from grader.evidence.model import Evidence, Exit, Problem, QuestionEvidence, SourceFrame
from grader.ingest.submission import Note, Sheet, SheetFault
from grader.spec.faults import make_plain, suggest_name
from grader.spec.model import Assignment, Question
from grader.spec.vocabulary import SHEET_NAME

__all__ = ["ANSWERS", "NOTHING_RAN", "list_keyed", "note_answers", "settle_answers", "settle_key"]

ANSWERS = "answers.py"
"""The run's question that loads a program of answers; no question of an assignment has such an id."""
NOTHING_RAN = Evidence(questions={}, exit=Exit.FINISHED, device="")
"""Where no code is there to run: made by no version of anything."""
MISSING = "missing_file"
MOST_SHOWN = 200


def settle_answers(assignment: Assignment, sheet: Sheet | None, evidence: Evidence, *, programs: bool) -> Evidence:
    """The evidence with every question of the assignment in it that there is anything to say of.

    `evidence` is what ran; `programs` says whether there was a program for the questions that ask one.
    """
    run = evidence.questions.get(ANSWERS)
    questions: dict[str, QuestionEvidence] = {}
    for question in assignment.questions:
        if question.is_answered:
            found = find_answer(question, sheet, run)
        elif programs:
            found = evidence.questions.get(question.id)
        else:
            found = miss(question, None)
        if found is not None:
            questions[question.id] = found
    if run is not None:
        questions = give_first(questions, assignment, run)
    handed_in = programs or sheet is not None
    return replace(evidence, questions=questions, exit=evidence.exit if handed_in else Exit.MISSING)


def find_answer(question: Question, sheet: Sheet | None, run: QuestionEvidence | None) -> QuestionEvidence | None:
    """One question's evidence; None where a program of answers gave none through our fault."""
    if sheet is None:
        return miss(question, SHEET_NAME)
    if sheet.program is not None:
        return None if run is None else take_answer(question, sheet, run)
    if sheet.faults:
        return QuestionEvidence(id=question.id, exit=Exit.MISSING, problem=describe_faults(sheet))
    record = {"kind": "answers", "name": question.id, "value": sheet.values.get(question.id)}
    if question.id in sheet.lines:
        record["line"] = sheet.lines[question.id]
    records = {question.id: record} if question.id in sheet.values else {}
    return QuestionEvidence(id=question.id, exit=Exit.FINISHED, records=records)


def miss(question: Question, file: str | None) -> QuestionEvidence:
    """A question whose file isn't there."""
    facts = {} if file is None else {"file": file}
    return QuestionEvidence(id=question.id, exit=Exit.MISSING, problem=Problem(code=MISSING, where="load", facts=facts))


def take_answer(question: Question, sheet: Sheet, run: QuestionEvidence) -> QuestionEvidence:
    """A question's answer out of the run of the program of answers; its problem is each question's."""
    record = run.records.get(question.id)
    problem = run.problem
    return QuestionEvidence(
        id=question.id,
        exit=run.exit,
        records={} if record is None else {question.id: record},
        problem=None if problem is None else replace(problem, facts={**problem.facts, "file": sheet.path}),
    )


def give_first(
    questions: dict[str, QuestionEvidence], assignment: Assignment, run: QuestionEvidence
) -> dict[str, QuestionEvidence]:
    """What belongs to the whole program of answers, with the first of its questions: time, memory, what it printed."""
    first = next(question.id for question in assignment.questions if question.is_answered)
    whole = replace(
        questions[first],
        output=run.output,
        output_bytes=run.output_bytes,
        load_seconds=run.load_seconds,
        seconds=run.seconds,
        peak_bytes=run.peak_bytes,
    )
    return {**questions, first: whole}


def describe_faults(sheet: Sheet) -> Problem:
    """What is wrong with an `answers.toml`: every fault a line, the first with its place."""
    return Problem(
        code="answers",
        where="load",
        message="\n".join(describe_fault(fault) for fault in sheet.faults),
        frames=tuple(show_place(sheet, fault) for fault in sheet.faults[:1] if fault.line is not None),
        facts={"file": sheet.path},
    )


def describe_fault(fault: SheetFault) -> str:
    """One fault in one line: where, what, and what would be right."""
    place = "" if fault.line is None else f"line {fault.line}: "
    return make_plain(place + fault.message + (f"; {fault.suggestion}" if fault.suggestion else ""))


def show_place(sheet: Sheet, fault: SheetFault) -> SourceFrame:
    """Where a fault stands."""
    assert fault.line is not None
    column = None if fault.column is None or fault.column > MOST_SHOWN else fault.column - 1
    return SourceFrame(
        file=sheet.path,
        line=fault.line,
        code=((fault.line, fault.text),) if fault.text else (),
        caret=None if column is None else (column, column + 1),
    )


def note_answers(assignment: Assignment, sheet: Sheet | None) -> Iterator[Note]:
    """A note on each answer to a question that there isn't."""
    known = [question.id for question in assignment.questions if question.is_answered]
    for name in () if sheet is None else sheet.values:
        if name not in known:
            assert sheet is not None
            near = suggest_name(name[:MOST_SHOWN], known) or ""
            facts: dict[str, str | int] = {"file": sheet.path, "answer": make_plain(name, longest=60), "near": near}
            line = {"line": sheet.lines[name]} if name in sheet.lines else {}
            yield Note(code="unknown_answer", facts={**facts, **line})


def list_keyed(assignment: Assignment) -> list[Question]:
    """The questions that need a key: the reference's answer. An explanation has none."""
    return [question for question in assignment.questions if question.is_answered and question.kind != "text"]


def settle_key(assignment: Assignment, evidence: Evidence) -> Evidence:
    """The reference's evidence, in which what needs no key counts as finished: its check asks nothing of it."""
    keyless = {question.id for question in assignment.questions if question.kind == "text"}
    questions = dict(evidence.questions)
    for name in keyless:
        found = questions.get(name)
        if found is None or not found.finished:
            questions[name] = QuestionEvidence(id=name, exit=Exit.FINISHED)
    return replace(evidence, questions=questions)
