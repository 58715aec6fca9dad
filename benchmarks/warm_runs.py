"""Warm runs against cold ones, in one run, as ratios: an empty run, and the whole evidence of hw1's solution.

    python benchmarks/warm_runs.py [--rounds 15] [--hw1-rounds 5] [--sandbox bubblewrap --sandbox docker]

A cold run starts a guest that imports torch; a warm one is forked from a guest that has. Sides are measured in turn, in
this process: from the request to the result. Writes `benchmarks/results/warm_runs.json`.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from grader.collect import Workshop, collect_evidence
from grader.draws import load_data, name_draw
from grader.ingest import read_submission
from grader.limits import GIB, Limits
from grader.sandbox import (
    BubblewrapSandbox,
    DockerSandbox,
    Job,
    Launch,
    RunRequest,
    Sandbox,
    WarmSandbox,
    find_interpreter,
)
from grader.spec import load_assignment
from grader.weights.provision import make_standin
from grader.weights.vault import Vault

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "warm_runs.json"
SANDBOXES: Mapping[str, Callable[[], Sandbox]] = {"bubblewrap": BubblewrapSandbox, "docker": DockerSandbox}


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--hw1-rounds", type=int, default=5)
    parser.add_argument("--sandbox", action="append", choices=list(SANDBOXES))
    options = parser.parse_args()
    results = {}
    for name in options.sandbox or ["bubblewrap"]:
        cold = SANDBOXES[name]()
        with WarmSandbox(cold) as warm:
            sides = {"cold": cold, "warm": warm}
            results[name] = {
                "empty_run": measure_in_turn(sides, run_nothing, rounds=options.rounds),
                "hw1": measure_hw1(sides, rounds=options.hw1_rounds),
            }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))


def measure_in_turn(sides: Mapping[str, Sandbox], work: Callable[[Sandbox], None], *, rounds: int) -> dict[str, Any]:
    """Milliseconds of the same work on each side, and the ratio round by round. A first round of each isn't counted."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds + 1):
        for name, sandbox in sides.items():
            start = time.monotonic()
            work(sandbox)
            seconds[name].append(time.monotonic() - start)
    counted = {name: taken[1:] for name, taken in seconds.items()}
    ratios = sorted(cold / warm for cold, warm in zip(counted["cold"], counted["warm"], strict=True))
    return {
        "rounds": rounds,
        "cold_over_warm": round(statistics.median(ratios), 2),
        "cold_over_warm_range": [round(ratios[0], 2), round(ratios[-1], 2)],
        **{f"{name}_ms": round(1000 * statistics.median(taken), 1) for name, taken in counted.items()},
        **{f"{name}_first_ms": round(1000 * taken[0], 1) for name, taken in seconds.items()},
    }


def run_nothing(sandbox: Sandbox) -> None:
    """One run with torch of a submission that does nothing and a question that asks nothing."""
    limits = Limits(memory_bytes=4 * GIB)
    header = {
        "role": "grade",
        "framework": "torch",
        "program": {"path": "hw.py", "kind": "script", "source": ""},
        "probe": "def nothing(student, given, record):\n    pass\n",
        "load": "each",
        "load_seconds": 60.0,
        "questions": [{"id": "nothing", "function": "nothing", "wall_seconds": 60.0}],
        "draw": "00" * 16,
        "seed": 0,
        "values": {},
        "variant": {},
        "weights": {},
        "threads": 1,
        "parallel": 1,
        "evidence_bytes": limits.evidence_bytes,
        "output_bytes": limits.output_bytes,
        "fork": True,
    }
    launch = Launch(interpreter=find_interpreter("torch"), limits=limits)
    result = sandbox.run(RunRequest(launch=launch, job=Job(header=header)))
    if not result.closed:
        raise SystemExit(f"an empty run ended as {result.exit.value!r}: {result.guest_stderr}")


def measure_hw1(sides: Mapping[str, Sandbox], *, rounds: int) -> dict[str, Any]:
    """The run of hw1's solution and its predict run, without marking."""
    assignment = load_assignment(ROOT / "assignments/hw1", reference=ROOT / "reference/hw1")
    submission = read_submission(ROOT / "reference/hw1/solution", files=assignment.files)
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        vault = Vault(home)
        for name in assignment.weights:
            make_standin(name, vault=vault, sandbox=sides["cold"], interpreter=find_interpreter("torch"))
        draw = name_draw(assignment, 0, secret=b"benchmark")
        data = load_data(assignment, draw)

        def collect(sandbox: Sandbox) -> None:
            workshop = Workshop(
                sandbox=sandbox, find_interpreter=partial(find_interpreter), vault=vault, home=home, secret=b"benchmark"
            )
            collect_evidence(assignment, submission, draw=draw, data=data, workshop=workshop)

        return measure_in_turn(sides, collect, rounds=rounds)


if __name__ == "__main__":
    main()
