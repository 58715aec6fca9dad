"""`grade release`: a student's working folder as a zip, proved to hold nothing hidden; one for each student where the
assignment has personal variants.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.guard import tell
from grader.cli.options import ColdOption, SandboxName, SandboxOption, UnprovedOption
from grader.cli.status import ExitStatus
from grader.errors import ProvisionError, SpecError, UsageError

if TYPE_CHECKING:  # only names for types
    from grader.collect import Workshop
    from grader.release import Prepared, Recipient, Release
    from grader.spec.model import Assignment

__all__ = ["release"]

MOST_TOLD = 12


def release(
    assignment: Annotated[str, typer.Argument(metavar="ASSIGNMENT", help="Its name or folder.", show_default=False)],
    roster: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Who is in the class: a zip for each, where variants differ.")
    ] = None,
    rules: Annotated[
        Path | None, typer.Option("--class", metavar="FILE", help="class.toml: teams, which share a variant.")
    ] = None,
    student: Annotated[str | None, typer.Option(metavar="ID", help="One student's alone, or a team's.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where it goes (default: releases/<assignment>).")
    ] = None,
    draws: Annotated[int, typer.Option(metavar="N", min=1, max=8, help="Sets of inputs to practise on.")] = 1,
    update_handout: Annotated[
        bool, typer.Option("--update-handout", help="Only write handout/ anew, from the solution's marked parts.")
    ] = False,
    sandbox: SandboxOption = SandboxName.AUTO,
    cold: ColdOption = False,
    allow_unproved: UnprovedOption = False,
) -> ExitStatus:
    """Pack what students get: handout, README, and what marking at home needs. Nothing hidden is in it, or it fails."""
    from grader.cli.find import find_assignment
    from grader.cli.settings import read_settings
    from grader.cli.workshop import open_workshop, take_sandbox

    found = find_assignment(None, named=assignment, here=Path.cwd())
    loaded = found.load()
    if update_handout:
        return renew_handout(loaded)
    settings = read_settings()
    chosen = take_sandbox(
        sandbox.value, allow_process=False, settings=settings, allow_unproved=allow_unproved, warm=not cold
    )
    workshop = open_workshop(settings, sandbox=chosen)
    workshop.vault.require(loaded.weights, needed_by=loaded.slug)
    whose = list_recipients(loaded, roster=roster, rules=rules, student=student, secret=workshop.secret)
    maker = Maker(assignment=loaded, workshop=workshop, draws=draws, hand_in=found.course.hand_in)
    folder = out or Path("releases") / loaded.slug
    for recipient in whose:
        write_release(folder / f"{name_file(recipient, loaded)}.zip", maker.make(recipient))
    tell_end(folder, maker, count=len(whose))
    return ExitStatus.DONE


def renew_handout(assignment: "Assignment") -> ExitStatus:
    """Write the handout that the solution gives."""
    from grader.release import make_handout, write_handout

    if not make_handout(assignment):
        raise UsageError(
            f"the solution of {assignment.slug!r} has no marked parts, so its handout is written by hand",
            details=("Mark them with # BEGIN SOLUTION and # END SOLUTION, each on a line of its own.",),
        )
    try:
        written = write_handout(assignment)
    except OSError as error:
        raise ProvisionError(f"the handout can't be written: {error.strerror or error}") from error
    for name in written:
        typer.echo(f"written: {assignment.folder / 'handout' / name}")
    if not written:
        typer.echo("the handout is what the solution gives")
    return ExitStatus.DONE


def list_recipients(
    assignment: "Assignment", *, roster: Path | None, rules: Path | None, student: str | None, secret: bytes
) -> "list[Recipient]":
    """Whom a zip is for: everybody, or each by name where variants differ.

    Raises:
        UsageError: nobody is named where each has another variant, or both a roster and a student.
        SpecError: the roster or class.toml is unsound.
    """
    from grader.release import Recipient

    if roster is not None and student is not None:
        raise UsageError("give either --roster or --student")
    if not assignment.variants:
        return [Recipient(variant={})]
    names = [(student, student)] if student is not None else list(read_class(roster, rules, slug=assignment.slug))
    return [name_recipient(assignment, id, team, secret=secret) for id, team in names]


def name_recipient(assignment: "Assignment", id: str, team: str, *, secret: bytes) -> "Recipient":
    """Somebody with the variant of the own name, or of the team's."""
    from grader.draws import pick_variant
    from grader.release import Recipient

    return Recipient(id=id, variant=pick_variant(assignment, secret=secret, student=team))


