"""What must hold after an attack, each as a function that says what doesn't. Pure but for looking at the traps."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from grader.attacks.canaries import Canaries
from grader.attacks.corpus import Attack
from grader.attacks.expectation import Outcome
from grader.attacks.seen import Seen, bound_seconds
from grader.evidence.model import Evidence, QuestionEvidence
from grader.limits import MIB
from grader.report.model import QuestionReport, QuestionState, ReportStatus, Whose
from grader.spec.model import Assignment

__all__ = ["ATTACKER", "Trial", "describe_outcome", "list_findings", "snapshot"]

ATTACKER = "attacker"
"""The student who hands attacks in."""
LATE_SECONDS = 5.0
GROWTH_BYTES = 512 * MIB
"""Of the grader's own memory while it grades one submission of a small course."""
REPORT_BYTES = 4 * MIB
SAID = re.compile(r"^(TRIED|HELD|BREACH)\b ?(.*)$", flags=re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # the only sequences that our own screens hold
UNREADABLE = ("unreadable", "output_limit")
"""Problems of a question whose evidence was refused."""
NO_POINTS = (Outcome.FAIL, Outcome.STUDENT_ERROR, Outcome.REJECT, Outcome.INFRA)

Snapshot = Mapping[Path, tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One attack, what came of it, and what it is compared with.

    `clean` is the submission graded right after it; its own baseline where nothing of the attack ran.
    """

    attack: Attack
    assignment: Assignment
    seen: Seen
    honest: Seen
    clean: Seen
    clean_baseline: Seen
    home: Path
    home_before: Snapshot

    @property
    def question(self) -> str:
        """The question that is attacked."""
        return self.attack.expectation.question or self.assignment.questions[0].id

    @property
    def asked(self) -> QuestionReport:
        """Its report."""
        assert self.seen.report is not None
        return next(part for part in self.seen.report.questions if part.id == self.question)


def list_findings(trial: Trial, canaries: Canaries) -> list[str]:
    """Everything that doesn't hold, a sentence each; empty where the attack came to nothing, as expected."""
    findings = [*canaries.find_touched(), *find_changed(trial.home, trial.home_before)]
    if trial.seen.error is not None:
        return [f"the grader failed: {trial.seen.error}", *findings, *find_differences(trial)]
    for find in (find_breaches, find_unexpected, find_points, find_names, find_screens, find_excess):
        findings += find(trial)
    findings += find_leaks(trial, canaries)
    findings += find_differences(trial)
    return findings


def find_breaches(trial: Trial) -> Iterator[str]:
    """What the attack's own code says that it achieved."""
    yield from (f"BREACH {what}" for word, what in list_said(trial.seen) if word == "BREACH")
    yield from (f"the clean submission after it: BREACH {w}" for word, w in list_said(trial.clean) if word == "BREACH")


def list_said(seen: Seen) -> list[tuple[str, str]]:
    """The lines of TRIED, HELD and BREACH in what a submission printed, each once."""
    questions = seen.evidence.questions.values() if seen.evidence is not None else ()
    return list(dict.fromkeys(found for question in questions for found in SAID.findall(question.output)))


def find_unexpected(trial: Trial) -> Iterator[str]:
    """Whether the outcome is the expected one."""
    expectation = trial.attack.expectation
    report = trial.seen.report
    assert report is not None
    if expectation.outcome is not Outcome.INFRA and report.status is ReportStatus.NOT_GRADED:
        fault = report.fault.message if report.fault is not None else "no reason is told"
        yield f"it wasn't graded: {fault}"
        return
    got, fits = describe_outcome(trial)
    if not fits:
        kinds = f" ({' or '.join(expectation.kinds)})" if expectation.kinds else ""
        yield f"expected {expectation.outcome.value}{kinds}, got {got}"


def describe_outcome(trial: Trial) -> tuple[str, bool]:
    """What came of it in a few words, and whether that is as expected."""
    expectation, report, asked = trial.attack.expectation, trial.seen.report, trial.asked
    assert report is not None
    problem = asked.problem.code if asked.problem is not None else None
    got = f"{asked.id} {asked.status.value}" + (f" ({problem})" if problem else "")
    refused = report.fault.code if report.fault is not None and report.fault.whose is Whose.STUDENT else None
    match expectation.outcome:
        case Outcome.BLOCKED:
            said = list_said(trial.seen)
            tried = [f"{word} {what}".strip() for word, what in said if word != "BREACH"]
            return ("; ".join(tried) or f"nothing tried: {got}"), bool(tried)
        case Outcome.HARMLESS:
            return got, asked.status is QuestionState.PASSED and refused is None
        case Outcome.FAIL:
            failed = asked.status in (QuestionState.FAILED, QuestionState.PARTIAL, QuestionState.NOT_ATTEMPTED)
            return got, failed and problem is None and refused is None
        case Outcome.STUDENT_ERROR:
            return got, problem in expectation.kinds and refused is None
        case Outcome.REJECT:
            unreadable = problem if problem in UNREADABLE else None
            code = refused or unreadable
            return (f"refused ({code})" if code else got), code in expectation.kinds
        case Outcome.FLAG:
            notes = [note.code for note in report.notes] + [report.status.value]
            return f"{got}; notes: {', '.join(notes)}", any(kind in notes for kind in expectation.kinds)
        case Outcome.INFRA:
            return f"{report.status.value}", report.status is ReportStatus.NOT_GRADED


def find_points(trial: Trial) -> Iterator[str]:
    """Points: at most the honest baseline, less where the attack must cost them; the spared questions keep theirs."""
    report, honest = trial.seen.report, trial.honest.report
    assert report is not None and honest is not None
    points, most = report.score.points or Decimal(0), most_points(trial)
    if points > most:
        yield f"it earned {points} points; at most {most} are right"
    earned = {question.id: question.points for question in report.questions}
    for question in honest.questions:
        if question.id in trial.attack.expectation.spared and earned.get(question.id) != question.points:
            yield f"the question {question.id!r} should have been spared, and earned {earned.get(question.id)}"


def find_names(trial: Trial) -> Iterator[str]:
    """Whose it is says whoever calls the grader."""
    assert trial.seen.report is not None
    if trial.seen.report.student.id != ATTACKER:
        yield f"the report is {trial.seen.report.student.id!r}'s; the attack was handed in by {ATTACKER!r}"


def most_points(trial: Trial) -> Decimal:
    """The most that an attack may earn."""
    stated = trial.attack.expectation.points_at_most
    assert trial.honest.report is not None
    honest = trial.honest.report
    if stated is not None:
        return min(stated, honest.score.points or Decimal(0))
    lost = trial.attack.expectation.outcome in NO_POINTS
    worth = sum((q.points or Decimal(0) for q in honest.questions if q.id == trial.question), Decimal(0))
    return (honest.score.points or Decimal(0)) - (worth if lost else 0)


def find_screens(trial: Trial) -> Iterator[str]:
    """Screens obey nothing that a student wrote: no sequence but our own colours, no control character."""
    expectation = trial.attack.expectation
    for number, screen in enumerate(trial.seen.screens):
        text = COLOUR.sub("", screen) if number == 0 else screen
        odd = sorted({character for character in text if is_odd(character)})
        if odd:
            yield f"the screen holds {', '.join(f'U+{ord(character):04X}' for character in odd[:5])}"
        if number == 1 and not text.isascii():
            yield "the plain screen isn't ASCII"
    together = COLOUR.sub("", "\n".join(trial.seen.screens))
    yield from (f"the screen should show {text!r}" for text in expectation.shown if text not in together)
    yield from (f"the screen shows {text!r}" for text in expectation.never_shown if text in together)


def is_odd(character: str) -> bool:
    """Whether a terminal might obey a character, or show others in another order because of it."""
    return character != "\n" and not character.isprintable() and character not in "\u200c\u200d"


def find_excess(trial: Trial) -> Iterator[str]:
    """Time, memory and sizes within their bounds."""
    limits = trial.assignment.limits
    for name, result in trial.seen.results.items():
        bound = bound_seconds(trial.assignment) + LATE_SECONDS
        if result.wall_seconds > bound:
            yield f"the run {name} took {result.wall_seconds:.1f} s; its limits add up to {bound:.1f} s"
    walls = {question.id: question.wall_seconds or limits.wall_seconds for question in trial.assignment.questions}
    for question in trial.seen.evidence.questions.values() if trial.seen.evidence is not None else ():
        wall = walls.get(question.id, limits.wall_seconds)  # the question that loads a quiz's answers is none of these
        if question.seconds > wall + LATE_SECONDS:
            yield f"{question.id} ran {question.seconds:.1f} s; its limit is {wall:g} s"
    growth = trial.seen.peak_growth_bytes
    if growth is not None and growth > GROWTH_BYTES:
        yield f"the grader took {growth // MIB} MiB more memory; {GROWTH_BYTES // MIB} MiB are allowed"
    if len(trial.seen.json) > REPORT_BYTES:
        yield f"the report has {len(trial.seen.json):,} bytes; {REPORT_BYTES:,} are allowed"


def find_leaks(trial: Trial, canaries: Canaries) -> Iterator[str]:
    """Secrets in what came out of the attack."""
    for where, content in trial.seen.list_outputs():
        for name in canaries.find_leaks(content):
            yield f"{where} holds the {name}'s canary"


def find_differences(trial: Trial) -> Iterator[str]:
    """Where the next clean submission's evidence isn't that of a fresh machine."""
    clean, fresh = trial.clean, trial.clean_baseline
    if clean.error is not None or clean.evidence is None or fresh.evidence is None:
        fault = clean.report.fault.message if clean.report is not None and clean.report.fault is not None else ""
        yield f"the clean submission after it wasn't graded: {clean.error or fault or 'it left no evidence'}"
        return
    for name, there, here in compare(fresh.evidence, clean.evidence):
        yield f"the clean submission after it differs from one on a fresh machine: {name}: {there} there, {here} here"


def compare(fresh: Evidence, clean: Evidence) -> Iterator[tuple[str, str, str]]:
    """What differs between two pieces of evidence, but for times and sizes."""
    there, here = dict(flatten(fresh)), dict(flatten(clean))
    for name in [*there, *(name for name in here if name not in there)]:
        if there.get(name) != here.get(name):
            yield name, *show_difference(str(there.get(name, "nothing")), str(here.get(name, "nothing")))


def show_difference(there: str, here: str, *, most: int = 120) -> tuple[str, str]:
    """The first lines that differ."""
    pairs = zip([*there.splitlines(), ""], [*here.splitlines(), ""], strict=False)
    one, other = next(((one, other) for one, other in pairs if one != other), (there, here))
    return repr(one[:most]), repr(other[:most])


def flatten(evidence: Evidence) -> Iterator[tuple[str, Any]]:
    """Evidence as named values."""
    yield "exit", evidence.exit.value
    yield "versions", (evidence.python, sorted(evidence.packages.items()), evidence.device)
    yield "complete", (evidence.complete, evidence.fault)
    for question in evidence.questions.values():
        for name, value in flatten_question(question):
            yield f"{question.id}.{name}", value


def flatten_question(question: QuestionEvidence) -> Iterator[tuple[str, Any]]:
    """One question as named values."""
    yield "exit", question.exit.value
    yield "problem", question.problem
    yield "output", question.output
    yield "definitions_only", question.definitions_only
    for name, record in question.records.items():
        yield f"records.{name}", record
    for kind, arrays in (("arrays", question.arrays), ("predictions", question.predictions)):
        for name, array in arrays.items():
            yield f"{kind}.{name}", (array.dtype.str, array.shape, hashlib.sha256(array.tobytes()).hexdigest())


def snapshot(folder: Path) -> dict[Path, tuple[int, int]]:
    """The files below a folder, with size and time of change; files that are just being written are left out."""
    files = {}
    for path in folder.rglob("[!.]*"):
        if path.is_file():
            about = path.stat()
            files[path] = (about.st_size, about.st_mtime_ns)
    return files


def find_changed(folder: Path, before: Snapshot) -> Iterator[str]:
    """What the grader keeps (earlier runs, the reference's evidence) must stay as it was."""
    now = snapshot(folder)
    for path, about in before.items():
        if now.get(path) != about:
            yield f"the grader's own file {path.name!r} was changed"
