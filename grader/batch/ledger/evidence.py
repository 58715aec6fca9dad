"""Runs in the ledger: how each ended, and its frames, found by the keys of the questions that it answered."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, BinaryIO, TypeVar

from sqlalchemy import Connection, Row, func, select

from grader.batch.ledger.artefacts import Artefacts
from grader.batch.ledger.database import write_time
from grader.batch.ledger.schema import results, run_keys, runs
from grader.batch.model import NewRun, StoredRun
from grader.errors import ProvisionError, UsageError
from grader.evidence.model import Exit
from grader.guest.protocol import HEADER, Frame, FrameError, pack_frame, read_frame
from grader.limits import EvidenceLimits
from grader.sandbox.request import RunResult

__all__ = ["add_run", "chunk", "find_runs", "read_run", "remove_run"]

MOST_VARIABLES = 500
Value = TypeVar("Value")
INSERT_RUN = runs.insert().returning(runs.c.id)
INSERT_KEY = run_keys.insert()
INSERT_RESULT = results.insert()


def chunk(values: Iterable[Value]) -> Iterator[list[Value]]:
    """Values without their repetitions, as many at a time as one statement takes."""
    listed = list(dict.fromkeys(values))
    return (listed[start : start + MOST_VARIABLES] for start in range(0, len(listed), MOST_VARIABLES))


def find_runs(connection: Connection, keys: Iterable[str]) -> dict[str, int]:
    """The newest run of each key that has one."""
    found: dict[str, int] = {}
    for some in chunk(keys):
        newest = select(run_keys.c.key, func.max(run_keys.c.run).label("run")).where(run_keys.c.key.in_(some))
        found |= {row.key: row.run for row in connection.execute(newest.group_by(run_keys.c.key))}
    return found


def add_run(connection: Connection, artefacts: Artefacts, run: NewRun) -> int:
    """Write a run down: its frames, then the rows that name them."""
    digests = {name: add_frames(connection, artefacts, result.frames) for name, result in run.results.items()}
    values = {
        "submission": run.submission_digest,
        "draw": run.draw,
        "questions": json.dumps(list(run.questions)),
        "sandbox": run.sandbox,
        "image": run.image,
        "cautions": json.dumps(list(run.cautions)),
        "is_sandbox": int(run.is_sandbox),
        "node": run.node,
        "started_at": write_time(run.started_at),
        "wall_seconds": run.wall_seconds,
    }
    run_id = int(connection.execute(INSERT_RUN, values).scalar_one())
    keys = [{"run": run_id, "question": question, "key": key} for question, key in run.keys.items()]
    ends = [
        {"run": run_id, "place": place, "name": name, "ended": write_end(result), "frames": len(result.frames)}
        | {"artefact": digests[name]}
        for place, (name, result) in enumerate(run.results.items())
    ]
    if keys:
        connection.execute(INSERT_KEY, keys)
    if ends:
        connection.execute(INSERT_RESULT, ends)
    return run_id


def add_frames(connection: Connection, artefacts: Artefacts, frames: tuple[Frame, ...]) -> str:
    """Keep frames as they came out."""

    def pack() -> Iterator[bytes]:
        return (pack_frame(frame.kind, frame.payload, frame.question) for frame in frames)

    return artefacts.add_pieces(connection, pack, size=sum(HEADER.size + len(frame.payload) for frame in frames))


def write_end(result: RunResult) -> str:
    """How a run ended, as JSON; its frames are elsewhere."""
    end = asdict(replace(result, frames=()))
    del end["frames"]
    return json.dumps({**end, "exit": result.exit.value}, allow_nan=False)


def read_run(connection: Connection, artefacts: Artefacts, run_id: int) -> StoredRun:
    """A run with its frames.

    Raises:
        UsageError: there is no such run.
        ProvisionError: what it left is damaged or gone.
    """
    row = find_row(connection, run_id)
    keys = connection.execute(select(run_keys).where(run_keys.c.run == run_id))
    ends = connection.execute(select(results).where(results.c.run == run_id).order_by(results.c.place)).all()
    return StoredRun(
        id=run_id,
        keys={key.question: key.key for key in keys},
        questions=tuple(json.loads(row.questions)),
        results={end.name: read_result(connection, artefacts, run_id, end) for end in ends},
        submission_digest=row.submission,
        draw=row.draw,
        sandbox=row.sandbox,
        image=row.image,
        cautions=tuple(json.loads(row.cautions)),
        is_sandbox=bool(row.is_sandbox),
        node=row.node,
        started_at=datetime.fromisoformat(row.started_at),
        wall_seconds=row.wall_seconds,
    )


def find_row(connection: Connection, run_id: int) -> Row[Any]:
    """A run's row.

    Raises:
        UsageError: there is none.
    """
    row = connection.execute(select(runs).where(runs.c.id == run_id)).one_or_none()
    if row is None:
        raise UsageError(f"the ledger has no run {run_id}: it was purged or dropped, or never made")
    return row


def read_result(connection: Connection, artefacts: Artefacts, run_id: int, end: Row[Any]) -> RunResult:
    """How one of a run's guests ended, and its frames.

    Raises:
        ProvisionError: they are damaged or gone.
    """
    try:
        with artefacts.open(connection, end.artefact) as file:
            frames = read_frames(file)
    except (ProvisionError, FrameError) as error:
        raise ProvisionError(f"the evidence of run {run_id} can't be used: {error}") from error
    if len(frames) != end.frames:
        raise ProvisionError(f"the evidence of run {run_id} isn't whole: {len(frames)} of {end.frames} frames")
    ended: Mapping[str, Any] = json.loads(end.ended)
    return RunResult(**{**ended, "exit": Exit(ended["exit"]), "gpus": tuple(ended["gpus"]), "frames": frames})


def read_frames(file: BinaryIO) -> tuple[Frame, ...]:
    """All frames of a stream.

    Raises:
        FrameError: it holds something else.
    """
    most_bytes = EvidenceLimits().frame_bytes
    return tuple(iter(lambda: read_frame(file.read, most_bytes=most_bytes), None))


def remove_run(connection: Connection, run_id: int) -> dict[str, str]:
    """Take a run's rows away; the keys that it answered, by question.

    Raises:
        UsageError: there is none.
    """
    find_row(connection, run_id)
    keys = {row.question: row.key for row in connection.execute(select(run_keys).where(run_keys.c.run == run_id))}
    connection.execute(runs.delete().where(runs.c.id == run_id))
    return keys
