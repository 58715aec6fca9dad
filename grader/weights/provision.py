"""Get a checkpoint into the vault: fetched, taken from a file, or made as a stand-in.

What is in a checkpoint is read inside a sandbox, by the guest's provisioning job, and comes out as digests of tensors
and, for a stand-in, as bytes. This side only moves bytes.
"""

import math
import re
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.errors import ProvisionError
from grader.evidence import read_evidence
from grader.evidence.model import QuestionEvidence
from grader.limits import GIB, MIB, EvidenceLimits, Limits
from grader.sandbox.request import Interpreter, Job, Launch, RunRequest, Sandbox
from grader.weights.catalogue import Checkpoint, find_checkpoint
from grader.weights.fetch import Downloaded, fetch_file, verify_prefix
from grader.weights.manifest import Entry, WeightsKind
from grader.weights.vault import Vault, mount_checkpoint

__all__ = ["fetch_weights", "make_standin", "take_file"]

QUESTION = "provision"
SECONDS = 300.0
STANDIN_SEED = 0
PIECE = re.compile(r"file\.[1-9][0-9]{0,3}")  # of a stand-in that doesn't fit into one frame

Progress = Callable[[Downloaded], None]


def fetch_weights(
    name: str,
    *,
    vault: Vault,
    sandbox: Sandbox,
    interpreter: Interpreter,
    schemes: Sequence[str] = ("https",),
    progress: Progress = lambda downloaded: None,
) -> Entry:
    """Fetch the published checkpoint, verify it and keep it; afterwards it is taken before any stand-in.

    Nothing is fetched where the vault has it whole.

    Raises:
        UsageError: no checkpoint of that name is known.
        ProvisionError: it can't be had, isn't what was published, or can't be kept.
        SandboxError: the sandbox failed.
    """
    checkpoint = find_checkpoint(name)
    kept = vault.find_whole(name, WeightsKind.REAL)
    if kept is not None:
        return kept
    with vault.open_workplace(name) as folder:
        file = folder / checkpoint.file
        fetch_file(
            checkpoint.url,
            file,
            most_bytes=2 * checkpoint.about_bytes + MIB,
            digest_prefix=checkpoint.digest_prefix,
            schemes=schemes,
            progress=progress,
        )
        return keep_digested(vault, checkpoint, file, sandbox=sandbox, interpreter=interpreter)


def take_file(name: str, source: Path, *, vault: Vault, sandbox: Sandbox, interpreter: Interpreter) -> Entry:
    """Keep a published checkpoint that somebody brought on a disk: for machines without a network. It is copied.

    Raises:
        UsageError: no checkpoint of that name is known.
        ProvisionError: it can't be read, isn't what was published, or can't be kept.
        SandboxError: the sandbox failed.
    """
    checkpoint = find_checkpoint(name)
    with vault.open_workplace(name) as folder:
        file = folder / checkpoint.file
        try:
            shutil.copyfile(source, file)
        except OSError as error:
            raise ProvisionError(f"{str(source)!r} can't be copied into the vault: {error.strerror}") from error
        verify_prefix(file, checkpoint.digest_prefix, origin=str(source))
        return keep_digested(vault, checkpoint, file, sandbox=sandbox, interpreter=interpreter)


def make_standin(name: str, *, vault: Vault, sandbox: Sandbox, interpreter: Interpreter) -> Entry:
    """Make a stand-in: the names and shapes of the checkpoint, deterministic values, no skill.

    The entry of the real checkpoint comes back, and nothing is made, where the vault has that.

    Raises:
        UsageError: no checkpoint of that name is known.
        ProvisionError: it can't be made or kept.
        SandboxError: the sandbox failed.
    """
    checkpoint = find_checkpoint(name)
    for kind in WeightsKind:
        kept = vault.find_whole(name, kind)
        if kept is not None:
            return kept
    with vault.open_workplace(name) as folder:
        made = run_provision("standin", checkpoint, file=None, sandbox=sandbox, interpreter=interpreter)
        file = folder / checkpoint.file
        try:
            file.write_bytes(expect_file(made, checkpoint))
        except OSError as error:
            raise ProvisionError(f"the stand-in can't be written: {file}: {error.strerror}") from error
        return vault.keep(name, WeightsKind.STANDIN, file, tensors=count_tensors(made, checkpoint))


def keep_digested(
    vault: Vault, checkpoint: Checkpoint, file: Path, *, sandbox: Sandbox, interpreter: Interpreter
) -> Entry:
    """Have a sandbox digest the tensors of a verified file, and keep it."""
    found = run_provision("digest", checkpoint, file=file, sandbox=sandbox, interpreter=interpreter)
    return vault.keep(checkpoint.name, WeightsKind.REAL, file, tensors=count_tensors(found, checkpoint))


