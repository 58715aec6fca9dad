"""hw1's calls in bare forks of a process that has imported PyTorch: the limit that warm runs are held against.

    python -m benchmarks.bare_forks FOLDER

FOLDER holds what `limit.py` wrote. For each line on standard input every question is asked once, two at a time, the one
that may take longest first, each in a fork of this process on one thread; the predictions are made in the fork that
trained. No namespaces, no control group, no filter, no pipe: a fork calls, and ends. The answer is one line: the
processor seconds of the forks.
"""

import json
import os
import resource
import sys
from collections import deque
from pathlib import Path
from typing import Any

from grader.guest.torchvision_operators import define_operators

define_operators()  # before torchvision is imported

import torch  # noqa: E402
import torchvision  # noqa: E402, F401 - imported for the forks
from safetensors.numpy import load_file  # noqa: E402

from benchmarks.by_hand import Calls, load_module  # noqa: E402
from grader.guest.given import make_given  # noqa: E402

AT_A_TIME = 2


def main() -> None:
    """Serve lines until there are none."""
    folder = Path(sys.argv[1])
    header = json.loads((folder / "header.json").read_text())
    for _ in sys.stdin:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ask_all(folder, header)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"{used:.6f}", flush=True)


def ask_all(folder: Path, header: dict[str, Any]) -> None:
    """Every question in a fork of its own."""
    waiting, running = deque(header["questions"]), set[int]()
    while waiting or running:
        while waiting and len(running) < AT_A_TIME:
            question = waiting.popleft()
            pid = os.fork()
            if pid == 0:
                be_question(folder, header, question)
            running.add(pid)
        pid, status = os.wait()
        running.remove(pid)
        if status:
            raise SystemExit(f"a question ended with {status}")


def be_question(folder: Path, header: dict[str, Any], question: dict[str, Any]) -> None:
    """In the fork: load the student's code and the probe, ask, and end without any exit handler."""
    status = 1
    try:
        torch.set_num_threads(1)
        student, probe = load_module(folder / "hw1.py"), load_module(folder / "probe.py")
        torch.manual_seed(header["seed"])
        arrays = load_file(folder / "given.safetensors")
        calls = Calls()
        getattr(probe, question["function"])(student, make_given(header, arrays, question["id"]), calls)
        if question["id"] == "fine_tune":
            predict(folder, header, arrays, calls)
        status = 0
    finally:
        os._exit(status)


def predict(folder: Path, header: dict[str, Any], arrays: dict[str, Any], calls: Calls) -> None:
    """What the weights of each epoch make of the hidden images."""
    kept = load_file(folder / "kept.safetensors")
    given = make_given(header, {**arrays, **kept}, "fine_tune")
    module = load_module(folder / "predict.py")
    with torch.no_grad():
        for stage in ({}, *calls.stages):
            module.fine_tune(given, stage)


if __name__ == "__main__":
    main()
