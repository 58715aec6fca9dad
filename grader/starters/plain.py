"""What `grade new` writes for framework "none": two functions on lists of numbers, plain Python."""

__all__ = ["FILES"]

ASSIGNMENT = """\
# What is asked, and what it is worth. Read strictly: a typing error is told with what would be right.
# Every key is in docs/assignment-format.md.

title = "Averages"            # what students read
framework = "none"            # what the code needs: "none", "torch" or "tensorflow"
files = ["SLUG.py"]           # what is graded; for SLUG.py a notebook SLUG.ipynb is taken too
draws = 4                     # sets of hidden inputs: each attempt meets one of them, nobody knows which

[limits]
wall_seconds = 10             # of a question; what runs longer is stopped

# [variants]                  # take the # away, and each student gets a value of the own: given.variant.width
# width = [3, 4, 5]

[[questions]]
id = "mean"                   # its name, and that of its function in probe.py
title = "The mean"
points = 1
# A check compares what probe.py recorded with what it recorded of the solution. `cases` counts the right answers; `of`
# names the record; the hint is what a student reads who fails.
checks = [{ use = "cases", of = "means", hint = "The sum, divided by how many there are." }]

[[questions]]
id = "smooth"
title = "A moving average"
points = 2
checks = [{ use = "cases", of = "smoothed", hint = "Six numbers have four windows of three: is the last one there?" }]
"""

PROBE = '''\
"""What is observed of SLUG. Runs in the sandbox, beside the student's code; students may read it.

`student` is the student's file, `given` are the hidden inputs, `record` takes what is observed. Each function is named
after its question and runs in a process of its own. What it records of the solution is what it is compared with.
"""

# How the functions are called, for the message to a student whose file lacks one.
SIGNATURES = {"mean": "mean(numbers)", "smooth": "smooth(numbers, width)"}


def mean(student, given, record):
    """The lists that data.py draws."""
    record.answers("means", [student.mean(numbers) for numbers in given["lists"]])


def smooth(student, given, record):
    """Each list with a width of its own: `given` draws numbers too."""
    widths = [given.integer("width", 2, 4, case=case) for case in range(len(given["lists"]))]
    record.answers("smoothed", [student.smooth(*pair) for pair in zip(given["lists"], widths)])
'''

DATA = '''\
"""The data of SLUG. Runs outside every sandbox, with numpy only; `draw.rng` is a stream of its own for each draw.

Returns (given, kept): what enters the sandbox, where a student's code can read it, and what stays outside, for checks
that compare predictions with labels. Nothing is kept here.
"""


def data(draw):
    """Six lists of six to twelve numbers."""
    lengths = draw.rng.integers(6, 13, 6)
    return {"lists": [draw.rng.uniform(-9, 9, length).round(2).tolist() for length in lengths]}, {}
'''

SOLUTION = '''\
# %% [markdown]
# # Averages
#
# Write both functions; keep their names. `grade submit .` says how far you are.

# %%
def mean(numbers):
    """The mean of a list of numbers that isn't empty."""
    # BEGIN SOLUTION
    return sum(numbers) / len(numbers)
    # END SOLUTION


# %%
def smooth(numbers, width):
    """The means of each `width` neighbours, from left to right: a list of len(numbers) - width + 1 numbers."""
    # BEGIN SOLUTION
    starts = range(len(numbers) - width + 1)
    return [mean(numbers[start : start + width]) for start in starts]
    # END SOLUTION
'''

WINDOW_MISSING = """\
def mean(numbers):
    return sum(numbers) / len(numbers)


def smooth(numbers, width):
    return [mean(numbers[start : start + width]) for start in range(len(numbers) - width)]
"""

ONE_TOO_MANY = """\
def mean(numbers):
    return sum(numbers) / (len(numbers) + 1)


def smooth(numbers, width):
    return [sum(numbers[start : start + width]) / width for start in range(len(numbers) - width + 1)]
"""

RUNNING_SUM = """\
from statistics import fmean


def mean(numbers):
    return fmean(numbers)


def smooth(numbers, width):
    means, total = [], sum(numbers[:width])
    means.append(total / width)
    for gone, come in zip(numbers, numbers[width:]):
        total += come - gone
        means.append(total / width)
    return means
"""

FILES = {
    "assignments/SLUG/assignment.toml": ASSIGNMENT,
    "assignments/SLUG/probe.py": PROBE,
    "reference/SLUG/data.py": DATA,
    "reference/SLUG/solution/SLUG.py": SOLUTION,
    "reference/SLUG/mutants/last_window_missing/SLUG.py": WINDOW_MISSING,
    "reference/SLUG/mutants/last_window_missing/mutant.toml": """\
mistake = "The range ends one too early, so the last window is missing."   # for you; never shown, never released
fails = ["smooth.cases"]                                                   # what must fail it: exactly this
hint = "Count the windows of a short list by hand."                        # for a student who makes this mistake
""",
    "reference/SLUG/mutants/one_too_many/SLUG.py": ONE_TOO_MANY,
    "reference/SLUG/mutants/one_too_many/mutant.toml": """\
mistake = "The sum is divided by one more than there are numbers."
fails = ["mean.cases"]
hint = "Try a list with one number in it."
""",
    "reference/SLUG/variants/running_sum/SLUG.py": RUNNING_SUM,
}
"""The files by path. SLUG stands for the assignment's name; the handout is made from the solution."""