def read_class(roster: Path | None, rules: Path | None, *, slug: str) -> Iterator[tuple[str, str]]:
    """The students of a class, each with the name by which the variant is drawn."""
    from grader.batch.roster import read_roster
    from grader.batch.rules import ClassRules, find_strangers, read_rules

    if roster is None:
        raise UsageError(
            f"whose release? {slug!r} differs from student to student",
            details=("--roster takes the class's list, --student one id.",),
            command=f"grade release {slug} --roster roster.csv",
        )
    by = ClassRules() if rules is None else read_rules(rules, slug=slug)
    who = read_roster(roster, zone=by.zone)
    strangers = find_strangers(by, who)
    if strangers:
        raise SpecError(f"{rules} names students who aren't in {roster}", faults=strangers)
    team_of = {member: team for team, members in by.teams.items() for member in members}
    yield from ((one.id, team_of.get(one.id, one.id)) for one in who.students)


@dataclass
class Maker:
    """Makes releases, what is common to a variant once."""

    assignment: "Assignment"
    workshop: "Workshop"
    draws: int
    hand_in: str | None
    unsearched: dict[str, None] = field(default_factory=dict)
    not_at_home: Sequence[str] = ()
    prepared: "dict[str, Prepared]" = field(default_factory=dict)

    def make(self, recipient: "Recipient") -> "Release":
        """The release of one."""
        from grader.release import Recipient, make_release, prepare_release
        from grader.spec.fields import say_variant

        said = say_variant(recipient.variant)
        if said not in self.prepared:
            everybody = Recipient(variant=recipient.variant)
            self.prepared[said] = prepare_release(
                self.assignment, everybody, workshop=self.workshop, draws=self.draws, hand_in=self.hand_in
            )
        made = make_release(self.assignment, self.prepared[said], recipient)
        self.unsearched |= dict.fromkeys(made.unsearched)
        self.not_at_home = made.not_at_home
        return made


def name_file(recipient: "Recipient", assignment: "Assignment") -> str:
    """A zip's name: the id and nothing else of a person; the assignment's where it is everybody's."""
    from grader.hand_in import name_folder

    return assignment.slug if recipient.id is None else name_folder(recipient.id)


def write_release(path: Path, made: "Release") -> None:
    """Write a zip, whole or not at all."""
    from grader.durable import write_whole

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_bytes() != made.content:
            write_whole(path, made.content)
    except OSError as error:
        raise ProvisionError(f"{str(path)!r} can't be written: {error.strerror or error}") from error


def tell_end(folder: Path, maker: Maker, *, count: int) -> None:
    """What was made, what isn't marked at home, and what the search can't vouch for."""
    variants = f", {len(maker.prepared)} variants" if maker.assignment.variants else ""
    typer.echo(f"{count} {'zip' if count == 1 else 'zips'} in {folder}{variants}. Nothing hidden was found in any.")
    if maker.not_at_home:
        typer.echo(f"Not marked at home: {shorten(maker.not_at_home)}")
    if maker.unsearched:
        tell(f"note: too short or plain to be searched for: {shorten(list(maker.unsearched))}")
    sys.stdout.flush()


def shorten(names: Sequence[str]) -> str:
    """The first names of many."""
    more = f" and {len(names) - MOST_TOLD} more" if len(names) > MOST_TOLD else ""
    return ", ".join(names[:MOST_TOLD]) + more
