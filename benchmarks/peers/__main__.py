"""The same notebooks through this grader, nbgrader and otter-grader, in one run, as ratios.

    python -m benchmarks.peers [--rounds 3] [--class-size 50] [--sandbox bubblewrap]

Writes `benchmarks/results/peers.json`. A time "a submission" is taken in two ways. *Of ten*: one command for a class of
ten, from its start to its end, divided by ten; everything counts, the import of PyTorch, the solution's own run.
*A further one*: what each further submission of a larger class costs, the difference between two classes divided by
that of their sizes; that is what a class of hundreds comes to. The others have their best settings: nbgrader one
command for everybody, otter its in-process mode; and, for both cores, two at a time with one thread each.
"""

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import Usage, describe_machine, run_side, write_results
from benchmarks.peers import nbgrader_course, otter_course, ours
from benchmarks.peers.environments import NBGRADER, OTTER, link_checkpoint, make_environment, read_versions
from benchmarks.peers.expected import work_out_logits
from benchmarks.peers.ratios import Round, summarise
from benchmarks.peers.students import Student, make_class

TEN, FEW = 10, 2
JOBS = 2


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Where everything of this run is, and what all sides need."""

    folder: Path
    home: Path
    torch_home: Path
    logits: str
    sandbox: str
    class_size: int


def main() -> None:
    """Make everything, measure round by round, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--class-size", type=int, default=50)
    parser.add_argument("--sandbox", default="bubblewrap")
    options = parser.parse_args()
    machine = describe_machine()
    for environment in (NBGRADER, OTTER):
        make_environment(environment)
    with tempfile.TemporaryDirectory() as place:
        ground = make_ground(Path(place), sandbox=options.sandbox, class_size=options.class_size)
        rounds = [measure_round(ground, number) for number in range(options.rounds)]
        memory = {name: side(ground, "memory", watch_memory=True).peak_memory_mib for name, side in SIDES.items()}
    write_results(
        "peers",
        {
            **summarise(rounds, sizes={"ten": TEN, "few": FEW, "class": options.class_size}),
            "peak_memory_mib_of_ten": {name: round(peak or 0) for name, peak in memory.items()},
            "same_points": True,  # or this line would not have been reached
            "rounds": options.rounds,
            "our_command": "grade batch",
            "sandbox": options.sandbox,
            "jobs": JOBS,
            "machine": machine,
            "versions": {environment.name: read_versions(environment) for environment in (NBGRADER, OTTER)},
            "measures": (
                "the others' torchvision gets its two missing operators defined when it is imported, as ours does; "
                "stand-in weights, through torchvision's own loading call"
            ),
        },
    )


def make_ground(folder: Path, *, sandbox: str, class_size: int) -> Ground:
    """A grader's home, a checkpoint where torchvision looks, the answers."""
    checkpoint = ours.make_home(folder / "home", sandbox=sandbox)
    link_checkpoint(folder / "torch", checkpoint)
    logits = work_out_logits(ours.SOLUTION / "bare.py", OTTER.variables(folder / "torch"), python=OTTER.python)
    return Ground(
        folder=folder,
        home=folder / "home",
        torch_home=folder / "torch",
        logits=logits,
        sandbox=sandbox,
        class_size=class_size,
    )


def measure_round(ground: Ground, number: int) -> Round:
    """Every side once, in turn."""
    measured = {name: side(ground, f"{number}") for name, side in SIDES.items()}
    print(number, {name: round(usage.wall_seconds, 2) for name, usage in measured.items()}, flush=True)
    return measured


def grade_ours(ground: Ground, tag: str, *, size: int = TEN, watch_memory: bool = False) -> Usage:
    """A class through this grader."""
    students = list(make_class(size))
    folder = ground.folder / f"ours-{size}-{tag}"
    ours.make_class_folder(folder, students)
    command = ours.grade_class(folder, home=ground.home, out=folder / "out", sandbox=ground.sandbox, jobs=JOBS)
    usage = run_side([command], watch_memory=watch_memory)
    expect_points("ours", ours.read_points(folder / "out", students), students)
    return usage


def grade_nbgrader(
    ground: Ground, tag: str, *, size: int = TEN, at_a_time: int = 1, watch_memory: bool = False
) -> Usage:
    """A class through nbgrader; `at_a_time` of its commands, each with a course folder of its own."""
    students = list(make_class(size))
    variables = NBGRADER.variables(ground.torch_home, threads=None if at_a_time == 1 else 1)
    shares = {
        ground.folder / f"nbgrader-{size}-{at_a_time}-{part}-{tag}": students[part::at_a_time]
        for part in range(at_a_time)
    }
    for folder, share in shares.items():
        nbgrader_course.make_course(folder, share, expected=ground.logits, variables=variables)
    commands = [nbgrader_course.autograde(folder, variables) for folder in shares]
    usage = run_side(commands, at_a_time=at_a_time, watch_memory=watch_memory)
    for folder, share in shares.items():
        expect_points("nbgrader", nbgrader_course.read_points(folder, variables), share)
    return usage


def grade_otter(ground: Ground, tag: str, *, size: int = TEN, at_a_time: int = 1, watch_memory: bool = False) -> Usage:
    """A class through otter-grader, a command a student."""
    students = list(make_class(size))
    variables = OTTER.variables(ground.torch_home, threads=None if at_a_time == 1 else 1)
    folder = ground.folder / f"otter-{size}-{at_a_time}-{tag}"
    otter_course.make_course(folder, students, expected=ground.logits, variables=variables)
    commands = otter_course.run_each(folder, students, variables)
    usage = run_side(commands, at_a_time=at_a_time, watch_memory=watch_memory)
    expect_points("otter", otter_course.read_points(folder, students), students)
    return usage


def expect_points(name: str, found: Mapping[str, float], students: Sequence[Student]) -> None:
    """Three systems that don't agree on what a notebook is worth aren't compared.

    Raises:
        SystemExit: this one gave somebody other points.
    """
    wanted = {student.id: float(student.points) for student in students}
    if found != wanted:
        wrong = {id: (found.get(id), points) for id, points in wanted.items() if found.get(id) != points}
        raise SystemExit(f"{name} gave other points (given, right): {wrong}")


Side = Callable[..., Usage]
SIDES: Mapping[str, Side] = {
    "ours_ten": grade_ours,
    "nbgrader_ten": grade_nbgrader,
    "otter_ten": grade_otter,
    "ours_class": lambda ground, tag, **more: grade_ours(ground, tag, size=ground.class_size, **more),
    "nbgrader_few": lambda ground, tag, **more: grade_nbgrader(ground, tag, size=FEW, **more),
    "nbgrader_ten_two_at_a_time": lambda ground, tag, **more: grade_nbgrader(ground, tag, at_a_time=JOBS, **more),
    "otter_ten_two_at_a_time": lambda ground, tag, **more: grade_otter(ground, tag, at_a_time=JOBS, **more),
}


if __name__ == "__main__":
    main()
