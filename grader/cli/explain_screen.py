"""One check explained: what it compares, what its verdict is worth, with which parameters, and on what it rests."""

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console

from grader.batch.appeal import STANDINGS, Basis, Explanation, RunTrace
from grader.batch.gradebook import spell_points
from grader.batch.model import Grade
from grader.cli.results_screens import add_facts, show_time
from grader.cli.screens import open_screen
from grader.report.clean import shorten
from grader.report.model import CheckVerdict, EnvironmentPart, Report
from grader.report.screen import Screen
from grader.report.wording import show_duration

__all__ = ["print_explanation"]

STYLES = {CheckVerdict.PASSED: "bold green", CheckVerdict.FAILED: "bold red"}
MOST_VALUE = 400  # characters of an expected or actual value


def print_explanation(
    console: Console,
    explained: Sequence[Explanation],
    report: Report,
    grade: Grade,
    basis: Basis | None,
    *,
    plain: bool = False,
) -> None:
    """Checks of one question, and below them what the mark rests on."""
    screen = open_screen(console, plain=plain)
    question = explained[0].question
    points = f"{spell_points(question.points) or '–'} / {spell_points(question.max_points)}"
    screen.add_ends(f"{report.assignment.id} · {grade.student_id} · {question.id}", points, left_style="bold")
    screen.add(question.title)
    if grade.overridden:
        screen.add("A person decided in this row; the checks below keep what they said.", style="yellow")
    if question.problem is not None:
        screen.add(f"It didn't run to its end: {question.problem.message}", style="red")
    for one in explained:
        add_check(screen, one)
    screen.add_blank()
    screen.add("rests on", indent=0, style="bold")
    add_work(screen, report, grade)
    add_facts(screen, [*list_place(report.environment), *list_basis(basis)])
    screen.print_to(console)


def add_check(screen: Screen, one: Explanation) -> None:
    """One check."""
    check = one.check
    screen.add_blank()
    worth = "" if check.max_points is None else f", {spell_points(check.points) or '–'} of {show_worth(one)}"
    screen.add(
        f"{one.question.id}.{check.id}: {check.verdict.value}{worth}", indent=0, style=STYLES.get(check.verdict, "bold")
    )
    add_facts(screen, list_facts(one))


def show_worth(one: Explanation) -> str:
    """How much a check can earn."""
    most = one.check.max_points
    return f"{spell_points(most)} point{'' if most == 1 else 's'}"


def list_facts(one: Explanation) -> list[tuple[str, str]]:
    """What is known of a check, in the order in which one asks."""
    check = one.check
    silent = check.verdict is CheckVerdict.PASSED  # then the code says no more than the verdict
    facts = [("says", check.message or ("" if silent else check.code)), ("", check.help or "")]
    facts.append(("compares", f"{one.compares} ({check.use}{f' of {one.of}' if one.of else ''})"))
    facts.append(("standing", f"{check.standing}: {STANDINGS.get(check.standing, '')}"))
    if one.parameters is None:
        facts.append(("with", f"parameters that aren't known now: {one.unknown}"))
    elif one.parameters:
        facts.append(("with", ", ".join(f"{name} {show(value)}" for name, value in one.parameters.items())))
    if one.needs:
        facts.append(("needs", ", ".join(f"{name} ({verdict})" for name, verdict in one.needs.items())))
    compared = (("expected", check.expected), ("actual", check.actual))
    facts += [(word, show(value)) for word, value in compared if value is not None]
    facts.append(
        (
            "seen by",
            {"shown": "the student", "hidden": "instructors only"}.get(
                check.visibility, "the student after the deadline"
            ),
        )
    )
    facts.append(("hint", check.hint or ""))
    return [(word, said) for word, said in facts if said]


def show(value: Any) -> str:
    """A value exactly, as JSON, within bounds."""
    return shorten(json.dumps(value, ensure_ascii=False), MOST_VALUE)


def add_work(screen: Screen, report: Report, grade: Grade) -> None:
    """Whose work was marked and by which assignment, each with its digest on a line of its own: it is to be copied."""
    work = report.submission
    said = f"{work.source} · attempt {grade.attempt or '–'} · handed in {show_time(grade.submitted_at)}"
    add_facts(screen, [("submission", said)])
    if work.digest is not None:
        screen.add_command(work.digest, indent=4)
    add_facts(screen, [("assignment", report.assignment.title)])
    screen.add_command(report.assignment.digest, indent=4)
    if report.environment.image is not None:
        add_facts(screen, [("image", "of the sandbox")])
        screen.add_command(report.environment.image, indent=4)


def list_place(environment: EnvironmentPart) -> list[tuple[str, str]]:
    """In what it ran."""
    where = environment.sandbox + ("" if environment.is_sandbox else ", which kept nothing in")
    packages = ", ".join(f"{name} {version}" for name, version in sorted(environment.packages.items()))
    weights = ", ".join(f"{name} ({kind})" for name, kind in sorted(environment.weights.items()))
    facts = [
        ("sandbox", where),
        *(("caution", caution) for caution in environment.cautions),
        ("python", " · ".join(part for part in (environment.python, packages, environment.device) if part)),
        ("weights", weights),
        ("grader", environment.grader),
    ]
    return [(word, said) for word, said in facts if said]


def list_basis(basis: Basis | None) -> list[tuple[str, str]]:
    """The mark and its runs."""
    if basis is None:
        return [("mark", "isn't in the ledger any more")]
    runs = [("run", describe_run(run)) for run in basis.runs] or [("run", "none: nothing of it was run")]
    return [*runs, ("mark", f"{basis.mark_id}, {show_time(basis.marked_at)}, report {basis.mark_key[:16]}")]


def describe_run(run: RunTrace) -> str:
    """One run, and whether its evidence is still what it was."""
    if run.trouble:
        return f"{run.id}: {run.trouble}"
    node = f" on {run.node}" if run.node else ""
    return (
        f"{run.id}, {show_time(run.started_at)}, {show_duration(run.wall_seconds)}{node}, draw {run.draw};"
        " its evidence is whole, digests verified"
    )
