"""At least 100,000 hostile cases for each parser, and every input that once broke one."""

import json
import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fuzz.engine import Batch, make_case
from tests.fuzz.target import CORPUS, Target, list_corpus
from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
AT_A_TIME = 2
ENOUGH = 100_000
SECONDS_FOR_ENOUGH = 1_800


def read_ends(target: Target) -> dict[str, str]:
    """How each kept case ends."""
    ends: dict[str, str] = json.loads((CORPUS / f"{target.name}.json").read_text("utf-8"))
    return ends


KEPT = [(target.name, case) for target in TARGETS.values() for case in read_ends(target)]


@pytest.mark.parametrize(("name", "case"), KEPT)
def test_a_kept_case_ends_as_it_did(name: str, case: str) -> None:
    """What once broke a parser, and one sound input of each kind."""
    target = TARGETS[name]

    assert target.read((CORPUS / name / case).read_bytes()) == read_ends(target)[case]


@pytest.mark.parametrize("name", TARGETS)
def test_every_kept_case_has_an_end(name: str) -> None:
    """A file without one would only be a seed."""
    assert [path.name for path in list_corpus(name)] == sorted(read_ends(TARGETS[name]))


@pytest.mark.parametrize("name", TARGETS)
def test_a_number_is_a_case(name: str) -> None:
    """The same number makes the same bytes, whatever was made before; another number makes others."""
    target = TARGETS[name]
    first = [make_case(target, number) for number in range(200)]

    assert [make_case(target, number) for number in reversed(range(200))] == first[::-1]
    assert len(set(first)) > 100


def start_batch(target: Target, first: int, count: int, folder: Path) -> subprocess.Popen[str]:
    """A row of cases in a process of its own."""
    progress = folder / f"{first}.progress"
    command = [
        sys.executable,
        "-m",
        "tests.fuzz",
        target.name,
        str(first),
        f"--cases={count}",
        f"--progress={progress}",
    ]
    environment = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def finish_batch(process: subprocess.Popen[str], progress: Path, seconds: float) -> Batch:
    """What a row of cases came to; a process that ended without a word is a failure with its number."""
    try:
        told, said = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        told, said = process.communicate()
    if process.returncode not in (0, 1) or not told.startswith("{"):
        number = progress.read_text() if progress.exists() else "none"
        pytest.fail(f"the process ended with {process.returncode} at case {number.strip()}:\n{said[-3000:]}")
    return Batch(**json.loads(told))


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_hostile_cases(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Each ends in a value that keeps its promises or in the documented error, within bounds of time and memory."""
    target = TARGETS[name]
    cases = math.ceil(request.config.getoption("--fuzz-cases") / target.share)
    share = -(-cases // AT_A_TIME)
    processes = {first: start_batch(target, first, share, tmp_path) for first in range(0, share * AT_A_TIME, share)}
    seconds = SECONDS_FOR_ENOUGH * max(1.0, cases / ENOUGH)
    batches = [finish_batch(process, tmp_path / f"{first}.progress", seconds) for first, process in processes.items()]
    ends = sum((Counter(batch.ends) for batch in batches), Counter[str]())
    total = sum(batch.cases for batch in batches)
    record_property("parser", name)
    record_property("cases", total)
    record_property("taken", sum(count for end, count in ends.items() if end in target.sound))
    record_property("grown", max(batch.grown_bytes for batch in batches))

    assert [failure for batch in batches for failure in batch.failures] == []
    assert total >= cases
    assert max(batch.slowest_seconds for batch in batches) <= target.seconds
    assert max(batch.grown_bytes for batch in batches) <= target.memory_bytes
    assert cases < ENOUGH or target.reaches <= ends.keys()
