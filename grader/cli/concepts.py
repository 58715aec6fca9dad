"""`grade concepts`: for authors. How well the rules of an assignment's explanations judge its labelled samples."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grader.cli.options import PlainOption
from grader.cli.status import ExitStatus
from grader.errors import ProvisionError, UsageError

if TYPE_CHECKING:  # only names for types
    from grader.checks.concepts import Judgement, Measured
    from grader.report.screen import Screen
    from grader.spec.model import Assignment

__all__ = ["concepts"]

MOST_MISJUDGED = 20


def concepts(
    assignment: Annotated[str, typer.Argument(metavar="ASSIGNMENT", help="Its name or folder.", show_default=False)],
    question: Annotated[str | None, typer.Option(metavar="ID", help="Only this question.")] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="The table of the held-out samples, for a page.")
    ] = False,
    attempt: Annotated[str | None, typer.Option("--try", metavar="TEXT", help="Judge this answer instead.")] = None,
    plain: PlainOption = False,
) -> ExitStatus:
    """Measure how well explanations are judged, on labelled samples."""
    from rich.console import Console

    from grader.cli.find import find_assignment
    from grader.cli.screens import open_screen

    found = find_assignment(None, named=assignment, here=Path.cwd()).load()
    asked = list_questions(found, question)
    console = Console(highlight=False, no_color=plain or None)
    if markdown:
        from grader.checks.concepts import write_table

        typer.echo(write_table(measure_file(found, asked, held_out=True)), nl=False)
        return ExitStatus.DONE
    screen = open_screen(console, plain=plain)
    if attempt is not None:
        show_attempt(screen, found, asked, attempt)
    else:
        show_samples(screen, found, asked)
    screen.print_to(console)
    return ExitStatus.DONE


def list_questions(assignment: "Assignment", question: str | None) -> list[str]:
    """The questions that are scored by concepts, or the one that is asked for.

    Raises:
        ProvisionError: there is no reference here.
        UsageError: there is no such question.
    """
    if assignment.reference is None:
        raise ProvisionError(f"{assignment.slug!r} has no reference on this machine, and its concepts are in there")
    known = list(assignment.concepts)
    if not known or (question is not None and question not in known):
        wanted = "question" if question is None else f"question {question!r}"
        has = f"It has {', '.join(known)}." if known else "reference/<assignment>/concepts.toml says which are."
        raise UsageError(f"{assignment.slug!r} has no {wanted} that is scored by concepts", details=(has,))
    return known if question is None else [question]


def measure_file(assignment: "Assignment", questions: list[str], *, held_out: bool) -> "list[Measured]":
    """The samples of one file, measured; none where there is no such file."""
    from grader.checks.concepts import measure_samples
    from grader.spec.samples import HELD_OUT_FILE, SAMPLES_FILE, read_samples

    assert assignment.reference is not None
    path = assignment.reference / (HELD_OUT_FILE if held_out else SAMPLES_FILE)
    samples = read_samples(path, assignment.concepts) if path.is_file() else ()
    return [measure_samples(assignment.concepts[name], samples) for name in questions] if samples else []


def show_samples(screen: "Screen", assignment: "Assignment", questions: list[str]) -> None:
    """The numbers of both files. Single answers of the working half alone: who reads the others tunes on them."""
    for held_out, heading in ((False, "samples.toml, to write rules with"), (True, "held_out.toml, only measured")):
        measured = measure_file(assignment, questions, held_out=held_out)
        if not measured:
            continue
        screen.add(heading, indent=0, style="bold")
        for one in measured:
            show_measured(screen, one)
            if not held_out:
                show_misjudged(screen, one)
        screen.add_blank()


def show_measured(screen: "Screen", measured: "Measured") -> None:
    """One question's numbers."""
    from grader.checks.concepts.table import describe_review, describe_share

    for counts in measured.counts:
        shares = f"precision {describe_share(counts.precision)}  recall {describe_share(counts.recall)}"
        screen.add_row([(counts.question, 10, ""), (counts.concept, 16, "bold"), (shares, 0, "")], "")
    for line in describe_review(measured):
        screen.add(line.removeprefix("- ").replace("`", ""), indent=1)


def show_misjudged(screen: "Screen", measured: "Measured") -> None:
    """The answers in which something else was found than their labels say."""
    for sample, judgement in measured.misjudged[:MOST_MISJUDGED]:
        found = {one.id for one in judgement.found}
        missed, wrong = sorted(set(sample.concepts) - found), sorted(found - set(sample.concepts))
        said = [f"missed {', '.join(missed)}"] * bool(missed) + [f"wrong {', '.join(wrong)}"] * bool(wrong)
        screen.add(sample.text, indent=3, lead=f"{'; '.join(said)}:")
    if len(measured.misjudged) > MOST_MISJUDGED:
        screen.add(f"and {len(measured.misjudged) - MOST_MISJUDGED} more", indent=3)


def show_attempt(screen: "Screen", assignment: "Assignment", questions: list[str], text: str) -> None:
    """What is found in one answer.

    Raises:
        UsageError: it isn't said which question it answers.
    """
    from grader.checks.concepts import judge_answer

    if len(questions) > 1:
        raise UsageError("--try needs to know which question the answer is to", details=(f"One of {questions}.",))
    judgement = judge_answer(text, assignment.concepts[questions[0]])
    show_judgement(screen, judgement)


def show_judgement(screen: "Screen", judgement: "Judgement") -> None:
    """Each concept with where it stands, and every doubt."""
    for one in judgement.findings:
        cells: list[tuple[str, int, str]] = [
            (one.finding.value, 13, ""),
            (one.id, 16, "bold"),
            (one.where or "", 0, ""),
        ]
        screen.add_row(cells, "")
    for doubt in judgement.doubts:
        parts: list[Any] = [doubt.code.value.replace("_", " "), doubt.about, doubt.where]
        screen.add(": ".join(str(part) for part in parts if part), lead="a person looks:")
    if judgement.copied:
        screen.add("these are the question's own words")
