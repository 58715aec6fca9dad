"""A small class to grade: a copy of the course of three small functions, a roster, submissions, and the command."""

import csv
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.batch.ledger import Ledger, open_ledger

COURSE = Path(__file__).resolve().parents[1] / "end_to_end" / "course"
RIGHT = (COURSE / "reference/mini/solution/mini.py").read_text("utf-8")
TWICE = "return 2 * number"
TRIPLE = RIGHT.replace(TWICE, "return 3 * number")
CRASHES = RIGHT.replace(TWICE, "import os; os._exit(3)")
SLEEPS = RIGHT.replace(TWICE, "import time; time.sleep(60)")
assert TRIPLE != RIGHT
SHOWN = ("student_id", "status", "final_points")


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Classroom:
    """A class in a folder of its own. `home` may be shared: what it caches is named by content."""

    folder: Path
    home: Path
    options: tuple[str, ...] = ("--sandbox", "bubblewrap")
    environment: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def assignment(self) -> Path:
        return self.folder / "assignments/mini"

    @property
    def results(self) -> Path:
        return self.folder / "results"

    @property
    def submissions(self) -> Path:
        return self.folder / "submissions"

    def set_up(self, sources: dict[str, str | None], *, extra_columns: dict[str, dict[str, str]] | None = None) -> None:
        """The course, the roster in this order, and a script for everybody who handed one in."""
        shutil.copytree(COURSE, self.folder, dirs_exist_ok=True)
        self.submissions.mkdir(exist_ok=True)
        columns = extra_columns or {}
        with (self.folder / "roster.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["student_id", "name", "email", *columns])
            for student in sources:
                name, mail = f"Person {student}", f"{student}@example.org"
                writer.writerow([student, name, mail, *(values.get(student, "") for values in columns.values())])
        for student, source in sources.items():
            if source is not None:
                self.hand_in(student, source)

    def hand_in(self, student: str, source: str) -> None:
        """Put a script into a student's folder."""
        folder = self.submissions / student
        folder.mkdir(exist_ok=True)
        (folder / "mini.py").write_text(source, "utf-8")

    def command(self, *arguments: str) -> list[str]:
        """The command, as a process of its own."""
        return [sys.executable, "-m", "grader", *arguments]

    def batch_arguments(self, *options: str) -> list[str]:
        """What `grade batch` is told."""
        return [
            *("batch", str(self.assignment), "--roster", "roster.csv", "--submissions", "submissions"),
            *("--out", "results", "--plain", *self.options, *options),
        ]

    def environ(self) -> dict[str, str]:
        """The environment of a command."""
        return {**os.environ, "GRADER_HOME": str(self.home), "COLUMNS": "100", **self.environment}

    def run(self, *arguments: str, timeout: float = 300) -> Ran:
        """Run `grade` with these arguments in the class's folder."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environ(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def batch(self, *options: str) -> Ran:
        """Grade the class."""
        return self.run(*self.batch_arguments(*options))

    def regrade(self, *options: str) -> Ran:
        """Grade it again, from the ledger."""
        return self.run("regrade", str(self.assignment), "--out", "results", "--plain", *self.options, *options)

    def start_batch(self, *options: str, prelude: str = "") -> subprocess.Popen[str]:
        """Start grading in the background; `prelude` is Python that runs before the command, in its process."""
        code = "import sys; sys.argv[0] = 'grade'\n" + prelude + "\nfrom grader.cli import main\nmain()"
        batch = subprocess.Popen(
            [sys.executable, "-c", code, *self.batch_arguments(*options)],
            cwd=self.folder,
            env=self.environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            preexec_fn=hear_interrupts,
        )
        self.started.append(batch)
        return batch

    def read_gradebook(self) -> dict[str, dict[str, str]]:
        """The gradebook's rows by student."""
        with (self.results / "gradebook.csv").open(newline="", encoding="utf-8") as file:
            return {row["student_id"]: row for row in csv.DictReader(file)}

    def read_table(self) -> list[tuple[str, ...]]:
        """What must be the same however a batch was disturbed: states and points, not when it was."""
        rows = self.read_gradebook().values()
        return [tuple(value for name, value in row.items() if name != "graded_at") for row in rows]

    def read_report(self, student: str) -> dict[str, Any]:
        """A student's report."""
        report: dict[str, Any] = json.loads((self.results / student / "report.json").read_text("utf-8"))
        return report

    def open_ledger(self) -> Ledger:
        """The ledger, to read."""
        return open_ledger(self.results / "ledger", write=False)

    def count_runs(self) -> int:
        """How many runs the ledger has."""
        with closing(sqlite3.connect(self.results / "ledger/ledger.sqlite3")) as connection:
            (count,) = connection.execute("select count(*) from runs").fetchone()
        return int(count)

    def digest_results(self) -> dict[str, tuple[str, int]]:
        """Every file of the results: its digest and when it was changed."""
        files = sorted(path for path in self.results.rglob("*") if path.is_file())
        return {
            str(path.relative_to(self.results)): (
                hashlib.sha256(path.read_bytes()).hexdigest(),
                path.stat().st_mtime_ns,
            )
            for path in files
        }


def hear_interrupts() -> None:
    """A process that a shell started in the background ignores interrupts, and so would ours."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