def run_provision(
    task: str, checkpoint: Checkpoint, *, file: Path | None, sandbox: Sandbox, interpreter: Interpreter
) -> QuestionEvidence:
    """One provisioning run, and what it left.

    Raises:
        ProvisionError: it ran, but didn't do what it was asked.
        SandboxError: the sandbox failed.
    """
    result = sandbox.run(plan_provision(task, checkpoint, file=file, interpreter=interpreter))
    evidence = read_evidence(
        result.frames,
        questions=(QUESTION,),
        exit=result.exit,
        fault=result.frames_fault,
        limits=EvidenceLimits(frame_bytes=evidence_bytes(checkpoint), run_bytes=2 * evidence_bytes(checkpoint)),
    )
    left = evidence.questions[QUESTION]
    if not left.finished:
        raise ProvisionError(
            f"{checkpoint.name!r} can't be provisioned: its {task} run ended as {left.exit.value!r}",
            details=tuple(describe_problem(left, result.guest_stderr)),
        )
    return left


def describe_problem(left: QuestionEvidence, stderr: str) -> list[str]:
    """What is known about a provisioning run that didn't finish. No student code ran in it."""
    told = [f"{left.problem.type}: {left.problem.message}"] if left.problem and left.problem.message else []
    return told + stderr.strip().splitlines()[-3:]


def plan_provision(task: str, checkpoint: Checkpoint, *, file: Path | None, interpreter: Interpreter) -> RunRequest:
    """What a sandbox is asked, to digest a file or to make a stand-in."""
    mount = mount_checkpoint(checkpoint.name, file) if file is not None else None
    limits = Limits(
        wall_seconds=SECONDS,
        load_seconds=SECONDS,
        memory_bytes=max(4 * GIB, 10 * checkpoint.about_bytes),
        cpus=1,
        evidence_bytes=evidence_bytes(checkpoint),
    )
    launch = Launch(interpreter=interpreter, mounts=(mount,) if mount else (), limits=limits)
    values = {QUESTION: {"task": task, "name": checkpoint.name, "path": mount.target if mount else None}}
    return RunRequest(launch=launch, job=Job(header=provision_header(checkpoint, limits, values)))


def provision_header(checkpoint: Checkpoint, limits: Limits, values: Mapping[str, Any]) -> dict[str, Any]:
    """The JOB object of `guest.protocol` for the role "provision"."""
    inside = values[QUESTION]["path"]
    return {
        "role": "provision",
        "framework": checkpoint.framework,
        "program": None,
        "probe": "",
        "load": "each",
        "load_seconds": limits.load_seconds,
        "questions": [{"id": QUESTION, "function": QUESTION, "wall_seconds": limits.wall_seconds}],
        "draw": "00" * 16,
        "seed": STANDIN_SEED,
        "values": values,
        "variant": {},
        "weights": {checkpoint.name: inside} if inside else {},
        "threads": 1,
        "parallel": 1,
        "evidence_bytes": limits.evidence_bytes,
        "output_bytes": limits.output_bytes,
        "fork": True,
    }


def evidence_bytes(checkpoint: Checkpoint) -> int:
    """What a provisioning run may leave: the file and its digests, and as much again."""
    return max(64 * MIB, math.ceil(1.5 * checkpoint.about_bytes))


def count_tensors(left: QuestionEvidence, checkpoint: Checkpoint) -> dict[str, int]:
    """The digests that a provisioning run recorded, each with how many tensors have it.

    Raises:
        ProvisionError: it recorded none.
    """
    record = left.records.get("checkpoint")
    if record is None or record.get("kind") != "model" or not record["tensors"]:
        raise ProvisionError(f"{checkpoint.name!r} can't be provisioned: no tensors were found in it")
    return dict(Counter(tensor["digest"] for tensor in record["tensors"]))


def expect_file(left: QuestionEvidence, checkpoint: Checkpoint) -> bytes:
    """The stand-in's bytes: "file", then "file.1", "file.2", … where it came in pieces.

    Raises:
        ProvisionError: the run left none.
    """
    names = [
        "file",
        *sorted((n for n in left.arrays if PIECE.fullmatch(n)), key=lambda n: int(n.removeprefix("file."))),
    ]
    pieces = [left.arrays.get(name) for name in names]
    if any(piece is None or piece.dtype != "uint8" or piece.ndim != 1 for piece in pieces):
        raise ProvisionError(f"a stand-in for {checkpoint.name!r} can't be made: the run left no file")
    return b"".join(piece.tobytes() for piece in pieces if piece is not None)
