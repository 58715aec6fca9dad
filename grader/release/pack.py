"""Makes a release: a student's working folder as a zip, proved by search to hold nothing hidden.

    hw1/README.md  hw1/requirements.txt           what to do, the versions that it is graded with
    hw1/hw1.py  hw1/hw1.ipynb                     the handout, a variant's values filled in
    hw1/data/                                     the files that come with it, as they lie beside the code in a run
    hw1/.grade/course.toml                        which assignment this is
    hw1/.grade/hw1/                               its public folder, byte for byte
    hw1/.grade/practice/                          what marking at home needs: see `practice`

The same assignment, secret and recipient give the same bytes.
"""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import tomlkit

from grader.collect import Workshop
from grader.errors import Fault, SpecError
from grader.evidence.model import Evidence
from grader.hand_in import pack_members
from grader.ingest import compose_submission
from grader.jobs import keep_data, read_data_files
from grader.marking import load_authors_checks, mark_evidence
from grader.reference import obtain_evidence
from grader.release.handout import find_stale, read_folder, read_handout
from grader.release.hidden import gather_hidden
from grader.release.leaks import Hidden, Leak, find_leaks
from grader.release.practice import Practised, Recipient, pack_practice, practise
from grader.release.readme import write_readme, write_requirements
from grader.spec.fields import fill_file
from grader.spec.model import Assignment
from grader.spec.variants import fill_assignment

__all__ = ["Prepared", "Release", "make_release", "prepare_release", "search_release"]

MOST_TOLD = 20


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A release for a variant, made and searched once; what a single student's adds is little. `leaks` were found."""

    leaks: tuple[Leak, ...]
    practised: Practised
    hidden: Hidden
    members: Mapping[str, bytes]
    hand_in: str | None


@dataclass(frozen=True, kw_only=True)
class Release:
    """A finished release. `unsearched` is what was too short or plain to be searched for; `not_at_home` the checks that
    aren't marked at home, as "question.check".
    """

    content: bytes
    files: tuple[str, ...]
    unsearched: tuple[str, ...]
    not_at_home: tuple[str, ...]


def prepare_release(
    assignment: Assignment, recipient: Recipient, *, workshop: Workshop, draws: int = 1, hand_in: str | None = None
) -> Prepared:
    """A release for everybody of a variant, in which nothing hidden was found.

    Raises:
        SpecError: something hidden is in it, or the handout answers a question: each with the member and what was
            found. And as `search_release`.
    """
    prepared = search_release(assignment, recipient, workshop=workshop, draws=draws, hand_in=hand_in)
    refuse_leaks(assignment, prepared.leaks)
    return prepared


def search_release(
    assignment: Assignment, recipient: Recipient, *, workshop: Workshop, draws: int = 1, hand_in: str | None = None
) -> Prepared:
    """A release for everybody of a variant, and what was found in it that must not be there: for `grade validate`.

    Raises:
        SpecError: the handout isn't what the solution gives, there is none, or the solution doesn't finish.
        ProvisionError, SandboxError: the reference can't be had.
    """
    refuse_stale(assignment)
    handout = fill_handout(assignment, recipient)
    practised = practise(assignment, recipient, workshop=workshop, draws=draws)
    members = lay_out(assignment, practised, handout, hand_in=hand_in)
    hidden = gather_hidden(assignment, practised, secret=workshop.secret)
    leaks = (*find_leaks(members, hidden), *find_answered(assignment, practised, handout, workshop=workshop))
    return Prepared(leaks=leaks, practised=practised, hidden=hidden, members=members, hand_in=hand_in)


def make_release(assignment: Assignment, prepared: Prepared, recipient: Recipient) -> Release:
    """The zip of a student, from what was prepared for the variant. Raises as `prepare_release`."""
    practised = replace(prepared.practised, recipient=recipient)
    own = place_practice(assignment, practised, prepared.hand_in)
    changed = {path: content for path, content in own.items() if prepared.members.get(path) != content}
    refuse_leaks(assignment, find_leaks(changed, prepared.hidden))
    members = {**prepared.members, **own}
    shown = practised.shown
    return Release(
        content=pack_members(members, compression=zipfile.ZIP_DEFLATED),
        files=tuple(members),
        unsearched=prepared.hidden.unsearched,
        not_at_home=tuple(
            f"{question.id}.{check.id}"
            for question in assignment.questions
            for check in question.checks
            if check.id not in shown.get(question.id, ())
        ),
    )


