"""Pulls the plug of a small batch, round after round: `python -m tests.batch.chaos --rounds 200` (`make chaos`).

Each round grades a class anew, is killed with SIGKILL one to four times at moments and failpoints that chance chooses,
and is finished by the same command. A failure prints what was done to it, and is made again by `--seed S --only ROUND`:
failpoints then come the same, moments about so.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from random import Random, randrange

from tests.batch.classroom import Classroom
from tests.batch.orphans import adopt_orphans
from tests.batch.pulled_plugs import CLASS, choose_kills, find_troubles, kill_batch

__all__ = ["main", "play_round"]


def play_round(
    folder: Path, home: Path, random: Random, *, undisturbed: list[tuple[str, ...]], seconds: float
) -> tuple[str, list[str]]:
    """One class, killed and finished: what was done to it, and what is wrong."""
    classroom = Classroom(folder, home)
    classroom.set_up(CLASS)
    kills = choose_kills(random, seconds=seconds)
    with adopt_orphans() as orphans:
        try:
            for kill in kills:
                kill_batch(classroom, kill)
            troubles = find_troubles(classroom, undisturbed=undisturbed, orphans=orphans)
        except AssertionError as error:
            troubles = [f"it wasn't killed, and failed: {error}"]
    return ", ".join(map(str, kills)), troubles


def grade_undisturbed(folder: Path, home: Path) -> tuple[list[tuple[str, ...]], float]:
    """The table of a batch that nobody disturbs, and how long one takes whose home is there."""
    for name in ("first", "second"):
        classroom = Classroom(folder / name, home)
        classroom.set_up(CLASS)
        started = time.monotonic()
        done = classroom.batch()
        assert done.status == 0, done.err
    return classroom.read_table(), time.monotonic() - started


def main() -> int:
    """Play the rounds; the exit status is 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=randrange(1_000_000))
    parser.add_argument("--only", type=int, metavar="ROUND", help="play this round alone")
    options = parser.parse_args()
    rounds = range(1, options.rounds + 1) if options.only is None else [options.only]
    print(f"seed {options.seed}", flush=True)
    failed = kills = 0
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        home = Path(name) / "home"
        undisturbed, seconds = grade_undisturbed(Path(name), home)
        for number in rounds:
            with tempfile.TemporaryDirectory(prefix=f"round-{number}-", dir=name) as folder:
                chosen = Random(f"{options.seed}-{number}")
                done, troubles = play_round(Path(folder), home, chosen, undisturbed=undisturbed, seconds=seconds)
            kills += done.count(",") + 1
            if troubles:
                failed += 1
                print(f"round {number} ({done}): {'; '.join(troubles)}", flush=True)
    print(f"{len(rounds)} rounds, {kills} kills, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
