"""hw1 in warm runs against the limit, as a ratio; and an empty run, and where its time goes.

    python -m benchmarks.limit [--rounds 7] [--pairs 3] [--empty-rounds 50] [--sandbox bubblewrap]

The limit (`bare_forks.py`) makes the same calls with the same inputs, each question in a bare fork of a process that
has imported PyTorch, and nothing else. Ours is the evidence of one submission from a pool of warm guests: namespaces,
control groups, filters, frames, digests. In turn, two questions at a time on both sides; then two submissions at once
on both, which is how a class is graded. Writes `benchmarks/results/limit.json`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

from benchmarks.cold_submission import write_inputs
from benchmarks.measuring import ROOT, describe_machine, write_results
from benchmarks.warm_runs import SANDBOXES
from grader.collect import Workshop, collect_evidence
from grader.draws import load_data, name_draw, pick_draw
from grader.guest.protocol import Kind
from grader.ingest import read_submission
from grader.limits import GIB, Limits
from grader.sandbox import Job, Launch, RunRequest, Sandbox, WarmSandbox, find_interpreter
from grader.spec import load_assignment
from grader.weights.provision import make_standin
from grader.weights.vault import Vault

SECRET = b"benchmark" * 4
AT_ONCE = 2


class BareForks:
    """One process of `bare_forks.py`, which has imported PyTorch and waits."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.bare_forks", str(folder)],
            cwd=ROOT,
            env={**os.environ, "TORCH_HOME": str(folder / "torch"), "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self) -> float:
        """Have all questions asked once; the processor seconds."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write("ask\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--empty-rounds", type=int, default=50)
    parser.add_argument("--sandbox", default="bubblewrap", choices=list(SANDBOXES))
    options = parser.parse_args()
    machine = describe_machine()
    cold = SANDBOXES[options.sandbox]()
    with tempfile.TemporaryDirectory() as place, WarmSandbox(cold) as warm:
        folder = Path(place)
        collect = prepare_hw1(folder, cold, warm)
        with BareForks(folder) as one, BareForks(folder) as other:
            single = measure_in_turn({"limit": one.ask, "ours": collect}, rounds=options.rounds)
            pair = measure_in_turn(
                {"limit": lambda: at_once(one.ask, other.ask), "ours": lambda: at_once(*[collect] * AT_ONCE)},
                rounds=options.pairs,
            )
        empty = measure_empty(warm, rounds=options.empty_rounds)
    write_results(
        "limit",
        {
            "limit_ratio": single["wall_ratio"],
            "empty_run_ms": empty["wall_ms"],
            "hw1": single,
            "two_submissions_at_once": pair,
            "empty_run": empty,
            "sandbox": options.sandbox,
            "machine": machine,
        },
    )


def prepare_hw1(folder: Path, cold: Sandbox, warm: Sandbox) -> Callable[[], float]:
    """Write what the other side needs; what collects the solution's evidence once, and gives its processor seconds."""
    home, place = folder / "home", folder / "hw1"
    place.mkdir()
    (place / "hw1.py").write_bytes((ROOT / "reference/hw1/solution/hw1.py").read_bytes())
    home.mkdir()
    (home / "secret").write_bytes(SECRET)
    assignment = load_assignment(ROOT / "assignments/hw1", reference=ROOT / "reference/hw1")
    vault = Vault(home)
    for name in assignment.weights:
        make_standin(name, vault=vault, sandbox=cold, interpreter=find_interpreter("torch"))
    write_inputs(folder, home, place)
    submission = read_submission(place, files=assignment.files)
    number = pick_draw(assignment, secret=SECRET, submission_digest=submission.digest, attempt=1)
    draw = name_draw(assignment, number, secret=SECRET)
    data = load_data(assignment, draw)
    workshop = Workshop(sandbox=warm, find_interpreter=find_interpreter, vault=vault, home=home, secret=SECRET)

    def collect() -> float:
        collected = collect_evidence(assignment, submission, draw=draw, data=data, workshop=workshop)
        if not all(question.finished for question in collected.evidence.questions.values()):
            raise SystemExit("hw1's solution didn't finish every question")
        return sum(result.cpu_seconds or 0.0 for result in collected.results.values())

    return collect


def at_once(*works: Callable[[], float]) -> float:
    """Do several at once; the sum of what they give."""
    with ThreadPoolExecutor(len(works)) as pool:
        return sum(pool.map(lambda work: work(), works))


def measure_in_turn(sides: Mapping[str, Callable[[], float]], *, rounds: int) -> dict[str, Any]:
    """Each side once a round; a first round isn't counted. Medians, and the ratio round by round."""
    wall: dict[str, list[float]] = {name: [] for name in sides}
    cpu: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds + 1):
        for name, work in sides.items():
            start = time.monotonic()
            used = work()
            wall[name].append(time.monotonic() - start)
            cpu[name].append(used)
    return {
        "rounds": rounds,
        **compare("wall", {name: taken[1:] for name, taken in wall.items()}),
        **compare("cpu", {name: taken[1:] for name, taken in cpu.items()}),
    }