def refuse_stale(assignment: Assignment) -> None:
    """Hold the handout to the solution that it is made from.

    Raises:
        SpecError: they have drifted apart.
    """
    stale = find_stale(assignment)
    if stale:
        names = ", ".join(stale)
        fault = Fault(f"assignments/{assignment.slug}/handout", f"not what the solution gives: {names}")
        raise SpecError(
            f"the handout of {assignment.slug!r} isn't what its solution gives",
            faults=(fault,),
            details=("It is the solution without what stands between BEGIN SOLUTION and END SOLUTION.",),
            command=f"grade release {assignment.slug} --update-handout",
        )


def fill_handout(assignment: Assignment, recipient: Recipient) -> dict[str, bytes]:
    """The handout with the variant's values in it."""
    return {name: fill_file(name, content, recipient.variant) for name, content in read_handout(assignment).items()}


def lay_out(
    assignment: Assignment, practised: Practised, handout: Mapping[str, bytes], *, hand_in: str | None
) -> dict[str, bytes]:
    """The members of the zip, in their order."""
    slug, evidence = assignment.slug, practised.evidence[0]
    texts = {
        "README.md": write_readme(
            assignment,
            variant=practised.recipient.variant,
            shown=practised.shown,
            files=list(handout),
            hand_in=hand_in,
        ),
        "requirements.txt": write_requirements(assignment, python=evidence.python, packages=evidence.packages),
    }
    course = tomlkit.dumps({"assignment": slug}).encode()
    public = {name: content for name, content in read_folder(assignment.folder).items() if is_public(name)}
    return {
        **{f"{slug}/{name}": content for name, content in {**texts, **handout, **read_data_files(assignment)}.items()},
        f"{slug}/.grade/course.toml": course,
        **{f"{slug}/.grade/{slug}/{name}": content for name, content in public.items()},
        **place_practice(assignment, practised, hand_in),
    }


def is_public(name: str) -> bool:
    """Whether a file of the public folder goes out: what is hidden on a disk, or begins with _, is the author's own."""
    return not any(part.startswith((".", "_")) for part in name.split("/"))


def place_practice(assignment: Assignment, practised: Practised, hand_in: str | None) -> dict[str, bytes]:
    """The files of `.grade/practice/`, by their place in the zip."""
    files = pack_practice(assignment, practised, hand_in=hand_in)
    return {f"{assignment.slug}/.grade/practice/{name}": content for name, content in files.items()}


def find_answered(
    assignment: Assignment, practised: Practised, handout: Mapping[str, bytes], *, workshop: Workshop
) -> Iterator[Leak]:
    """The questions that the handout answers by itself, as script and as notebook: somewhere in it is a solution. Of
    what isn't marked, no search tells it; so it is run and marked as a student's.
    """
    for suffix in (".py", ".ipynb"):
        contents = {name: content for name, content in handout.items() if not name.endswith((".py", ".ipynb"))}
        contents |= {name: content for name, content in handout.items() if name.endswith(suffix)}
        submission = compose_submission(contents, files=assignment.files)
        if not submission.programs:
            continue
        draw, data, reference = practised.counting_draws[0], practised.counting_data[0], practised.counting[0]
        evidence = obtain_evidence(assignment, submission, draw=draw, data=data, workshop=workshop).evidence
        for question in list_answered(assignment, evidence, reference, practised, workshop):
            what = f"the answer to {question!r}: as it is given out it earns points"
            yield Leak(path=f"handout/{submission.programs[0].path}", what=what)


def list_answered(
    assignment: Assignment, evidence: Evidence, reference: Evidence, practised: Practised, workshop: Workshop
) -> list[str]:
    """The questions for which evidence earns anything."""
    marks = mark_evidence(
        fill_assignment(assignment, practised.recipient.variant),
        evidence,
        reference,
        kept=keep_data(assignment, data=practised.counting_data[0], vault=workshop.vault),
        authors=load_authors_checks(assignment),
    )
    return [question.id for question in marks.score.questions if question.points]


def refuse_leaks(assignment: Assignment, leaks: Sequence[Leak]) -> None:
    """Refuse a release in which something hidden was found.

    Raises:
        SpecError: each thing, with the member that holds it.
    """
    if not leaks:
        return
    faults = tuple(Fault(leak.path, f"it holds {leak.what}", leak.begins or None) for leak in leaks[:MOST_TOLD])
    more = (f"and {len(leaks) - MOST_TOLD} more",) if len(leaks) > MOST_TOLD else ()
    raise SpecError(
        f"{assignment.slug!r} isn't released: something hidden is in what students would get",
        faults=faults,
        details=(*more, "Take it out of the public folder, or put solution parts between the markers."),
    )
