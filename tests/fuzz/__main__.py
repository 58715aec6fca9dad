"""`python -m tests.fuzz tar 4711` reads one case again, with `--cases` a row of them; `--keep` writes its bytes."""

import argparse
import sys
from pathlib import Path

from tests.fuzz.engine import make_case, run_batch
from tests.fuzz.targets import TARGETS

__all__: list[str] = []


def main() -> int:
    """Read the arguments, and the case or the cases."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("number", type=int, help="the case, or the first of several")
    parser.add_argument("--cases", type=int, default=0, help="how many cases to read from there on")
    parser.add_argument("--progress", type=Path, help="a file in which the number of the case at work is noted")
    parser.add_argument("--keep", type=Path, help="write the case's bytes to this file")
    said = parser.parse_args()
    target = TARGETS[said.target]
    if said.cases:
        batch = run_batch(target, said.number, said.cases, progress=said.progress)
        print(batch.to_json())
        return 1 if batch.failures else 0
    content = make_case(target, said.number)
    if said.keep is not None:
        said.keep.write_bytes(content)
    print(f"{len(content)} bytes: {content[:300]!r}")
    print(target.read(content))
    return 0


if __name__ == "__main__":
    sys.exit(main())
