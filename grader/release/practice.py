"""What a release brings for marking at home: `.grade/practice/`, made where the reference is.

    practice.json     which assignment, for whom and which variant, which checks are marked at home, hints on mistakes
    0.frames          what these checks need of the reference's evidence, for practice draw 0
    0.given           what enters a run on practice draw 0: the arrays of data.py's `given`, as safetensors

A practice draw is named by the secret as any other, and for another purpose: its inputs never count, and its key gives
none away that do.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grader import __version__
from grader.check_assignment import Trial, TrialKind, list_trials
from grader.collect import Workshop
from grader.draws import Data, Draw, load_data, name_draw
from grader.evidence.model import Evidence
from grader.reference import obtain_reference
from grader.release.shown import Shown, list_shown, narrow_to_shown, pack_evidence
from grader.spec.fields import Variant, fill_prose
from grader.spec.model import Assignment, Visibility

__all__ = ["PRACTICE_VERSION", "Practised", "Recipient", "list_mistakes", "pack_practice", "practise"]

PRACTICE_VERSION = 1
PURPOSE = "practice-"


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Whom a release is for: a student or team by id (None: everybody), and the variant."""

    id: str | None = None
    variant: Variant


@dataclass(frozen=True, kw_only=True)
class Practised:
    """The reference's work on what is practised, and on the draws that count, for one variant."""

    recipient: Recipient
    draws: tuple[Draw, ...]
    data: tuple[Data, ...]
    evidence: tuple[Evidence, ...]
    counting: tuple[Evidence, ...]  # in the order of the assignment's draws
    counting_data: tuple[Data, ...]
    counting_draws: tuple[Draw, ...]
    shown: Shown


def practise(assignment: Assignment, recipient: Recipient, *, workshop: Workshop, draws: int) -> Practised:
    """Have the reference work on practice draws and on every draw that counts; cached, as always.

    Raises:
        SpecError: the solution doesn't finish.
        ProvisionError, SandboxError: the reference's evidence can't be had.
    """
    variant = recipient.variant
    practice = [
        name_draw(assignment, number, secret=workshop.secret, variant=variant, purpose=PURPOSE)
        for number in range(draws)
    ]
    counting = [
        name_draw(assignment, number, secret=workshop.secret, variant=variant) for number in range(assignment.draws)
    ]
    data = {draw.key: load_data(assignment, draw) for draw in (*practice, *counting)}
    evidence = {
        draw.key: obtain_reference(assignment, draw=draw, data=data[draw.key], workshop=workshop)
        for draw in (*practice, *counting)
    }
    known = tuple(evidence[draw.key] for draw in counting)
    shown = [list_shown(assignment, evidence[draw.key], known) for draw in practice]
    return Practised(
        recipient=recipient,
        draws=tuple(practice),
        data=tuple(data[draw.key] for draw in practice),
        evidence=tuple(evidence[draw.key] for draw in practice),
        counting=known,
        counting_data=tuple(data[draw.key] for draw in counting),
        counting_draws=tuple(counting),
        shown=shown_in_all(shown),
    )


def shown_in_all(shown: Sequence[Shown]) -> Shown:
    """The checks that are marked at home on every practice draw."""
    first, *others = shown
    common = {
        question: tuple(check for check in checks if all(check in other.get(question, ()) for other in others))
        for question, checks in first.items()
    }
    return {question: checks for question, checks in common.items() if checks}


def pack_practice(assignment: Assignment, practised: Practised, *, hand_in: str | None) -> dict[str, bytes]:
    """The files of `.grade/practice/`, by name."""
    narrowed = narrow_to_shown(assignment, practised.shown)
    files = {}
    for number, (data, evidence) in enumerate(zip(practised.data, practised.evidence, strict=True)):
        files[f"{number}.frames"] = pack_evidence(narrowed, evidence)
        files[f"{number}.given"] = data.pack_given()
    return {"practice.json": spell(describe(assignment, practised, hand_in)), **files}


def spell(value: Mapping[str, Any]) -> bytes:
    """A file's JSON."""
    return (json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def describe(assignment: Assignment, practised: Practised, hand_in: str | None) -> dict[str, Any]:
    """What practice.json says."""
    return {
        "practice_version": PRACTICE_VERSION,
        "grader": __version__,
        "assignment": assignment.slug,
        "digest": assignment.digest,
        "student": practised.recipient.id,
        "variant": dict(practised.recipient.variant),
        "hand_in": hand_in,
        "shown": {question: list(checks) for question, checks in practised.shown.items()},
        "mistakes": list_mistakes(assignment, practised.shown, practised.recipient.variant),
        "draws": [
            {"key": draw.key, "values": dict(data.values)}
            for draw, data in zip(practised.draws, practised.data, strict=True)
        ],
    }


def list_mistakes(assignment: Assignment, shown: Shown, variant: Variant) -> list[dict[str, Any]]:
    """The hints of mutants of which all that they fail is marked at home: what fails, and what to say. Neither a
    mutant's name nor what is wrong with it.
    """
    visible = {question.id for question in assignment.questions if question.visibility is Visibility.SHOWN}
    mistakes = [trial for trial in list_trials(assignment) if is_told(trial, shown, visible)]
    said = [
        {"fails": sorted(trial.fails), "hint": fill_prose(trial.hint or "", variant, where=trial.name)}
        for trial in mistakes
    ]
    return [one for number, one in enumerate(said) if one not in said[:number]]


def is_told(trial: Trial, shown: Shown, visible: set[str]) -> bool:
    """Whether a mutant has a hint, and fails nothing that isn't marked at home."""
    if trial.kind is not TrialKind.MUTANT or not trial.hint:
        return False
    pairs = [name.partition(".") for name in trial.fails]
    return all(
        question in visible and question in shown and (not check or check in shown[question])
        for question, _, check in pairs
    )
