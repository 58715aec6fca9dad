"""Small assignments without any framework, whose statistics follow from the seeds alone."""

import random
from dataclasses import replace
from pathlib import Path

from grader.collect import Workshop
from grader.draws import name_draw
from grader.sandbox import BubblewrapSandbox, ProcessSandbox, Sandbox, WarmSandbox, find_interpreter
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.spec import load_assignment
from grader.spec.model import Assignment
from grader.weights.vault import Vault

__all__ = [
    "CASES",
    "SECRET",
    "SPECIFICATION",
    "SPREAD",
    "find_seed",
    "load",
    "make_course",
    "make_workshop",
    "noise",
    "right",
]

CASES, SPREAD, TOLERANCE = 100, 0.01, 0.02
SECRET = b"s" * 32
SPECIFICATION = f"""\
# What a lecturer wrote here stays.
title = "Noise"
files = ["noise.py"]
draws = 2   # two sets

[[questions]]
id = "estimate"      # with a tolerance
points = 1
checks = [
  {{ use = "close", of = "values", relative = 0.0, absolute = {TOLERANCE} }},  # how far off
]

[[questions]]
id = "guess"         # with a target
points = 1
checks = [{{ use = "cases", of = "guesses", at_least = 0.88, hint = "Right as a rule." }}]
"""
PROBE = """\
def estimate(student, given, record):
    record.array("values", [student.estimate()])


def guess(student, given, record):
    record.answers("guesses", student.guess())
"""
PROGRAM = """\
import random


def estimate():
    return {middle} + random.gauss(0, {spread})


def guess():
    return [random.random() < {share} for _ in range({cases})]
"""
QUICK = """\
import random


def estimate(given, seeds):
    return {{
        "calm": {{"values": [[random.Random(seed).gauss(0, 0.001) if seed else 0.0] for seed in seeds]}},
        "biased--half": {{"values": [[0.5 + seed] for seed in seeds]}},
    }}
"""


def write_program(folder: Path, *, share: float, middle: float = 0.0, spread: float = SPREAD) -> None:
    folder.mkdir(parents=True)
    text = PROGRAM.format(share=share, middle=middle, spread=spread, cases=CASES)
    (folder / "noise.py").write_text(text, "utf-8")


def make_course(
    root: Path, *, sloppy: float = 0.92, wrong: float = 0.3, middle: float = 1.0, quick: bool = False
) -> Assignment:
    """An assignment with a solution, a variant that guesses right in so many cases, and mutants.

    The solution's estimate is noise of the spread `SPREAD`, drawn by the seed; one mutant's lies around `middle`.
    """
    public, private = root / "assignments/noise", root / "reference/noise"
    public.mkdir(parents=True)
    (public / "assignment.toml").write_text(SPECIFICATION, "utf-8")
    (public / "probe.py").write_text(PROBE, "utf-8")
    write_program(private / "solution", share=2.0)
    write_program(private / "variants/sloppy", share=sloppy)
    write_program(private / "mutants/careless", share=wrong)
    (private / "mutants/careless/mutant.toml").write_text('mistake = "It guesses."\nfails = ["guess.cases"]\n')
    write_program(private / "mutants/biased", share=2.0, middle=middle)
    (private / "mutants/biased/mutant.toml").write_text('mistake = "It is biased."\nfails = ["estimate.close"]\n')
    if quick:
        (private / "quick.py").write_text(QUICK.replace("{{", "{").replace("}}", "}"), "utf-8")
    return load(root)


def load(root: Path) -> Assignment:
    """The assignment as it stands."""
    return load_assignment(root / "assignments/noise", reference=root / "reference/noise")


def make_workshop(home: Path) -> Workshop:
    """A real sandbox where there is one; the author's own code may run as an ordinary process, too."""
    inner: Sandbox = ProcessSandbox() if find_bubblewrap_trouble() else BubblewrapSandbox()
    return Workshop(
        sandbox=WarmSandbox(inner),
        find_interpreter=find_interpreter,
        vault=Vault(home),
        home=home,
        secret=SECRET,
    )


def find_seed(assignment: Assignment, draw: int, variation: int) -> int:
    """The seed of a run."""
    return replace(name_draw(assignment, draw, secret=SECRET), variation=variation).seed


def noise(seed: int) -> float:
    """What `estimate` adds to its middle in a run with this seed: every generator starts from it."""
    return random.Random(seed).gauss(0, SPREAD)


def right(seed: int, share: float) -> float:
    """The part of the cases that a guesser gets right in a run with this seed."""
    generator = random.Random(seed)
    return sum(generator.random() < share for _ in range(CASES)) / CASES
