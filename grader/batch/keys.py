"""Names by content: of what a question of a submission rests on when it is run, and of what a mark rests on.

A question's key is a digest of everything that enters its run: the submission's files, the program, the part of the
probe that it rests on, what is given, the draw, limits, weights, the guest's code, interpreter, packages and image.
A mark's key is a digest of the questions' keys, the same of the reference solution, and everything that marks: the
specification, kept data, the author's checks and concepts, and the grader's own code. What is no part of a key may
change without a run or a mark being made again.
"""

import json
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import grader
import grader.guest
from grader.answers import ANSWERS
from grader.batch.draw_book import DrawBook
from grader.batch.probe_parts import split_probe
from grader.checks.near import list_near_checks
from grader.collect import Workshop
from grader.draws import Data, Pick
from grader.ingest.submission import Submission
from grader.jobs import (
    common_header,
    describe_answers,
    describe_program,
    describe_question,
    entering_inputs,
    list_predictions,
    running_questions,
)
from grader.reference import describe_interpreter, digest_folder, digest_kept, needs_solution, read_solution
from grader.sandbox.request import image_of
from grader.spec.digest import digest_bytes
from grader.spec.model import Assignment, Question

__all__ = ["Keys"]

PACKAGE = Path(grader.__file__).parent
MARKING = (
    *("checks", "evidence", "report", "spec", "weights"),
    *("answers.py", "collect.py", "jobs.py", "marking.py", "pipeline.py", "score.py", "batch/marks.py"),
    "ingest/answers.py",
)
"""Of the package: what has a part in a mark, besides what enters a run."""
MARKS_WITH = ("checks.py", "explanations.toml", "concepts.toml")
"""Of an assignment's private folder, the same."""


