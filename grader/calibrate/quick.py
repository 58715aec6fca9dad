"""The author's quick training: the reference's, many times over, on what is computed once, without any student code.

`reference/<slug>/quick.py` has a function `question(given, seeds)` for a question that trains. It returns, for each
way to train, what the question's evidence would hold: `{way: {name: values}}`, one value for each seed. Names are
those of the evidence: an array that the probe records; or a stages record, `epochs` or `epochs.output`, with what
predict.py makes of its stages, [seeds, stages, …], all of them or only start and end; or recorded answers, numbers.
A way that is called as a mutant, or begins with its name and "--", is that mutant; every other one is right.

Seed 0 does as the solution's own run does: its start, its order of batches. Of the first way it stands for the
reference's run on that draw, which is made on draw 0 alone: that is what makes many draws cheap. That the quick way
agrees with the slow one is for the assignment's tests to hold.
"""

import ast
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import grader.guest
from grader.calibrate.observe import Observation, Page, measure_question
from grader.calibrate.plan import Condition
from grader.check_assignment import Trial, TrialKind
from grader.checks.statistics import Statistic
from grader.collect import Workshop, run_again
from grader.draws import Data, Draw, load_data, name_draw
from grader.errors import Fault, SandboxError, SpecError
from grader.evidence import read_evidence
from grader.evidence.model import Array, Evidence, Exit, QuestionEvidence
from grader.jobs import digest_job, keep_data, plan_launch, plan_quick
from grader.reference import describe_interpreter, digest_folder, obtain_reference
from grader.runs import read_result, write_result
from grader.sandbox.request import Job, PreparedRun, RunResult, image_of
from grader.spec.model import Assignment, Question

__all__ = ["QuickRuns", "find_quick_questions"]

STARTS_AND_ENDS = 2
NAME = "quick"


def find_quick_questions(assignment: Assignment) -> list[Question]:
    """The questions that quick.py has a function for; none where there is no such file.

    Raises:
        SpecError: it isn't Python.
    """
    path = None if assignment.reference is None else assignment.reference / "quick.py"
    if path is None or not path.is_file():
        return []
    try:
        tree = ast.parse(path.read_text("utf-8"))
    except (SyntaxError, ValueError) as error:
        raise SpecError("quick.py can't be read", faults=(Fault(str(path), str(error)),)) from error
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return [question for question in assignment.questions if question.id in names]


