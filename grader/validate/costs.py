"""What the reference takes of its limits, question by question: each is run alone, so that nothing else is counted."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from grader.errors import GraderError
from grader.evidence.model import QuestionEvidence
from grader.jobs import running_questions
from grader.report.wording import show_duration
from grader.sandbox.request import RunResult
from grader.spec.model import Assignment, Question
from grader.validate.bench import Bench
from grader.validate.finding import Finding, Severity, Stage, StageResult
from grader.validate.material import tell_faults

__all__ = ["Cost", "examine_costs", "list_costs", "tell_cost"]

MOST_SHARE = 1 / 3
MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one question, or the whole run, took of one limit."""

    question: str
    what: str  # "wall", "loading", "processor", "memory", "predicting"
    used: float
    limit: float
    shown: str

    @property
    def share(self) -> float:
        """The part of the limit."""
        return self.used / self.limit


def examine_costs(bench: Bench, *, on_end: Callable[[int, int], None]) -> StageResult:
    """Time, processor time and memory of every question, and memory of the whole run."""
    questions = running_questions(bench.assignment)
    costs: list[Cost] = []
    findings: list[Finding] = []
    with bench.open_pool() as (workshop, _):
        for number, question in enumerate([*questions, None], 1):
            asked = bench.assignment if question is None else take_alone(bench.assignment, question)
            try:
                obtained = bench.run(workshop, asked, bench.solution)
            except GraderError as error:
                findings += tell_faults(error)
                continue
            evidence = obtained.evidence.questions.get(question.id) if question is not None else None
            costs += list_costs(asked, question, evidence, obtained.results)
            on_end(number, len(questions) + 1)
    findings += [tell_cost(cost) for cost in costs if cost.share > MOST_SHARE]
    return StageResult(stage=Stage.COSTS, summary=summarise(costs), findings=tuple(findings), facts=describe(costs))


def take_alone(assignment: Assignment, question: Question) -> Assignment:
    """The assignment with one question, which needs no other."""
    return replace(assignment, questions=(replace(question, needs=()),))


def list_costs(
    assignment: Assignment,
    question: Question | None,
    evidence: QuestionEvidence | None,
    results: Mapping[str, RunResult],
) -> Iterator[Cost]:
    """What one run took; `question` is None for the run of all questions together."""
    limits = assignment.limits
    name = question.id if question is not None else "all together"
    run = results.get("student")
    if run is None:  # answers that were read, and not run
        return
    peak = run.peak_memory_bytes or (evidence.peak_bytes if evidence is not None else None)
    if peak:
        yield Cost(question=name, what="memory", used=peak, limit=limits.memory_bytes, shown=f"{peak / MIB:,.0f} MiB")
    if question is None or evidence is None:
        return
    wall = question.wall_seconds or limits.wall_seconds
    yield make_time(name, "wall", evidence.seconds, wall)
    yield make_time(name, "loading", evidence.load_seconds, limits.load_seconds)
    if run.cpu_seconds is not None:
        yield make_time(name, "processor", run.cpu_seconds, (wall + limits.load_seconds) * limits.cpus)
    for result in (result for key, result in results.items() if key != "student"):
        yield make_time(name, "predicting", result.wall_seconds, wall)


def make_time(question: str, what: str, seconds: float, limit: float) -> Cost:
    """Seconds of a limit."""
    return Cost(question=question, what=what, used=seconds, limit=limit, shown=show_duration(seconds))


def tell_cost(cost: Cost) -> Finding:
    """More than a third of a limit."""
    key = "memory_bytes" if cost.what == "memory" else "load_seconds" if cost.what == "loading" else "wall_seconds"
    limit = f"{cost.limit / MIB:,.0f} MiB" if cost.what == "memory" else show_duration(cost.limit)
    return Finding(
        severity=Severity.WARNING,
        code="cost",
        where=cost.question,
        what=f"the solution takes {cost.share:.0%} of a limit: {cost.what} {cost.shown} of {limit}; a third is fine",
        remedy=f"raise {key}, or ask for less: a slower machine, or a right answer that takes its time, would meet it",
    )


def summarise(costs: list[Cost]) -> str:
    """The greatest share of each kind."""
    worst: dict[str, Cost] = {}
    for cost in costs:
        if cost.what not in worst or cost.share > worst[cost.what].share:
            worst[cost.what] = cost
    return (
        "at most " + ", ".join(f"{what} {cost.share:.0%}" for what, cost in worst.items()) if worst else "not measured"
    )


def describe(costs: list[Cost]) -> dict[str, object]:
    """The costs as JSON values."""
    rows = [
        {"question": c.question, "what": c.what, "used": c.used, "limit": c.limit, "share": round(c.share, 4)}
        for c in costs
    ]
    return {"costs": rows}