class Keys:
    """The keys of one assignment's questions and marks, as things stand in a workshop now.

    What all submissions share is digested once for each draw.
    """

    def __init__(self, assignment: Assignment, *, workshop: Workshop, book: DrawBook) -> None:
        self._assignment = assignment
        self._workshop = workshop
        self._book = book
        self._shared: dict[Pick, str] = {}
        self._reference: dict[Pick, str] = {}
        self._kept: dict[Pick, str] = {}

    def of_questions(self, submission: Submission, pick: Pick) -> dict[str, str]:
        """The key of each question that runs, by its id; none where the submission has no program.

        All questions of a quiz are one, `ANSWERS`: a program of answers is loaded for all of them at once.
        """
        keys: dict[str, str] = {}
        if submission.programs:
            program = digest_json(describe_program(submission.programs[0]))
            about = [self._find_shared(pick), submission.digest, program]
            keys |= {question: digest_json([*about, own]) for question, own in self._own_parts.items()}
        sheet = submission.sheet
        if sheet is not None and sheet.program is not None and self._has_quiz:
            answers = describe_answers(self._assignment, sheet.program)
            keys[ANSWERS] = digest_json([self._find_shared(pick), submission.digest, answers])
        return keys

    def of_mark(
        self, submission_digest: str | None, questions: dict[str, str], pick: Pick, *, answered: bool = False
    ) -> str:
        """The key of the mark of a submission whose questions have these keys. Without any, it rests on no run; but
        on the reference where it is `answered` in a file that needs none.
        """
        reference = self._find_reference(pick) if questions or answered else ""
        marked_by = [self._assignment.digest, self._checks, self._environment["weights"], digest_marking()]
        met = [self._find_kept(pick), pick.draw, pick.combination]
        return digest_json([submission_digest, questions, reference, *met, *marked_by])

    def of_refusal(
        self, code: str, message: str, details: tuple[str, ...], source: str, *, combination: int = 0
    ) -> str:
        """The key of the mark of a submission that was refused at the door. Its report names the file, `source`, which
        may have its student's name in it, and the student's variant.
        """
        said = ["refused", code, message, list(details), source, combination]
        return digest_json([*said, self._assignment.digest, digest_marking()])

    @cached_property
    def _environment(self) -> dict[str, Any]:
        assignment, workshop = self._assignment, self._workshop
        interpreter = workshop.find_interpreter(assignment.framework)
        return {
            "guest": digest_folder(Path(grader.guest.__file__).parent),
            "interpreter": describe_interpreter(interpreter.executable),
            "image": image_of(workshop.sandbox, assignment.framework),
            "is_sandbox": workshop.sandbox.is_sandbox,  # what an unproved one left is no evidence in a proved one
            "weights": workshop.vault.digests(assignment.weights),
        }

    @cached_property
    def _has_quiz(self) -> bool:
        return any(question.is_answered for question in self._assignment.questions)

    @cached_property
    def _checks(self) -> str:
        """What of the author's marks or is shown with a mark, as bytes."""
        private = self._assignment.reference
        paths = [] if private is None else [private / name for name in MARKS_WITH]
        return digest_json([digest_bytes(path.read_bytes()) if path.is_file() else "" for path in paths])

    @cached_property
    def _own_parts(self) -> dict[str, str]:
        """What of each question enters its run, and that of no other."""
        questions = running_questions(self._assignment)
        probe = self._assignment.folder / "probe.py"
        parts = split_probe(probe.read_text("utf-8") if questions else "", [question.id for question in questions])
        return {question.id: self._digest_own(question, parts[question.id]) for question in questions}

    def _digest_own(self, question: Question, probe: str) -> str:
        private = self._assignment.reference
        predict = None if private is None else private / "predict.py"
        predictions = [
            [prediction.record, list(prediction.inputs)]
            for prediction in list_predictions(self._assignment)
            if prediction.question == question.id
        ]
        code = predict.read_text("utf-8") if predictions and predict is not None and predict.is_file() else None
        lines = [[check.id, check.use, check.of, dict(check.parameters)] for check in list_near_checks(question.checks)]
        asked = [describe_question(self._assignment, question), probe, predictions, code]
        return digest_json([*asked, *([lines] if lines else [])])  # how near to a line asks for further runs

    def _find_shared(self, pick: Pick) -> str:
        if pick not in self._shared:
            data, draw = self._book.data(pick), self._book.draw(pick)
            header = common_header(self._assignment, draw=draw, vault=self._workshop.vault)
            limits = self._assignment.limits
            bounds = [limits.memory_bytes, limits.processes, limits.disk_bytes, limits.gpus, limits.gpu_share]
            given = digest_bytes(data.pack_given())
            entering = [entering_inputs(prediction, data) for prediction in list_predictions(self._assignment)]
            kept = [digest_kept(Data(kept=inputs)) for inputs in entering]
            self._shared[pick] = digest_json([header, bounds, data.values, given, kept, self._environment])
        return self._shared[pick]

    def _find_reference(self, pick: Pick) -> str:
        if pick not in self._reference:
            chosen = self._book.draw(pick).chosen
            solution = read_solution(self._assignment, chosen) if needs_solution(self._assignment) else None
            keys = {} if solution is None else self.of_questions(solution, pick)
            self._reference[pick] = digest_json([keys, None if solution is None else solution.digest])
        return self._reference[pick]

    def _find_kept(self, pick: Pick) -> str:
        if pick not in self._kept:
            self._kept[pick] = digest_kept(self._book.data(pick))
        return self._kept[pick]


def digest_json(value: Any) -> str:
    """The digest of a value that JSON can hold, in hexadecimal digits."""
    return digest_bytes(json.dumps(value, sort_keys=True, default=dict).encode()).removeprefix("sha256:")


@lru_cache(maxsize=1)
def digest_marking() -> str:
    """The grader's own code that makes a mark out of evidence, by content."""
    files = [path for name in MARKING for path in list_code(PACKAGE / name)]
    return digest_json([[str(path.relative_to(PACKAGE)), digest_bytes(path.read_bytes())] for path in files])


def list_code(place: Path) -> list[Path]:
    """A module, or all modules of a folder."""
    return sorted(place.rglob("*.py")) if place.is_dir() else [place]
