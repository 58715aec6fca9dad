"""What can be told without running anything: the specification, the handout, weights and data."""

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from grader.check_assignment import list_trials
from grader.collect import Workshop
from grader.errors import Fault, GraderError, ProvisionError, SandboxError, SpecError, SubmissionError
from grader.ingest.submission import Program
from grader.reference import read_authors
from grader.spec.fields import find_combination
from grader.spec.model import Assignment
from grader.validate.finding import Finding, Severity, Stage, StageResult
from grader.validate.mutation.accepted import read_accepted
from grader.weights.vault import State

__all__ = ["examine_handout", "examine_material", "examine_specification", "tell_faults"]

MAGIC = re.compile(r"^\s*[%!?]|^\s*[\w.]+\?{1,2}\s*$")


def tell_faults(error: GraderError, *, code: str = "unsound") -> tuple[Finding, ...]:
    """An error as findings: each of its faults, or the error itself."""
    ours = isinstance(error, ProvisionError | SandboxError)
    faults = getattr(error, "faults", ()) or (Fault("", error.message, error.command),)
    return tuple(
        Finding(
            severity=Severity.ERROR,
            code="not_here" if ours else code,
            where=fault.path or "this machine" if ours else fault.path,
            what=fault.message,
            remedy=fault.suggestion or "",
            details=() if fault.path else error.details,
            ours=ours,
        )
        for fault in faults
    )


def examine_specification(assignment: Assignment) -> StageResult:
    """The specification was read; what belongs to it, descriptions of mutants and accepted ones, all faults at once."""
    findings: list[Finding] = []
    if assignment.reference is not None:
        for read in (list_trials, read_accepted):
            try:
                read(assignment)
            except SpecError as error:
                findings += tell_faults(error)
    checks = sum(len(question.checks) for question in assignment.questions)
    summary = f"{len(assignment.questions)} questions, {checks} checks, {assignment.points.normalize():f} points"
    return StageResult(
        stage=Stage.SPECIFICATION, summary=summary, findings=tuple(findings), facts={"digest": assignment.digest}
    )


def examine_handout(assignment: Assignment) -> StageResult:
    """What students get can be handed in as it is, as script and as notebook, and parses."""
    folder = assignment.folder / "handout"
    findings: list[Finding] = []
    read: list[str] = []
    for name in list_forms(assignment.files):
        if (folder / name).is_file():
            read.append(name)
            findings += examine_form(assignment, folder / name)
    for name in assignment.files:
        forms = set(list_forms((name,)))
        if forms and not forms & set(read):
            findings.append(tell_missing(name))
    return StageResult(
        stage=Stage.HANDOUT,
        summary=", ".join(read) or "nothing to look at",
        findings=tuple(findings),
        facts={"files": read},
    )


def list_forms(files: Iterable[str]) -> Iterator[str]:
    """The graded programs as script and as notebook."""
    for name in files:
        if name.endswith((".py", ".ipynb")):
            stem = name.rsplit(".", 1)[0]
            yield from (f"{stem}.py", f"{stem}.ipynb")


def tell_missing(name: str) -> Finding:
    """The handout lacks a graded file."""
    return Finding(
        severity=Severity.WARNING,
        code="no_handout",
        where=f"handout/{name}",
        what="students get nothing to begin with: the file that is graded isn't in the handout",
        remedy=f"put a {name} there that defines every function asked for, and leaves its body to the student",
    )


def examine_form(assignment: Assignment, path: Path) -> Iterator[Finding]:
    """One form of the handout."""
    try:
        submission = read_authors(assignment, path, find_combination(assignment.variants, 0))
    except SubmissionError as error:
        yield from (tell_unreadable(path, error.message),)
        return
    for program in submission.programs:
        for place, source in list_sources(program):
            fault = find_syntax_fault(source)
            if fault is not None:
                yield tell_unreadable(path, f"{place}: {fault}" if place else fault)


def tell_unreadable(path: Path, reason: str) -> Finding:
    """A form of the handout that nobody could begin with."""
    return Finding(
        severity=Severity.ERROR,
        code="handout",
        where=f"handout/{path.name}",
        what=f"it can't be read as a submission: {reason}",
        remedy="what students get must load as it is",
    )


def list_sources(program: Program) -> Iterator[tuple[str, str]]:
    """A script, or each cell of a notebook with its magics and shell lines blanked, and where it stands."""
    if program.cells is None:
        yield "", program.source or ""
    for cell in program.cells or ():
        lines = cell.source.splitlines()
        if not (lines and lines[0].lstrip().startswith("%%")):
            plain = ("pass" if MAGIC.match(line) and not line.startswith(" ") else line for line in lines)
            yield f"cell {cell.number}", "\n".join(plain)


def find_syntax_fault(source: str) -> str | None:
    """Why Python can't parse a text."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError) as error:
        return str(error)
    return None


def examine_material(assignment: Assignment, workshop: Workshop) -> StageResult:
    """Weights are in the vault, each file with its digest; data files are there (the specification is refused else)."""
    findings: list[Finding] = []
    weights: dict[str, str] = {}
    for status in workshop.vault.list_status(assignment.weights, verify=True) if assignment.weights else ():
        name = status.checkpoint.name
        if status.state is State.READY and status.entry is not None:
            weights[name] = f"{status.entry.kind.value}:sha256:{status.entry.sha256}"
            if status.entry.kind.value != "real":
                findings.append(tell_standin(name))
        else:
            findings.append(tell_weights(name, status.problem or "it isn't in the vault", assignment.slug))
    parts = [f"{len(weights)} of {len(assignment.weights)} weights"] if assignment.weights else []
    parts += [f"{len(assignment.data)} data files"] if assignment.data else []
    return StageResult(
        stage=Stage.MATERIAL,
        summary=", ".join(parts) or "none needed",
        findings=(*findings, *tell_private(assignment)),
        facts={"weights": weights, "data": dict(assignment.data_digests)},
    )


def tell_private(assignment: Assignment) -> Iterator[Finding]:
    """The private part isn't here."""
    if assignment.reference is None:
        error = ProvisionError(f"reference/{assignment.slug} isn't on this machine, so nothing can be tried")
        yield from tell_faults(error)


def tell_standin(name: str) -> Finding:
    """Weights that only have the right shapes."""
    return Finding(
        severity=Severity.NOTE,
        code="standin",
        where=name,
        what="a stand-in is used: what rests on pre-trained features is tried with others",
        remedy=f"grade weights fetch {name}",
    )


def tell_weights(name: str, problem: str, slug: str) -> Finding:
    """Weights that aren't here, or not whole."""
    return Finding(
        severity=Severity.ERROR,
        code="weights",
        where=name,
        what=problem,
        remedy=f"grade weights fetch {slug}, or without a network: grade weights standin {slug}",
        ours=True,
    )
