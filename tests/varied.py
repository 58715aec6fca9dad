"""A small course whose assignment is another one for each student: how many numbers a head on 512 features trains."""

from pathlib import Path

__all__ = ["CLASSES", "answer_for", "write_course"]

CLASSES = (3, 5, 7)
FILES = {
    "assignments/heads/assignment.toml": """
title = "Heads"
files = ["heads.py"]
draws = 2

[limits]
wall_seconds = 5
load_seconds = 5
memory_bytes = 536_870_912

[variants]
classes = [3, 5, 7]

[[questions]]
id = "count"
title = "Count for {variant.classes} classes"
points = 2
checks = [{ use = "cases", of = "counts", hint = "Of {variant.classes} classes." }]

[[questions]]
id = "build"
points = 1
checks = [{ use = "cases", of = "shapes" }]
""",
    "assignments/heads/probe.py": """
def count(student, given, record):
    record.answers("counts", [student.count()])


def build(student, given, record):
    record.answers("shapes", [student.build(given.variant.classes), given["scale"] > 0])
""",
    "reference/heads/data.py": """
def data(draw):
    return {"scale": draw.variant.classes * float(draw.rng.uniform(1, 2))}, {}
""",
    "reference/heads/solution/heads.py": """
CLASSES = {variant.classes}


def count():
    return 512 * CLASSES + CLASSES


def build(classes):
    return [classes, 512]
""",
    "reference/heads/mutants/no_bias/heads.py": """
CLASSES = {variant.classes}


def count():
    return 512 * CLASSES


def build(classes):
    return [classes, 512]
""",
    "reference/heads/mutants/no_bias/mutant.toml": 'mistake = "No bias."\nfails = ["count.cases"]\n',
}


def write_course(folder: Path) -> Path:
    """Write the course into a folder."""
    for path, content in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content.lstrip(), "utf-8")
    return folder


def answer_for(classes: int) -> str:
    """What somebody hands in who worked the number out for so many classes."""
    return f"def count():\n    return {512 * classes + classes}\n\n\ndef build(classes):\n    return [classes, 512]\n"
