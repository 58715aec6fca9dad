"""The assignment as this grader has it: a roster, a folder a student, one command for the class."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measuring import ROOT, Command
from benchmarks.peers.students import Student, make_notebook, make_plain_cells

__all__ = ["ASSIGNMENT", "grade_class", "make_class_folder", "make_home", "read_points"]

ASSIGNMENT = ROOT / "benchmarks" / "peers" / "course" / "assignments" / "bare"
SOLUTION = ROOT / "benchmarks" / "peers" / "course" / "reference" / "bare" / "solution"
CHECKPOINT = "torchvision/resnet18/IMAGENET1K_V1"
MADE_BY_GRADING = ("cache", "ledger", "reference", "runs")


def make_home(folder: Path, *, sandbox: str) -> Path:
    """A grader's home with a stand-in checkpoint and the proof of its sandbox, and nothing that was graded.

    Returns:
        the checkpoint's file.
    """
    for words in (
        ["weights", "standin", CHECKPOINT],
        ["submit", str(SOLUTION), "--assignment", str(ASSIGNMENT), "--sandbox", sandbox, "--json", "-", "--no-hand-in"],
    ):
        command = [sys.executable, "-m", "grader", *words]
        environment = {**os.environ, "GRADER_HOME": str(folder)}
        ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        if ran.returncode:
            raise SystemExit(f"{command} ended with {ran.returncode}:\n{ran.stdout[-2000:]}{ran.stderr}")
    for name in MADE_BY_GRADING:
        shutil.rmtree(folder / name, ignore_errors=True)
    (checkpoint,) = (path for path in (folder / "weights").rglob("*.pth"))
    return checkpoint


def make_class_folder(folder: Path, students: Sequence[Student]) -> None:
    """What these students handed in, and their roster."""
    for student in students:
        place = folder / "submissions" / student.id
        place.mkdir(parents=True)
        (place / "bare.ipynb").write_text(json.dumps(make_notebook(make_plain_cells(student))))
    rows = [f"{student.id},{student.id},{student.id}@example.org\n" for student in students]
    (folder / "roster.csv").write_text("".join(["student_id,name,email\n", *rows]))


def grade_class(folder: Path, *, home: Path, out: Path, sandbox: str, jobs: int) -> Command:
    """The command that grades a class, in a home of its own: nothing is there from an earlier round."""
    fresh = out.with_name(f"{out.name}-home")
    shutil.copytree(home, fresh, copy_function=os.link, symlinks=True)
    words = [sys.executable, "-m", "grader", "batch", str(ASSIGNMENT), "--roster", str(folder / "roster.csv")]
    words += ["--submissions", str(folder / "submissions"), "--out", str(out)]
    words += ["--jobs", str(jobs), "--sandbox", sandbox]
    return Command(words=words, environment={"GRADER_HOME": str(fresh)})


def read_points(out: Path, students: Sequence[Student]) -> dict[str, float]:
    """What this grader gave, by student."""
    reports = {s.id: json.loads((out / s.id / "report.json").read_text()) for s in students}
    return {name: float(report["score"]["points"]) for name, report in reports.items()}
