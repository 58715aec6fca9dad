"""`grade batch`: grade a class, from a roster and a folder of submissions to a gradebook."""

from dataclasses import dataclass
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
from grader.cli.guard import tell
from grader.cli.options import ColdOption, PlainOption, SandboxName, SandboxOption, UnprovedOption
from grader.cli.status import ExitStatus
from grader.errors import ProvisionError, SpecError, UsageError

if TYPE_CHECKING:  # only names for types
    from grader.batch.ledger import Ledger
    from grader.batch.model import Intake, Roster
    from grader.batch.plan import Plan
    from grader.batch.rules import ClassRules
    from grader.spec.model import Assignment

__all__ = ["batch"]


def batch(
    assignment: Annotated[str, typer.Argument(metavar="ASSIGNMENT", help="Its name or folder.", show_default=False)],
    roster: Annotated[Path, typer.Option("--roster", metavar="FILE", help="Who is in the class.", show_default=False)],
    submissions: Annotated[
        Path, typer.Option("--submissions", metavar="FOLDER", help="What was handed in.", show_default=False)
    ],
    out: OutOption = Path("results"),
    rules: ClassOption = None,
    jobs: JobsOption = None,
    engine: EngineOption = EngineName.LOCAL,
    ray: RayOption = None,
    sandbox: SandboxOption = SandboxName.AUTO,
    cold: ColdOption = False,
    allow_unproved: UnprovedOption = False,
    plain: PlainOption = False,
) -> ExitStatus:
    """Grade a class. Again with the same folders, only what is new or changed is run."""
    from grader.cli.find import find_assignment
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
    chosen = read_class(found, roster=roster, submissions=submissions, rules=rules)
    settings = read_settings()
    workshop = run.open_early(settings)
    with open_class_ledger(out) as ledger:
        warn_of_dropped_rules(out, found, chosen)
        plan = plan_class(found, chosen, ledger=ledger, out=out)
        workshop = workshop or run.open_late(settings, plan, ledger)
        return run.finish(plan, rules=chosen.rules, workshop=workshop, ledger=ledger)


@dataclass(frozen=True, kw_only=True)
class ClassFiles:
    """What the files say: who is in the class, what was handed in, by which rules."""

    roster: "Roster"
    intake: "Intake"
    rules: "ClassRules"
    rules_text: str | None


def read_class(assignment: "Assignment", *, roster: Path, submissions: Path, rules: Path | None) -> ClassFiles:
    """Read everything that is to be known before anything runs.

    Raises:
        SpecError: the roster or class.toml is unsound, or they don't fit together.
        UsageError: there is no such folder.
    """
    from grader.batch.intake import find_handed_in
    from grader.batch.roster import read_roster
    from grader.batch.rules import ClassRules, find_strangers, read_rules

    by = ClassRules() if rules is None else read_rules(rules, slug=assignment.slug)
    who = read_roster(roster, zone=by.zone)
    strangers = find_strangers(by, who)
    if strangers:
        raise SpecError(f"{rules} names students who aren't in {roster}", faults=strangers)
    if not submissions.exists():
        raise UsageError(f"no folder {str(submissions)!r}", details=("--submissions takes what was handed in.",))
    return ClassFiles(
        roster=who,
        intake=find_handed_in(submissions, who, assignment=assignment, teams=by.teams),
        rules=by,
        rules_text=None if rules is None else drop_comments(rules.read_text("utf-8-sig")),
    )


def drop_comments(text: str) -> str:
    """The same TOML without its comments, in which people name people: only ids are kept, see `grade purge`."""
    import tomlkit

    return tomlkit.dumps(tomlkit.parse(text).unwrap())


def warn_of_dropped_rules(out: Path, assignment: "Assignment", files: ClassFiles) -> None:
    """Say so where the last batch went by rules and this one goes by none: everybody is in time then."""
    from grader.batch.plan import read_plan

    path = place_plan(out, assignment.slug)
    if files.rules_text is not None or not path.is_file():
        return
    if read_plan(path).rules is not None:
        tell(
            "note: the last batch went by a class.toml and this one has none: nobody is late now, no extension counts."
        )
        tell("  Was that not meant? The same command with --class class.toml sets it right; no work is run again.")


def plan_class(assignment: "Assignment", files: ClassFiles, *, ledger: "Ledger", out: Path) -> "Plan":
    """The plan, read and kept.

    Raises:
        ProvisionError: it can't be written.
    """
    from grader.batch.plan import make_plan, save_plan

    plan = make_plan(
        files.roster,
        files.intake,
        assignment=assignment,
        ledger=ledger,
        teams=files.rules.teams,
        rules=files.rules_text,
    )
    try:
        save_plan(plan, place_plan(out, assignment.slug))
    except OSError as error:
        raise ProvisionError(f"{str(out)!r} can't be written: {error.strerror or error}") from error
    return plan
