"""Whose quiz it is: by which name options are shuffled, and which personal variant is asked.

Who marks draws a variant with the grader's secret, which is where the reference is. At home the folder that
`grade release` made says which one it is.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.cli.guard import tell
from grader.errors import ProvisionError, UsageError

if TYPE_CHECKING:  # only names for types
    from grader.cli.find import Found
    from grader.cli.settings import Settings
    from grader.spec.fields import Variant
    from grader.spec.model import Assignment

__all__ = ["Taker", "find_taker"]


@dataclass(frozen=True, kw_only=True)
class Taker:
    """Somebody who takes a quiz. `name` may be empty: options then stand in nobody's order."""

    name: str
    variant: "Variant"


def find_taker(
    found: "Found", assignment: "Assignment", *, student: str | None, settings: "Settings", counts: bool
) -> Taker:
    """Who takes a quiz, and what differs for them. `counts` says that the answers are to be handed in: then nobody's
    variant is guessed.

    Raises:
        UsageError: each has another variant, and nobody is named; or the release was damaged.
        ProvisionError: each has another variant, and which one isn't known on this machine.
    """
    from grader.cli.settings import name_student

    if found.practice is not None:
        from grader.release.home import read_practice

        said = read_practice(found.practice, assignment).said
        if said.student is not None and student not in (None, said.student):
            tell(f"caution: this folder was given to {said.student}, not to {student}: values may differ")
        name = student or settings.student or said.student or name_student(None, settings)
        return Taker(name=name or "", variant=said.variant)
    variant = draw_variant(assignment, student or settings.student, settings=settings, counts=counts)
    return Taker(name=name_student(student, settings) or "", variant=variant)


def draw_variant(assignment: "Assignment", student: str | None, *, settings: "Settings", counts: bool) -> "Variant":
    """The variant by which a student's answers are marked; in practice the first one where nobody is named."""
    from grader.cli.settings import read_secret
    from grader.draws import pick_variant
    from grader.spec.fields import find_combination, say_variant

    if not assignment.variants:
        return {}
    if assignment.reference is None:
        raise ProvisionError(
            f"{assignment.slug!r} differs from student to student, and yours isn't known on this machine",
            details=("The folder that your course gave you says which it is: unpack it, and go into it.",),
            command="grade quiz . --graded",
        )
    if student is None and not counts:
        first = find_combination(assignment.variants, 0)
        tell(f"note: nobody is named, so this is with {say_variant(first)}; --student ID asks what ID is asked")
        return first
    try:
        return pick_variant(assignment, secret=read_secret(settings.home), student=student)
    except UsageError as error:
        error.command = f"grade quiz {assignment.slug} --graded --student ID"
        raise
