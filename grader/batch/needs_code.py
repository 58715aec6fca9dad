"""Does grading a class run anything? A quiz that is answered and keyed in files runs nothing: no sandbox is needed."""

from grader.batch.ledger import Ledger
from grader.batch.packing import unpack_submission
from grader.batch.plan import Plan
from grader.errors import ProvisionError, SubmissionError
from grader.jobs import asked_questions, running_questions
from grader.reference import needs_solution, read_solution
from grader.spec.model import Assignment

__all__ = ["always_runs", "plan_runs"]


def always_runs(assignment: Assignment) -> bool:
    """Whether something runs whatever is handed in: a question asks a program, or the key is one.

    Raises:
        ProvisionError: the reference isn't here.
        SpecError: the solution can't be read.
    """
    if running_questions(assignment):
        return True
    return needs_solution(assignment) and bool(asked_questions(assignment, read_solution(assignment)))


def plan_runs(plan: Plan, assignment: Assignment, *, ledger: Ledger) -> bool:
    """Whether anything that was handed in holds code, in an assignment in which nothing runs by itself."""
    digests = {attempt.digest for row in plan.rows for attempt in row.attempts}
    return any(holds_code(digest, assignment, ledger) for digest in digests if digest is not None)


def holds_code(digest: str, assignment: Assignment, ledger: Ledger) -> bool:
    """Whether a submission does. One that is refused isn't run; of one that is lost nothing is known."""
    packed = ledger.read_submission(digest)
    if packed is None:
        return True
    try:
        return bool(asked_questions(assignment, unpack_submission(packed, assignment, digest=digest)))
    except SubmissionError:
        return False
    except ProvisionError:  # the copy is damaged, which is told where it is graded
        return True
