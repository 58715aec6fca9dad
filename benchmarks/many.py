"""10,000 small submissions through `grade batch`: how many a second, and what the coordinator's memory does.

    python -m benchmarks.many [--students 10000] [--jobs 2] [--sandbox bubblewrap]

A quiz of twenty answers, framework "none", every submission another one. While it is graded, the reports that are there
are counted and the command's own resident memory is read once a second; that of its guests isn't in it. Then the same
command once more, which has nothing to run. Writes `benchmarks/results/many.json`.
"""

import argparse
import csv
import os
import random
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.measuring import ROOT, counting_group, describe_machine, join_group, read_cpu_seconds, write_results

__all__ = ["Sample", "describe_growth", "draw_answers", "read_key", "write_answers"]

ASSIGNMENT = ROOT / "benchmarks" / "quiz" / "assignments" / "quiz"
SOLUTION = ROOT / "benchmarks" / "quiz" / "reference" / "quiz" / "solution" / "quiz.py"
WRONG: Sequence[object] = (0, "none", None, 1.5, [1])
SAMPLE_SECONDS = 1.0
WARM_UP = 20
EARLY = 1_000


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What was seen at one moment. Memory in MiB: all that is resident, and what of it is no file's.

    Processor time of the command itself, and of everything that it started (None: there is no group to count it).
    """

    seconds: float
    graded: int
    resident_mib: float
    own_mib: float
    coordinator_cpu_seconds: float = 0.0
    all_cpu_seconds: float | None = None


def main() -> None:
    """Make the class, grade it, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sandbox", default="bubblewrap")
    options = parser.parse_args()
    machine = describe_machine(("numpy", "pydantic", "sqlalchemy"))
    with tempfile.TemporaryDirectory() as place:
        few, many = Path(place) / "few", Path(place) / "many"
        make_class(few, WARM_UP)
        make_class(many, options.students)
        home = Path(place) / "home"
        list(grade(few, home, options))  # proves the sandbox, once for a machine
        samples = list(grade(many, home, options))
        again = list(grade(many, home, options))
        expect_points(many, options.students)
    write_results("many", summarise(samples, again, options) | {"machine": machine})


def summarise(samples: Sequence[Sample], again: Sequence[Sample], options: argparse.Namespace) -> dict[str, Any]:
    """Rate and growth."""
    wall, used = samples[-1].seconds, samples[-1].all_cpu_seconds
    return {
        "submissions": options.students,
        "submissions_a_second": round(options.students / wall, 1),
        "wall_seconds": round(wall, 1),
        "same_command_again_seconds": round(again[-1].seconds, 1),
        "rounds": 1,
        "cpu_ms_a_submission": {
            "coordinator": round(1000 * samples[-1].coordinator_cpu_seconds / options.students, 1),
            "all": None if used is None else round(1000 * used / options.students, 1),
        },
        **describe_growth(samples, early=EARLY),
        "jobs": options.jobs,
        "sandbox": options.sandbox,
    }


