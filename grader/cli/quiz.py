"""`grade quiz`: a quiz in the terminal, to practise with the key at hand or to be graded later."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.options import PlainOption, SandboxName, SandboxOption, UnprovedOption
from grader.cli.status import ExitStatus
from grader.errors import ProvisionError, UsageError

if TYPE_CHECKING:  # only names for types
    from rich.console import Console

    from grader.cli.settings import Settings
    from grader.evidence.model import Evidence
    from grader.spec.fields import Variant
    from grader.spec.model import Assignment

__all__ = ["quiz"]


def quiz(
    assignment: Annotated[str, typer.Argument(metavar="QUIZ", help="Its name or folder.", show_default=False)],
    graded: Annotated[bool, typer.Option("--graded", help="Write answers to hand in; say nothing about them.")] = False,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="Where answers go: QUIZ/answers.toml.", show_default=False),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Graded: also ask what is answered already.")] = False,
    question: Annotated[str | None, typer.Option(metavar="ID", help="Only this question.")] = None,
    blank: Annotated[bool, typer.Option("--blank", help="Print an answers.toml to fill in, and ask nothing.")] = False,
    student: Annotated[
        str | None, typer.Option(metavar="ID", help="Whose it is: the order of options, a personal variant.")
    ] = None,
    sandbox: SandboxOption = SandboxName.AUTO,
    allow_unproved: UnprovedOption = False,
    plain: PlainOption = False,
) -> ExitStatus:
    """Take a quiz: practise with its key, or answer it to be graded."""
    from rich.console import Console

    from grader.cli.find import find_assignment
    from grader.cli.quiz_graded import GradedSession
    from grader.cli.quiz_practice import PracticeSession
    from grader.cli.quiz_talk import Talk
    from grader.cli.quiz_whose import find_taker
    from grader.cli.settings import read_settings
    from grader.quiz import Judge, blank_sheet
    from grader.spec.variants import fill_assignment

    if not graded and (to is not None or again):
        raise UsageError("--to and --again belong to --graded", details=("Practice writes nothing.",))
    found = find_assignment(None, named=assignment, here=Path.cwd())
    whole, settings = found.load(), read_settings()
    asked = keep_quiz(whole)
    taker = find_taker(found, whole, student=student, settings=settings, counts=graded or blank)
    read = fill_assignment(asked, taker.variant)
    if blank:
        typer.echo(blank_sheet(read), nl=False)
        return ExitStatus.DONE
    chosen = choose_question(read, question)
    console = Console(highlight=False, no_color=plain or None)
    talk = Talk(
        chosen,
        console=console,
        plain=plain,
        student=taker.name,
        variant=taker.variant,
        echoes=sys.stdin.isatty(),
    )
    place = Path(asked.slug if found.practice is None else assignment)
    if graded:
        path = to if to is not None else place / "answers.toml"
        session = GradedSession(talk, read, path=path, place=place)
        return session.take(chosen.questions, again=again or question is not None)
    if asked.reference is None:
        raise refuse_practice(asked, place)
    key = obtain_key(asked, taker.variant, settings, console, sandbox=sandbox.value, allow_unproved=allow_unproved)
    return PracticeSession(talk, Judge(key)).take(chosen.questions)


def keep_quiz(assignment: "Assignment") -> "Assignment":
    """The assignment's questions that are answered, not programmed.

    Raises:
        UsageError: there are none.
    """
    kept = tuple(question for question in assignment.questions if question.is_answered)
    if not kept:
        raise UsageError(
            f"{assignment.slug!r} is no quiz: all its questions ask a program",
            details=(f"Hand the program in:  grade submit {assignment.slug}",),
        )
    return replace(assignment, questions=kept)


def choose_question(assignment: "Assignment", name: str | None) -> "Assignment":
    """The quiz, or one question of it.

    Raises:
        UsageError: it has no such question.
    """
    if name is None:
        return assignment
    kept = tuple(question for question in assignment.questions if question.id == name)
    if not kept:
        known = ", ".join(question.id for question in assignment.questions)
        raise UsageError(f"{assignment.slug!r} has no question {name!r}", details=(f"It has {known}.",))
    return replace(assignment, questions=kept, minutes=kept[0].minutes)


def refuse_practice(assignment: "Assignment", place: Path) -> ProvisionError:
    """Say that there is no key to practise with."""
    return ProvisionError(
        f"{assignment.slug!r} can't be practised here: its key isn't on this machine",
        details=("Without the key answers can be written down, and are marked when they are handed in.",),
        command=f"grade quiz {place} --graded",
    )


def obtain_key(
    assignment: "Assignment",
    variant: "Variant",
    settings: "Settings",
    console: "Console",
    *,
    sandbox: str,
    allow_unproved: bool,
) -> "Evidence":
    """The reference's answers for a variant: from the cache, or by running it once."""
    from grader.cli.workshop import open_workshop, take_sandbox
    from grader.draws import load_data, name_draw
    from grader.reference import obtain_reference

    chosen = take_sandbox(sandbox, allow_process=True, settings=settings, allow_unproved=allow_unproved, warm=False)
    workshop = open_workshop(settings, sandbox=chosen)
    draw = name_draw(assignment, 0, secret=workshop.secret, variant=variant)
    with tell_waiting(console):
        return obtain_reference(assignment, draw=draw, data=load_data(assignment, draw), workshop=workshop)


@contextmanager
def tell_waiting(console: "Console") -> Iterator[None]:
    """Something to see while the key is made, on a terminal."""
    if not console.is_terminal:
        yield
        return
    with console.status("making the key: the reference runs once, and is kept"):
        yield
