"""A small sound course without a framework, and changes that make it unsound in one thing each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from grader.collect import Workshop
from grader.sandbox import BubblewrapSandbox, ProcessSandbox, Sandbox, WarmSandbox, find_interpreter
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.spec import Assignment, load_assignment
from grader.validate import Options, Place, Validation, validate_assignment
from grader.weights.vault import Vault

__all__ = ["QUICK", "SLUG", "Course", "make_course", "open_workshop"]

SLUG = "tides"
QUICK = Options(seeds=2, draws=1, mutants=0)

ASSIGNMENT = """
title = "Tides"
files = ["tides.py"]
draws = 2

[limits]
load_seconds = 20
wall_seconds = 20
memory_bytes = 536_870_912

[[questions]]
id = "double"
points = 1
checks = [{ use = "cases", of = "doubles" }]

[[questions]]
id = "width"
points = 1
checks = [{ use = "cases", of = "widths" }]

[[questions]]
id = "centre"
points = 1
checks = [{ use = "close", of = "centres" }]
"""

PROBE = '''"""What is observed of tides."""


def double(student, given, record):
    """Hidden numbers."""
    record.answers("doubles", [student.double(given.integer("number", 10, 99, case=case)) for case in range(6)])


def width(student, given, record):
    """Hidden intervals."""
    record.answers("widths", [student.width(interval) for interval in given["intervals"]])


def centre(student, given, record):
    """Hidden heights."""
    record.array("centres", [student.centre(row) for row in given["heights"].tolist()])
'''

DATA = '''"""What tides is graded on."""


def data(draw):
    """Intervals that neither end decides, and heights."""
    lows = draw.rng.integers(0, 40, 24)
    gaps = draw.rng.permutation([1, 2, 3, 4, 5, 6] * 4)
    intervals = [{"low": int(low), "high": int(low + gap)} for low, gap in zip(lows, gaps)]
    heights = draw.rng.normal(5, 2, (4, 6))
    return {"intervals": intervals, "heights": heights}, {"secret_heights": heights[::-1] + 0.25}
'''

SOLUTION = '''"""Tides: the reference."""


def double(number):
    """Twice."""
    return 2 * number


def width(interval):
    """Whether an interval is wide."""
    gap = interval["high"] - interval["low"]
    if gap > 3:
        return "wide"
    return "narrow"


def centre(numbers):
    """The mean."""
    total = 0.0
    for number in numbers:
        total += number
    return total / len(numbers)
'''

HANDOUT = '''"""Tides: complete the functions."""


def double(number):
    """Twice."""


def width(interval):
    """Whether an interval is wide: high and low more than 3 apart."""


def centre(numbers):
    """The mean."""
'''

MUTANTS = {
    "triples": ("2 * number", "3 * number", "double.cases"),
    "includes_the_border": ("gap > 3", "gap >= 3", "width.cases"),
    "adds_up": ("total / len(numbers)", "total", "centre.close"),
}


@dataclass(frozen=True)
class Course:
    """The course in a folder of its own."""

    root: Path

    @property
    def public(self) -> Path:
        """What students get."""
        return self.root / "assignments" / SLUG

    @property
    def private(self) -> Path:
        """What they don't."""
        return self.root / "reference" / SLUG

    def change(self, path: str, before: str, after: str) -> None:
        """Put a text in the place of another in one of its files."""
        file = self.root / path.replace("tides:", f"assignments/{SLUG}/").replace("reference:", f"reference/{SLUG}/")
        text = file.read_text("utf-8")
        assert before in text
        file.write_text(text.replace(before, after), "utf-8")

    def write(self, path: str, content: str | bytes) -> None:
        """Write one of its files."""
        file = self.root / path.replace("tides:", f"assignments/{SLUG}/").replace("reference:", f"reference/{SLUG}/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def add_mutant(self, name: str, before: str, after: str, *fails: str) -> None:
        """A wrong solution."""
        solution = (self.private / "solution/tides.py").read_text("utf-8")
        assert before in solution
        self.write(f"reference:mutants/{name}/tides.py", solution.replace(before, after))
        self.write(f"reference:mutants/{name}/mutant.toml", f'mistake = "{name}."\nfails = {list(fails)}\n')

    def load(self) -> Assignment:
        """The assignment."""
        return load_assignment(self.public, reference=self.private)

    def validate(self, workshop: Workshop, options: Options = QUICK) -> Validation:
        """Look at it whole."""
        place = Place(slug=SLUG, folder=self.public, reference=self.private if self.private.is_dir() else None)
        return validate_assignment(place, workshops=[workshop], options=options)


def make_course(root: Path) -> Course:
    """The sound course."""
    course = Course(root)
    course.write("tides:assignment.toml", ASSIGNMENT)
    course.write("tides:probe.py", PROBE)
    course.write("tides:handout/tides.py", HANDOUT)
    course.write("reference:data.py", DATA)
    course.write("reference:solution/tides.py", SOLUTION)
    course.write("reference:variants/sums/tides.py", SOLUTION.replace("2 * number", "number + number"))
    for name, (before, after, fails) in MUTANTS.items():
        course.add_mutant(name, before, after, fails)
    return course


@contextmanager
def open_workshop(home: Path, *, sandbox: Sandbox | None = None) -> Iterator[Workshop]:
    """A workshop in whose sandbox runs are forked, where that can be had."""
    home.mkdir(parents=True, exist_ok=True)
    inner = sandbox or (ProcessSandbox() if find_bubblewrap_trouble() else BubblewrapSandbox())
    with WarmSandbox(inner) as warm:
        yield Workshop(sandbox=warm, find_interpreter=find_interpreter, vault=Vault(home), home=home, secret=b"v" * 32)