def describe_growth(samples: Sequence[Sample], *, early: int) -> dict[str, Any]:
    """The greatest memory up to `early` reports and in all, and by how much it grew in between; and its course."""
    first = [sample for sample in samples if sample.graded <= early]
    shown = samples[:: max(1, len(samples) // 20)]
    grown = {}
    for name in ("resident_mib", "own_mib"):
        before, after = (max((getattr(s, name) for s in part), default=0.0) for part in (first, samples))
        grown[f"{name}_up_to_{early}"] = round(before, 1)
        grown[f"{name}_up_to_the_end"] = round(after, 1)
        grown[f"{name}_growth"] = round(after / before - 1, 3) if before else None
    return {**grown, "course": [[round(s.seconds, 1), s.graded, round(s.resident_mib, 1)] for s in shown]}


def make_class(folder: Path, students: int) -> None:
    """So many students, each with other answers, and their roster."""
    rows = ["student_id,name,email\n"]
    for number in range(1, students + 1):
        name = name_student(number)
        place = folder / "submissions" / name
        place.mkdir(parents=True)
        (place / "quiz.py").write_text(write_answers(number))
        rows.append(f"{name},{name},{name}@example.org\n")
    (folder / "roster.csv").write_text("".join(rows))


def name_student(number: int) -> str:
    """A student's id."""
    return f"u{number:05}"


@cache
def read_key() -> list[object]:
    """The solution's answers."""
    found = runpy.run_path(str(SOLUTION))
    return [found[f"q{number}"] for number in range(1, 21)]


def draw_answers(number: int) -> tuple[list[object], int]:
    """A student's answers, and how many of them are right: the same each time."""
    rng = random.Random(number)  # noqa: S311 - no secret
    key = read_key()
    wrong = set(rng.sample(range(len(key)), rng.randint(0, len(key))))
    return [rng.choice(WRONG) if place in wrong else right for place, right in enumerate(key)], len(key) - len(wrong)


def write_answers(number: int) -> str:
    """The same as a module, which is no other student's."""
    answers, _ = draw_answers(number)
    lines = [f"q{place} = {answer!r}\n" for place, answer in enumerate(answers, 1)]
    return "".join([f'"""The answers of number {number}."""\n\n', *lines])


def grade(folder: Path, home: Path, options: argparse.Namespace) -> Iterator[Sample]:
    """Run `grade batch`; what is seen meanwhile, and at last its end.

    Raises:
        SystemExit: it failed.
    """
    words = [sys.executable, "-m", "grader", "batch", str(ASSIGNMENT), "--roster", str(folder / "roster.csv")]
    words += ["--submissions", str(folder / "submissions"), "--out", str(folder / "out"), "--plain"]
    words += ["--jobs", str(options.jobs), "--sandbox", options.sandbox]
    start = time.monotonic()
    with (folder / "said.txt").open("w") as said, counting_group() as group:
        environment = {**os.environ, "GRADER_HOME": str(home)}
        process = subprocess.Popen(join_group(words, group), cwd=ROOT, env=environment, stdout=said, stderr=said)
        seen = Sample(seconds=0.0, graded=0, resident_mib=0.0, own_mib=0.0)
        while process.poll() is None:
            seen = look(process.pid, folder / "out", time.monotonic() - start) or seen
            yield seen
            wait(process, SAMPLE_SECONDS)
        end, used = time.monotonic() - start, read_cpu_seconds(group)
    if process.returncode:
        raise SystemExit(f"grade batch ended with {process.returncode}:\n{(folder / 'said.txt').read_text()[-3000:]}")
    yield replace(seen, seconds=end, graded=count_reports(folder / "out"), all_cpu_seconds=used)


def wait(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    """Wait for a process's end, but no longer than that."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def look(pid: int, out: Path, seconds: float) -> Sample | None:
    """A sample; None where the process has just ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        ticks = sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
    except OSError:
        return None
    said: Mapping[str, str] = dict(line.split(":", 1) for line in lines)
    if "VmRSS" not in said:
        return None
    resident, own = (int(said[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon"))
    return Sample(
        seconds=seconds,
        graded=count_reports(out),
        resident_mib=resident,
        own_mib=own,
        coordinator_cpu_seconds=ticks / os.sysconf("SC_CLK_TCK"),
    )


def count_reports(out: Path) -> int:
    """How many students have something in the results already."""
    return sum(name.startswith("u") for name in os.listdir(out)) if out.is_dir() else 0  # noqa: PTH208


def expect_points(folder: Path, students: int) -> None:
    """A rate of wrong marks is no rate.

    Raises:
        SystemExit: somebody got other points than their answers are worth.
    """
    with (folder / "out" / "gradebook.csv").open(newline="") as file:
        found = {row["student_id"]: float(row["points"]) for row in csv.DictReader(file)}
    wanted = {name_student(number): float(draw_answers(number)[1]) for number in range(1, students + 1)}
    wrong = [name for name, points in wanted.items() if found.get(name) != points]
    if wrong:
        raise SystemExit(f"{len(wrong)} of {students} got other points, the first of them {wrong[0]}")


if __name__ == "__main__":
    main()
