"""A program that has an engine run things, to be interrupted: `python -m … local|HOST:PORT FOLDER`."""

import sys
from pathlib import Path

from grader.batch.engines import Engine, LocalEngine, Needs
from grader.batch.engines.ray import RayEngine
from tests.batch.engines.workers import OpenDoer, Task

__all__: list[str] = []


def main(engine_name: str, folder: Path) -> None:
    """Run what doesn't end by itself."""
    engine: Engine = (
        LocalEngine(2) if engine_name == "local" else RayEngine(engine_name, node_home=folder.parent / "node")
    )
    for answer in engine.map(OpenDoer(log=folder), [Task(number=n, what="sleep") for n in range(9)], needs=Needs()):
        print(answer)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