def compare(what: str, taken: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Ours to the limit, round by round, and the medians of both."""
    ratios = sorted(ours / limit for ours, limit in zip(taken["ours"], taken["limit"], strict=True))
    return {
        f"{what}_ratio": round(statistics.median(ratios), 3),
        f"{what}_ratio_range": [round(ratios[0], 3), round(ratios[-1], 3)],
        f"{what}_seconds": {name: round(statistics.median(seconds), 3) for name, seconds in taken.items()},
        f"{what}_seconds_of_each_round": {name: [round(s, 3) for s in seconds] for name, seconds in taken.items()},
    }


def measure_empty(sandbox: Sandbox, *, rounds: int) -> dict[str, Any]:
    """Milliseconds of a run with torch whose question does nothing, and of its parts as they can be seen from here."""
    measured = [run_empty(sandbox) for _ in range(rounds + 3)][3:]
    taken = sorted(parts["wall_ms"] for parts in measured)
    return {
        "rounds": rounds,
        "wall_ms": round(statistics.median(taken), 1),
        "wall_ms_tenth_and_ninetieth": [round(taken[len(taken) // 10], 1), round(taken[-1 - len(taken) // 10], 1)],
        "parts_ms": {
            name: round(statistics.median(parts[name] for parts in measured), 1)
            for name in measured[0]
            if name != "wall_ms"
        },
    }


def run_empty(sandbox: Sandbox) -> dict[str, float]:
    """One such run: when its frames came, and what it says itself of its question."""
    limits = Limits(memory_bytes=4 * GIB)
    came: dict[Kind, float] = {}
    launch = Launch(interpreter=find_interpreter("torch"), limits=limits)
    request = RunRequest(launch=launch, job=Job(header=write_empty_header(limits)))
    start = time.monotonic()
    result = sandbox.run(request, on_frame=lambda frame: came.setdefault(frame.kind, time.monotonic()) and None)
    end = time.monotonic()
    if not result.closed:
        raise SystemExit(f"an empty run ended as {result.exit.value!r}: {result.guest_stderr}")
    told = json.loads(next(frame.payload for frame in result.frames if frame.kind is Kind.ENDED))
    inside = told["load_seconds"] + told["seconds"]
    parts = {
        "wall_ms": end - start,
        "control_group_fork_and_namespaces_ms": came[Kind.READY] - start,
        "job_to_the_loader_s_fork_ms": came[Kind.ENDED] - came[Kind.READY] - inside,
        "loader_from_its_fork_to_its_end_ms": inside,
        "end_of_the_question_to_the_end_of_init_ms": came[Kind.DONE] - came[Kind.ENDED],
        "reaping_removing_the_group_looking_at_the_zygote_ms": end - came[Kind.DONE],
    }
    return {name: 1000 * seconds for name, seconds in parts.items()}


def write_empty_header(limits: Limits) -> dict[str, Any]:
    """The header of a job of a submission that does nothing and a question that asks nothing."""
    return {
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


if __name__ == "__main__":
    main()
