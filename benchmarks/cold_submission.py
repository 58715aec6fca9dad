"""A cold submission against the same calls by hand, in one run, as a ratio; and where the rest goes.

    python benchmarks/cold_submission.py [--rounds 7] [--sandbox bubblewrap]

Both sides are whole processes, in turn. The reference's evidence is cached first, as it is for every student but the
first. Writes `benchmarks/results/cold_submission.json`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from safetensors.numpy import save_file

from grader.draws import load_data, name_draw, pick_draw
from grader.guest.protocol import Kind
from grader.ingest import read_submission
from grader.jobs import entering_inputs, list_predictions, plan_job
from grader.runs import read_results
from grader.spec import load_assignment
from grader.spec.model import Assignment
from grader.weights.vault import Vault

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "cold_submission.json"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sandbox", default="bubblewrap")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        home, submission = folder / "home", folder / "hw1"
        submission.mkdir()
        (submission / "hw1.py").write_bytes((ROOT / "reference/hw1/solution/hw1.py").read_bytes())
        environment = {**os.environ, "GRADER_HOME": str(home), "TORCH_HOME": str(folder / "torch")}
        grade = [
            sys.executable,
            "-m",
            "grader",
            "submit",
            str(submission),
            "--assignment",
            str(ROOT / "assignments/hw1"),
        ]
        grade += ["--sandbox", options.sandbox, "--json", str(folder / "report.json"), "--plain"]
        run([sys.executable, "-m", "grader", "weights", "standin", "torchvision/resnet18/IMAGENET1K_V1"], environment)
        run(grade, environment)
        write_inputs(folder, home, submission)
        by_hand = [sys.executable, str(ROOT / "benchmarks/by_hand.py"), str(folder)]
        rounds = [
            {"by_hand": run(by_hand, environment), "grade": run(grade, environment)} for _ in range(options.rounds)
        ]
        report = json.loads((folder / "report.json").read_text())
        results = summarise(rounds) | {
            "sandbox": options.sandbox,
            "points": report["score"]["points"],
            "of_one_run": describe_run(home / "runs" / report["report_id"]),
        }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))


def run(command: list[str], environment: dict[str, str]) -> dict[str, float]:
    """Run a command to its end: wall seconds, processor seconds with its children, the largest process."""
    with tempfile.TemporaryFile() as errors:
        start = time.monotonic()
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            raise SystemExit(f"{command} ended with {process.returncode}:\n{errors.read().decode()}")
    used = usage.ru_utime + usage.ru_stime
    return {"wall_seconds": wall, "cpu_seconds": used, "largest_process_mib": usage.ru_maxrss / 1024}


def write_inputs(folder: Path, home: Path, submission: Path) -> None:
    """What the by-hand side needs, the very inputs that the graded side meets."""
    assignment: Assignment = load_assignment(ROOT / "assignments/hw1", reference=ROOT / "reference/hw1")
    read = read_submission(submission, files=assignment.files)
    secret = (home / "secret").read_bytes()
    number = pick_draw(assignment, secret=secret, submission_digest=read.digest, attempt=1)
    draw = name_draw(assignment, number, secret=secret)
    data, vault = load_data(assignment, draw), Vault(home)
    job = plan_job(assignment, read, draw=draw, data=data, vault=vault)
    weights = {name: str(vault.path_of(name)) for name in assignment.weights}
    (folder / "header.json").write_text(json.dumps({**job.header, "weights": weights}))
    (folder / "given.safetensors").write_bytes(job.given)
    save_file(entering_inputs(list_predictions(assignment)[0], data), folder / "kept.safetensors")
    for name, source in (
        ("hw1.py", submission / "hw1.py"),
        ("probe.py", assignment.folder / "probe.py"),
        ("predict.py", ROOT / "reference/hw1/predict.py"),
    ):
        (folder / name).write_bytes(source.read_bytes())
    cache = folder / "torch" / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    for path in weights.values():
        (cache / Path(path).name).symlink_to(path)


def summarise(rounds: list[dict[str, dict[str, float]]]) -> dict[str, Any]:
    """Medians of each side and of the ratios round by round."""
    sides = {
        side: {key: round(statistics.median(r[side][key] for r in rounds), 3) for key in rounds[0][side]}
        for side in ("by_hand", "grade")
    }
    ratios = sorted(r["grade"]["wall_seconds"] / r["by_hand"]["wall_seconds"] for r in rounds)
    return {
        "rounds": len(rounds),
        "wall_ratio": round(statistics.median(ratios), 3),
        "wall_ratio_range": [round(ratios[0], 3), round(ratios[-1], 3)],
        **sides,
    }


def describe_run(folder: Path) -> dict[str, Any]:
    """Where the time of the last graded run went, as the guests and the keeper counted it."""
    results, questions = read_results(folder)
    ended = [json.loads(frame.payload) for frame in results["student"].frames if frame.kind is Kind.ENDED]
    numbers = [frame.question for frame in results["student"].frames if frame.kind is Kind.ENDED]
    return {
        "questions": {
            questions[number]: {key: round(end[key], 3) for key in ("load_seconds", "seconds")}
            for number, end in zip(numbers, ended, strict=True)
        },
        "runs": {name: round(result.wall_seconds, 3) for name, result in results.items()},
        "evidence_bytes": {name: sum(len(f.payload) for f in result.frames) for name, result in results.items()},
    }


if __name__ == "__main__":
    main()
