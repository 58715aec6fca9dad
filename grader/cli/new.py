"""`grade new`: a new assignment that is sound from the first minute."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from grader.cli.status import ExitStatus

__all__ = ["new"]


class Framework(StrEnum):
    """What the code needs."""

    NONE = "none"
    TORCH = "torch"
    TENSORFLOW = "tensorflow"


class Kind(StrEnum):
    """What is asked for."""

    CODE = "code"
    QUIZ = "quiz"


def new(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Its name, such as hw2.", show_default=False)],
    framework: Annotated[Framework, typer.Option(help="What the code needs.")] = Framework.NONE,
    kind: Annotated[Kind, typer.Option(help="Code that is run, or questions that are answered.")] = Kind.CODE,
) -> ExitStatus:
    """Write a small assignment, sound as it is: specification, probe, data, solution, mutants, handout."""
    from grader.starters import write_starter

    root = find_course(Path.cwd())
    written = write_starter(root, slug, kind=kind.value, framework=framework.value)
    typer.echo(f"{slug}: {len(written)} files in {name_place(root)}")
    for path in written:
        typer.echo(f"  {path}")
    typer.echo("\n".join(list_steps(slug, kind)))
    return ExitStatus.DONE


def find_course(here: Path) -> Path:
    """The course's folder: the nearest one on the way up that has an `assignments/`; else the current one."""
    return next((folder for folder in (here, *here.parents) if (folder / "assignments").is_dir()), here)


def name_place(root: Path) -> str:
    """A folder as it is named from here."""
    return "this folder" if root == Path.cwd() else str(root)


def list_steps(slug: str, kind: Kind) -> list[str]:
    """What to do next."""
    steps = [
        (f"grade check {slug}", "it passes: the solution earns everything, each mutant fails what it names"),
        (f"assignments/{slug}/assignment.toml", "say what is asked, and what it is worth"),
    ]
    if kind is Kind.CODE:
        steps += [
            (f"assignments/{slug}/probe.py", "say what is observed of the student's code"),
            (f"reference/{slug}/solution/{slug}.py", "solve it; what students write stands between the markers"),
            (f"grade check {slug} --watch", "try everything at each save"),
            (f"grade release {slug} --update-handout", "make the handout anew from the solution"),
        ]
    else:
        steps += [
            (f"reference/{slug}/solution/answers.toml", "the answers that are right"),
            (f"assignments/{slug}/handout/answers.toml", "the sheet that students fill in"),
        ]
    steps.append((f"grade release {slug}", "what students get, as a zip"))
    width = max(len(step) for step, _ in steps)
    return ["", "Next:", *(f"  {step.ljust(width)}   {said}" for step, said in steps)]
