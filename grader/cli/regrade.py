"""`grade regrade`: grade a class again after a change, from what the ledger keeps, and show what that changed."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.class_run import (
    ClassOption,
    ClassRun,
    EngineName,
    EngineOption,
    JobsOption,
    OutOption,
    RayOption,
    open_class_ledger,
    place_plan,
)
from grader.cli.options import ColdOption, PlainOption, SandboxName, SandboxOption, UnprovedOption
from grader.cli.status import ExitStatus
from grader.errors import UsageError

if TYPE_CHECKING:  # only names for types
    from grader.batch.plan import Plan
    from grader.batch.rules import ClassRules

__all__ = ["regrade"]


def regrade(
    assignment: Annotated[str, typer.Argument(metavar="ASSIGNMENT", help="Its name or folder.", show_default=False)],
    out: OutOption = Path("results"),
    rules: ClassOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; record no grade.")] = False,
    jobs: JobsOption = None,
    engine: EngineOption = EngineName.LOCAL,
    ray: RayOption = None,
    sandbox: SandboxOption = SandboxName.AUTO,
    cold: ColdOption = False,
    allow_unproved: UnprovedOption = False,
    plain: PlainOption = False,
    json: Annotated[str | None, typer.Option("--json", metavar="PATH|-", help="The difference as JSON.")] = None,
) -> ExitStatus:
    """Grade a class again after a change: only what it touches is run; shows who moves up, who down, and why."""
    from rich.console import Console

    from grader.batch.difference import compare_grades, describe_difference
    from grader.batch.plan import read_plan
    from grader.cli.batch_screens import print_difference
    from grader.cli.find import find_assignment
    from grader.cli.printing import write_json
    from grader.cli.settings import read_settings

    found = find_assignment(None, named=assignment, here=Path.cwd()).load()
    run = ClassRun(
        assignment=found,
        out=out,
        sandbox=sandbox.value,
        cold=cold,
        allow_unproved=allow_unproved,
        jobs=jobs,
        engine=engine,
        ray=ray,
        plain=plain,
    )
    plan = read_plan(place_plan(out, found.slug))
    by = choose_rules(plan, rules, slug=found.slug)
    settings = read_settings()
    workshop = run.open_early(settings)
    with open_class_ledger(out) as ledger:
        workshop = workshop or run.open_late(settings, plan, ledger)
        outcome = run.grade(plan, rules=by, workshop=workshop, ledger=ledger, record=not dry_run)
        if not dry_run:
            run.write(outcome, plan, workshop=workshop, ledger=ledger)
    difference = compare_grades(outcome.before, outcome.grades)
    console = Console(stderr=json == "-", highlight=False, no_color=plain or None)
    print_difference(console, difference, slug=found.slug, plain=plain)
    if json is not None:
        write_json({"assignment": found.slug, "recorded": not dry_run, **describe_difference(difference)}, json)
    return run.end(outcome)


def choose_rules(plan: "Plan", given: Path | None, *, slug: str) -> "ClassRules":
    """The rules: those given now, else those of the last batch.

    Raises:
        SpecError: they are unsound.
        UsageError: they name somebody who isn't in the class, or aren't kept any more.
    """
    from grader.batch.rules import ClassRules, read_rules

    if given is not None:
        rules = read_rules(given, slug=slug)
        known = {row.student_id for row in plan.rows}
        strangers = [name for name in (*rules.extensions, *rules.accommodations) if name not in known]
        if strangers:
            raise UsageError(f"{given} names students who aren't in the last batch: {', '.join(strangers[:5])}")
        return rules
    if plan.rules_forgotten:
        raise UsageError(
            "class.toml isn't kept any more: its text named somebody who was purged",
            details=("Take them out of the file, and give it again: without it nothing would be late.",),
            command=f"grade regrade {slug} --class class.toml",
        )
    if plan.rules is None:
        return ClassRules()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "class.toml")
        path.write_text(plan.rules, "utf-8")
        return read_rules(path, slug=slug)
