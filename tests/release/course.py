"""A small course to release: checks of every visibility, kept data, a solution with marked parts, mutants, concepts."""

from dataclasses import dataclass
from pathlib import Path

from grader.collect import Workshop
from grader.release import Recipient, Release, make_release, prepare_release, write_handout
from grader.sandbox import ProcessSandbox, find_interpreter
from grader.spec import load_assignment
from grader.spec.model import Assignment
from grader.weights.vault import Vault

__all__ = ["RIGHT", "SOLUTION", "Course", "write_course"]

SECRET = b"0123456789abcdef0123456789ABCDEF"
ASSIGNMENT = """
title = "Sums"
files = ["sums.py"]
data = ["table.csv"]
draws = 2
attempts = 3

[limits]
wall_seconds = 5
load_seconds = 5
memory_bytes = 536_870_912

[[questions]]
id = "double"
title = "Double a number"
points = 2
checks = [
  { use = "cases", of = "doubles", hint = "Twice the number." },
  { use = "cases", of = "large", id = "large_ones", visibility = "hidden", hint = "Large ones too." },
]

[[questions]]
id = "total"
title = "Add up"
points = 2
hint = "All of them."
checks = [{ use = "cases", of = "totals" }]

[[questions]]
id = "greet"
title = "Greet"
points = 1
checks = [{ use = "cases", of = "greetings" }]

[[questions]]
id = "late"
title = "Shown later"
points = 1
visibility = "after_deadline"
checks = [{ use = "cases", of = "answers" }]

[[questions]]
id = "own"
title = "The author's own"
points = 1
checks = [{ use = "python", id = "near", of = "guess", standing = "fact" }]
"""
PROBE = '''
"""What is observed."""


def double(student, given, record):
    record.answers("doubles", [student.double(given.integer("n", -99, 99, case=case)) for case in range(5)])
    record.answers("large", [student.double(given.integer("large", 10**8, 10**9, case=case)) for case in range(9)])


def total(student, given, record):
    record.answers("totals", [student.total(numbers) for numbers in given["lists"]])


def greet(student, given, record):
    record.answers("greetings", [student.greet(name) for name in ("Ada", "Grace")])


def late(student, given, record):
    record.answers("answers", [student.total(given["lists"][case]) * 1_000 + case for case in range(9)])


def own(student, given, record):
    record.answers("guess", student.total(given["lists"][0]))
'''
DATA = '''
"""Lists, and what is kept."""

import numpy as np


def data(draw):
    lists = draw.rng.integers(-99, 100, (9, 4)).tolist()
    labels = draw.rng.integers(0, 10, 40)
    pictures = draw.rng.random((5, 3, 3)).astype(np.float32)
    kept = {"labels": labels, "pictures": pictures, "factor": float(draw.rng.random()), "lists": lists, "seven": 7}
    return {"lists": lists}, {**kept, "kinds": draw.rng.choice(["good", "under", "over"], 12).tolist()}
'''
SOLUTION = '''# %% [markdown]
# # Sums
# Write the functions.

# %%
import math


def double(number):
    """Twice a number."""
    # BEGIN SOLUTION
    doubled_by_hand = number + number
    return doubled_by_hand
    # END SOLUTION


# %%
def total(numbers):
    """The sum of a list."""
    # BEGIN SOLUTION
    return int(math.fsum(numbers))
    # END SOLUTION


# %%
def greet(name):
    """A greeting."""
    # BEGIN SOLUTION
    return f"Hello, {name}!"
    # END SOLUTION
'''
TRIPLE = SOLUTION.replace("doubled_by_hand = number + number", "tripled_out_of_habit = 3 * number").replace(
    "return doubled_by_hand", "return tripled_out_of_habit"
)
FILES = {
    "course.toml": 'title = "A course"\nhand_in = "the box in room 7"\n',
    "assignments/sums/assignment.toml": ASSIGNMENT,
    "assignments/sums/probe.py": PROBE,
    "assignments/sums/data/table.csv": "city,people\nBasel,178\n",
    "reference/sums/data.py": DATA,
    "reference/sums/checks.py": '''
from grader.checks import failed, passed


def near(student, reference, kept):
    """The author's own."""
    same = student.records["guess"]["value"] == reference.records["guess"]["value"]
    return passed() if same else failed("not near")
''',
    "reference/sums/samples.toml": 'phrase = "a concept that nobody is to read beforehand"\n',
    "reference/sums/solution/sums.py": SOLUTION,
    "reference/sums/mutants/triple/sums.py": TRIPLE,
    "reference/sums/mutants/triple/mutant.toml": """
mistake = "Three is taken for two, everywhere it matters."
fails = ["double.cases"]
hint = "How often is the number in it?"
""",
    "reference/sums/mutants/hidden_one/sums.py": TRIPLE,
    "reference/sums/mutants/hidden_one/mutant.toml": """
mistake = "The same, by way of a check that nobody sees."
fails = ["double.cases", "double.large_ones"]
hint = "A hint about what is hidden."
""",
}
RIGHT = SOLUTION.replace("    # BEGIN SOLUTION\n", "").replace("    # END SOLUTION\n", "")


@dataclass(frozen=True)
class Course:
    """The course in a folder. `home` may be shared: what it caches is named by content."""

    folder: Path
    home: Path

    @property
    def public(self) -> Path:
        return self.folder / "assignments/sums"

    @property
    def private(self) -> Path:
        return self.folder / "reference/sums"

    def load(self) -> Assignment:
        return load_assignment(self.public, reference=self.private)

    def open_workshop(self) -> Workshop:
        """Without a sandbox: the code is ours."""
        return Workshop(
            sandbox=ProcessSandbox(),
            find_interpreter=find_interpreter,
            vault=Vault(self.home),
            home=self.home,
            secret=SECRET,
        )

    def release(self, *, draws: int = 1, recipient: Recipient | None = None) -> Release:
        """The release, for everybody unless somebody is named."""
        assignment, whose = self.load(), recipient or Recipient(variant={})
        prepared = prepare_release(
            assignment, whose, workshop=self.open_workshop(), draws=draws, hand_in="the box in room 7"
        )
        return make_release(assignment, prepared, whose)


def write_course(folder: Path, home: Path) -> Course:
    """Write the course, its handout made from the solution."""
    for path, content in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content.lstrip("\n"), "utf-8")
    course = Course(folder, home)
    write_handout(course.load())
    return course
