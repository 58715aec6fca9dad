"""Generated mutants through the sandbox, like any submission: what catches each, and which survive all checks."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from grader.checks.result import Verdict
from grader.collect import Workshop
from grader.errors import GraderError
from grader.evidence.model import Evidence, Exit
from grader.ingest import compose_submission
from grader.reference import Obtained
from grader.spec.model import Assignment, Question
from grader.validate.bench import Bench, list_failed
from grader.validate.mutation.make import Mutant

__all__ = ["Outcome", "narrow_to", "try_mutants"]

TIMES_THE_REFERENCE = 10
LEAST_SECONDS = 10
LIMITS = (Exit.WALL_LIMIT.value, Exit.LOAD_LIMIT.value, Exit.CPU_LIMIT.value)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one mutant: the checks that failed, or questions that didn't finish; or why it couldn't be tried.

    `raised` are checks that were in error: a person would have to look at such a submission. `ended` says of each
    question that didn't finish how it ended: by an exception's type, or by a limit.
    """

    mutant: Mutant
    caught_by: tuple[str, ...] = ()
    raised: Mapping[str, str] = field(default_factory=dict)
    ended: Mapping[str, str] = field(default_factory=dict)
    error: GraderError | None = None
    made_now: bool = True

    @property
    def out_of_time(self) -> bool:
        """Whether nothing but the clock caught it."""
        return bool(self.caught_by) and all(self.ended.get(name) in LIMITS for name in self.caught_by)


def try_mutants(
    bench: Bench,
    mutants: Sequence[Mutant],
    reference: Evidence,
    *,
    on_end: Callable[[int, int], None],
) -> list[Outcome]:
    """Run and mark every mutant on the first draw."""
    outcomes: list[Outcome] = []
    with bench.open_pool() as (workshop, pool):
        for outcome in pool.map(partial(run_mutant, bench, workshop, reference), mutants):
            outcomes.append(outcome)
            on_end(len(outcomes), len(mutants))
    return outcomes


def run_mutant(bench: Bench, workshop: Workshop, reference: Evidence, mutant: Mutant) -> Outcome:
    """One mutant: only the questions that it can change are asked.

    One that only the clock caught is run once more: it may have been the machine's fault.
    """
    asked = narrow_to(bench.assignment, mutant.questions, reference)
    program = bench.solution.programs[0].path
    contents = {file.path: file.content for file in bench.solution.files} | {program: mutant.text.encode()}
    try:
        submission = compose_submission(contents, files=bench.assignment.files)
        outcome = judge_mutant(bench, asked, mutant, reference, bench.run(workshop, asked, submission))
        if outcome.out_of_time and outcome.made_now:
            again = bench.run(workshop, asked, submission, fresh=True)
            outcome = judge_mutant(bench, asked, mutant, reference, again)
    except GraderError as error:
        return Outcome(mutant=mutant, error=error)
    return outcome


def judge_mutant(bench: Bench, asked: Assignment, mutant: Mutant, reference: Evidence, obtained: Obtained) -> Outcome:
    """What caught it."""
    marks = bench.mark(obtained.evidence, reference, assignment=asked, source=mutant.text)
    failed = list_failed(marks, obtained.evidence)
    raised = {
        name: str(result.facts.get("error", result.code))
        for name, result in failed.items()
        if result is not None and result.verdict is Verdict.ERROR
    }
    return Outcome(
        mutant=mutant,
        caught_by=tuple(failed),
        raised=raised,
        ended=dict(list_endings(obtained.evidence)),
        made_now=obtained.made_now,
    )


def list_endings(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """How each question ended that didn't finish."""
    for question in evidence.questions.values():
        if not question.finished or question.problem is not None:
            said = question.problem.type if question.problem is not None else ""
            yield question.id, said or question.exit.value


def narrow_to(assignment: Assignment, questions: Sequence[str], reference: Evidence) -> Assignment:
    """The assignment with these questions alone, each with less time: a mutant that loops for ever is soon ended."""
    asked = tuple(
        replace(
            question,
            needs=tuple(needed for needed in question.needs if needed in questions),
            wall_seconds=shorten_time(assignment, question, reference),
        )
        for question in assignment.questions
        if question.id in questions
    )
    return replace(assignment, questions=asked)


def shorten_time(assignment: Assignment, question: Question, reference: Evidence) -> float:
    """Ten times what the reference took, rounded up to tens of seconds so that it is the same from run to run."""
    limit = question.wall_seconds or assignment.limits.wall_seconds
    found = reference.questions.get(question.id)
    seconds = found.seconds if found is not None else limit
    return min(limit, max(LEAST_SECONDS, math.ceil(TIMES_THE_REFERENCE * seconds / 10) * 10))
