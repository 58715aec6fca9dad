"""Runs attacks: each through the whole pipeline, then a clean submission in the same sandbox, then the judgement."""

import importlib.util
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from grader.attacks.canaries import fill_folder
from grader.attacks.corpus import Attack
from grader.attacks.expectation import NEEDS
from grader.attacks.ground import Course, Ground
from grader.attacks.judging import ATTACKER, Trial, describe_outcome, list_findings, snapshot
from grader.attacks.seen import grade_folder
from grader.errors import ProvisionError, SpecError
from grader.report.info import StudentInfo
from grader.sandbox.stopping import stop_at_exit

__all__ = ["AttackResult", "Verdict", "run_attack", "run_attacks"]


class Verdict(Enum):
    """Whether everything held."""

    AS_EXPECTED = "as_expected"
    UNEXPECTED = "unexpected"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class AttackResult:
    """What came of one attack. `detail` is for people: what was tried, what doesn't hold, or why it was skipped."""

    attack: Attack
    verdict: Verdict
    detail: str
    findings: tuple[str, ...] = ()
    seconds: float = 0.0


def run_attacks(
    attacks: Sequence[Attack],
    ground: Ground,
    *,
    jobs: int = 1,
    on_start: Callable[[Attack], None] = lambda attack: None,
    on_result: Callable[[AttackResult], None] = lambda result: None,
) -> list[AttackResult]:
    """Run attacks, `jobs` at a time; results in the attacks' order. At an interrupt every sandbox is ended at once.

    Raises:
        GraderError: a course is unsound, or its honest submission can't be graded here.
    """
    with (
        ThreadPoolExecutor(jobs) as pool,
        stop_at_exit(ground.workshop.sandbox) as sandbox,
        stop_at_exit(ground.fresh.sandbox) as fresh,
    ):
        place = replace(
            ground,
            workshop=replace(ground.workshop, sandbox=sandbox),
            fresh=replace(ground.fresh, sandbox=fresh),
        )

        def run(attack: Attack) -> AttackResult:
            on_start(attack)
            return run_attack(attack, place)

        waiting = {pool.submit(run, attack): attack for attack in attacks}
        done: dict[str, AttackResult] = {}
        try:
            for future in as_completed(waiting):
                result = future.result()
                done[result.attack.id] = result
                on_result(result)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [done[attack.id] for attack in attacks]


def run_attack(attack: Attack, ground: Ground) -> AttackResult:
    """Run one attack and judge it.

    Raises:
        GraderError: its course is unsound, or the honest submission can't be graded here.
    """
    missing = [NEEDS[need] for need in attack.expectation.needs if ground.find_missing(need)]
    if missing:
        return AttackResult(attack=attack, verdict=Verdict.SKIPPED, detail=f"needs {' and '.join(missing)}")
    try:
        course = ground.open_course(attack.expectation.course)
    except ProvisionError as error:
        return AttackResult(attack=attack, verdict=Verdict.SKIPPED, detail=error.message)
    try:
        path = write_submission(attack, ground)
    except SpecError as error:
        return AttackResult(attack=attack, verdict=Verdict.UNEXPECTED, detail=error.message, findings=(error.message,))
    trial = try_attack(attack, path, ground, course)
    findings = tuple(list_findings(trial, ground.canaries))
    detail = "; ".join(findings) if findings else describe_outcome(trial)[0]
    return AttackResult(
        attack=attack,
        verdict=Verdict.UNEXPECTED if findings else Verdict.AS_EXPECTED,
        detail=detail,
        findings=findings,
        seconds=trial.seen.seconds + (0 if trial.seen.was_refused else trial.clean.seconds),
    )


def try_attack(attack: Attack, path: Path, ground: Ground, course: Course) -> Trial:
    """Grade what an attack hands in, and a clean submission right after it in the same sandbox."""
    clean = course.honest if attack.next_folder is None else ground.copy_clean(attack.next_folder, attack.id)
    honest = ground.know_clean(course, course.honest)
    baseline = ground.know_clean(course, clean)
    before = snapshot(ground.workshop.home)
    seen = grade_folder(
        course.assignment,
        path,
        workshop=ground.workshop,
        student=StudentInfo(id=ATTACKER),
    )
    return Trial(
        attack=attack,
        assignment=course.assignment,
        seen=seen,
        honest=honest,
        clean=baseline if seen.was_refused else ground.grade_clean(course, clean),
        clean_baseline=baseline,
        home=ground.workshop.home,
        home_before=before,
    )


def write_submission(attack: Attack, ground: Ground) -> Path:
    """The attack's files in a folder of their own, its placeholders filled; what of them is handed in.

    Raises:
        SpecError: `generate.py` doesn't work, or what is to be handed in isn't there.
    """
    place = ground.folder / "attacks" / attack.id / attack.expectation.course
    shutil.rmtree(place, ignore_errors=True)
    if (attack.folder / "submission").is_dir():
        shutil.copytree(attack.folder / "submission", place, symlinks=True)
    else:
        place.mkdir(parents=True)
        generate(attack, place)
    fill_folder(place, ground.canaries.places)
    path = place / (attack.expectation.path or ".")
    if not path.exists():
        raise SpecError(f"{attack.id!r} hands in {attack.expectation.path!r}, which isn't there")
    return path


def generate(attack: Attack, place: Path) -> None:
    """Call `make(folder)` of the attack's own `generate.py`, which is as trusted as the grader.

    Raises:
        SpecError: it doesn't work.
    """
    path = attack.folder / "generate.py"
    spec = importlib.util.spec_from_file_location(f"attack_{attack.id.replace('-', '_')}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        module.make(place)
    except Exception as error:  # an author's code can raise anything
        raise SpecError(f"{str(path)!r} failed: {type(error).__name__}: {error}") from error