@dataclass(frozen=True, kw_only=True)
class QuickRuns:
    """The quick training of one question. `mutants` are those of the assignment."""

    assignment: Assignment
    question: Question
    workshop: Workshop
    mutants: Sequence[Trial] = ()

    @cached_property
    def template(self) -> QuestionEvidence:
        """What the solution left on draw 0: of the quick training's evidence all that isn't numbers.

        Raises:
            SpecError, ProvisionError, SandboxError: it can't be had.
        """
        alone = replace(self.assignment, questions=(replace(self.question, needs=()),))
        draw = name_draw(alone, 0, secret=self.workshop.secret)
        reference = obtain_reference(alone, draw=draw, data=load_data(alone, draw), workshop=self.workshop)
        return reference.questions[self.question.id]

    def observe(self, number: int, *, seeds: Sequence[int]) -> list[Observation]:
        """Every way and seed on one draw, from the cache or made now.

        Raises:
            SpecError: quick.py fails, or returns what can't be compared.
            SandboxError: the sandbox failed.
        """
        draw = name_draw(self.assignment, number, secret=self.workshop.secret)
        data = load_data(self.assignment, draw)
        result, made_now = self.obtain(draw, data, seeds)
        ways = split_ways(self.read(result).arrays)
        if not ways:
            raise self.refuse("it returned no way to train")
        usual = self.make_evidence(pick_seed(next(iter(ways.values())), 0))
        page = Page(
            draw=draw,
            data=data,
            kept=keep_data(self.assignment, data=data, vault=self.workshop.vault),
            reference=Evidence(questions={self.question.id: usual}, exit=Exit.FINISHED),
        )
        return [
            Observation(
                trial=self.name_trial(way),
                condition=Condition(draw=number, variation=seed),
                statistics=self.measure(page, pick_seed(arrays, place)),
                made_now=made_now,
                quick=True,
            )
            for way, arrays in ways.items()
            for place, seed in enumerate(seeds)
        ]

    def measure(self, page: Page, arrays: Mapping[str, Array]) -> dict[str, Statistic]:
        """The statistics of the checks that read what one training left, and nothing else of the question."""
        found = measure_question(self.question, self.make_evidence(arrays), page)
        return {name: statistic for name, statistic in found.items() if self.reads(name, arrays)}

    def obtain(self, draw: Draw, data: Data, seeds: Sequence[int]) -> tuple[RunResult, bool]:
        """The run, from the cache or made now; and which of the two."""
        vault = self.workshop.vault
        job = plan_quick(self.assignment, self.question, seeds=seeds, draw=draw, data=data, vault=vault)
        folder = self.workshop.home / "reference" / self.name_entry(job)
        stored = read_result(folder, NAME)
        if stored is not None:
            return stored, False
        launch = plan_launch(
            self.assignment,
            interpreter=self.workshop.find_interpreter(self.assignment.framework),
            vault=vault,
        )
        with ExitStack() as stack:

            def start() -> PreparedRun:
                return stack.enter_context(self.workshop.sandbox.prepare(launch))

            result = run_again(start(), job, start, accept=refuse_broken)
        self.read(result)  # what failed isn't kept
        write_result(folder, NAME, result)
        return result, True

    def read(self, result: RunResult) -> QuestionEvidence:
        """What a run left.

        Raises:
            SpecError: it failed.
        """
        left = read_evidence(result.frames, questions=[self.question.id], exit=result.exit).questions[self.question.id]
        if not left.finished:
            said = f"{left.problem.type} {left.problem.message}" if left.problem is not None else ""
            raise self.refuse(f"ended as {left.exit.value}: {said}".strip(": "))
        return left

    def name_entry(self, job: Job) -> str:
        """The digest of all that the run depends on."""
        interpreter = self.workshop.find_interpreter(self.assignment.framework)
        environment: dict[str, Any] = {
            "guest": digest_folder(Path(grader.guest.__file__).parent),
            "interpreter": describe_interpreter(interpreter.executable),
            "image": image_of(self.workshop.sandbox, self.assignment.framework),
            "weights": self.workshop.vault.digests(self.assignment.weights),
        }
        return digest_job(job, environment=environment).removeprefix("sha256:")

    def name_trial(self, way: str) -> Trial:
        """Whose way it is: a mutant's that it is called after, else a right solution's."""
        for mutant in self.mutants:
            if way.split("--")[0] == mutant.name:
                return mutant
        assert self.assignment.reference is not None
        return Trial(kind=TrialKind.VARIANT, name=way, folder=self.assignment.reference)

    def reads(self, name: str, arrays: Mapping[str, Array]) -> bool:
        """Whether a check reads what the quick training left, and nothing else of the question."""
        check = next(check for check in self.question.checks if f"{self.question.id}.{check.id}" == name)
        read = {check.of, check.parameters.get("with"), check.parameters.get("than")} - {None}
        outputs = {check.parameters.get("output") or "", *check.parameters.get("outputs", ())}
        there = {left.split(".")[0] for left in arrays}
        lacking = [output for output in outputs if output and not any(left.endswith(f".{output}") for left in arrays)]
        return read <= there and not lacking

    def make_evidence(self, arrays: Mapping[str, Array]) -> QuestionEvidence:
        """The solution's evidence, with what one training left in its place.

        Raises:
            SpecError: a name is none of its evidence, or there are too many stages or too few.
        """
        evidence = self.template
        records, predictions = dict(evidence.records), dict(evidence.predictions)
        plain = dict(evidence.arrays)
        for name, array in arrays.items():
            record, _, output = name.partition(".")
            kind = evidence.records.get(record, {}).get("kind")
            if kind == "stages":
                records[record] = self.pick_stages(evidence.records[record], len(array))
                suffix = f".{output}" if output else ""
                predictions |= {f"{record}.{stage}{suffix}": array[stage] for stage in range(len(array))}
            elif kind == "answers":
                records[record] = {**evidence.records[record], "value": array.tolist()}
            elif name in plain:
                plain[name] = array
            else:
                raise self.refuse(f"{name!r} is nothing that the probe records")
        return replace(evidence, records=records, predictions=predictions, arrays=plain)

    def pick_stages(self, record: Mapping[str, Any], count: int) -> dict[str, Any]:
        """The record with so many stages: all of them, or the start and the end.

        Raises:
            SpecError: neither.
        """
        stages = list(record["stages"])
        if count == STARTS_AND_ENDS:
            stages = [stage for stage in stages if stage["label"] in ("start", "end")]
        if len(stages) != count:
            raise self.refuse(f"{count} stages; {len(stages)}, or 2 (start and end), are right")
        return {**record, "stages": [{**stage, "omitted": []} for stage in stages]}

    def refuse(self, message: str) -> SpecError:
        """quick.py is at fault."""
        fault = Fault(f"reference/{self.assignment.slug}/quick.py: {self.question.id}", message)
        return SpecError(f"the quick training of {self.assignment.slug!r} can't be used", faults=(fault,))


def split_ways(arrays: Mapping[str, Array]) -> dict[str, dict[str, Array]]:
    """Arrays named "way.name" by way."""
    ways: dict[str, dict[str, Array]] = {}
    for name, array in arrays.items():
        way, _, rest = name.partition(".")
        ways.setdefault(way, {})[rest] = array
    return ways


def pick_seed(arrays: Mapping[str, Array], number: int) -> dict[str, Array]:
    """What one seed of a way left."""
    return {name: array[number] for name, array in arrays.items()}


def refuse_broken(result: RunResult) -> RunResult:
    """A run without student code that broke off is our fault.

    Raises:
        SandboxError: it did.
    """
    if result.closed:
        return result
    raise SandboxError(f"the quick training ended as {result.exit.value!r}")
