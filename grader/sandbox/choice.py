"""Picks a sandbox by name, or the strongest that is proved from inside on this machine.

A sandbox is used only where it does what it claims. Each is proved once by runs of its own (`proof.py`), and again when
anything has changed that the proof rests on (`proofs.py`). One that fails is refused, and what doesn't hold is named;
a person may use it all the same, and then every report says so. Where only the warm guests fail, runs start cold.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from grader.errors import GraderError, SandboxError
from grader.sandbox.candidates import (
    BUBBLEWRAP,
    DOCKER,
    GVISOR,
    Candidate,
    Trouble,
    find_bubblewrap_trouble,
    rank_candidates,
)
from grader.sandbox.interpreters import find_interpreter
from grader.sandbox.process import ProcessSandbox
from grader.sandbox.proof import prove_sandbox
from grader.sandbox.proofs import ProofBook, describe_basis
from grader.sandbox.request import Interpreter, Sandbox
from grader.sandbox.unproved import UnprovedSandbox
from grader.sandbox.warm import WarmSandbox

__all__ = ["SANDBOX_NAMES", "Trouble", "choose_sandbox", "find_bubblewrap_trouble", "prove_candidate"]

SANDBOX_NAMES = ("auto", "bubblewrap", "docker", "docker:runsc", "process")
_NAMED = {candidate.name: candidate for candidate in (BUBBLEWRAP, DOCKER, GVISOR)}


@dataclass(frozen=True, kw_only=True)
class _Wish:
    """How a sandbox is wanted."""

    warm: bool
    allow_unproved: bool
    home: Path | None
    interpreters: Mapping[str, Path] | None


def choose_sandbox(
    name: str = "auto",
    *,
    allow_process: bool = True,
    warm: bool = True,
    allow_unproved: bool = False,
    home: Path | None = None,
    interpreters: Mapping[str, Path] | None = None,
) -> Sandbox:
    """A sandbox for this machine.

    Args:
        name: one of `SANDBOX_NAMES`. "auto" is the strongest that is proved here, else `process` with a caution.
        allow_process: False for everything but a student's own `submit`: then "auto" never ends without a sandbox.
        warm: whether runs are forked from guests that have their framework already.
        allow_unproved: use it even where it doesn't do what it claims; it then says so in its cautions.
        home: the grader's own folder, in which proofs are remembered.
        interpreters: environments by framework that stand before those that are found.

    Raises:
        SandboxError: no such name, that sandbox doesn't work here, or it isn't what it claims to be; the command says
            how to mend it.
    """
    wish = _Wish(warm=warm, allow_unproved=allow_unproved, home=home, interpreters=interpreters)
    if name == "process":
        return ProcessSandbox()
    if name == "auto":
        return _choose_strongest(wish, allow_process=allow_process)
    if name not in _NAMED:
        raise SandboxError(f"no sandbox {name!r} is known; there are {', '.join(SANDBOX_NAMES)}")
    return _take(_NAMED[name], wish)


def _choose_strongest(wish: _Wish, *, allow_process: bool) -> Sandbox:
    refusals: list[SandboxError] = []
    for candidate in rank_candidates():
        try:
            return _take(candidate, wish)
        except SandboxError as error:
            refusals.append(error)
    if allow_process:
        return ProcessSandbox(instead_of="; ".join(error.message for error in refusals))
    raise SandboxError(
        "no sandbox works on this machine, and code that isn't yours must not run without",
        details=tuple(_tell_refusal(error) for error in refusals),
        command="grade doctor",
    )


def _tell_refusal(error: SandboxError) -> str:
    return f"{error.message}:  {error.command}" if error.command else error.message


def _take(candidate: Candidate, wish: _Wish) -> Sandbox:
    """A candidate's sandbox, proved.

    Raises:
        SandboxError: it can't be had, or isn't what it claims to be.
    """
    trouble = candidate.find_trouble()
    if trouble is not None:
        raise SandboxError(trouble.text, command=trouble.command)
    cold = candidate.make()
    prove = partial(prove_candidate, candidate, home=wish.home, interpreters=wish.interpreters)
    if wish.warm:
        warm = WarmSandbox(cold)
        if not prove(warm, warm=True):
            return warm
        warm.close()
    faults = prove(cold, warm=False)
    if not faults:
        return cold
    if wish.allow_unproved:
        return UnprovedSandbox(cold, faults)
    raise SandboxError(
        f"{candidate.name} isn't what it claims to be on this machine",
        details=(*faults, "To use it all the same, for code that you trust:  --allow-unproved"),
        command="grade doctor",
    )


def prove_candidate(
    candidate: Candidate,
    sandbox: Sandbox,
    *,
    warm: bool,
    home: Path | None = None,
    interpreters: Mapping[str, Path] | None = None,
    again: bool = False,
) -> tuple[str, ...]:
    """What doesn't hold in a candidate's sandbox; empty where all of it does. Not tried where it is known to hold.

    Args:
        candidate: which sandbox it is.
        sandbox: the sandbox as it will be used.
        warm: whether its runs are forked from warm guests.
        home: where proofs are remembered.
        interpreters: environments by framework that stand before those that are found.
        again: prove it even where it is known to hold.
    """
    claims = candidate.list_claims(sandbox)
    book = ProofBook(home)
    try:
        machine = dict(candidate.describe())
        for interpreter, image in _list_places(candidate, interpreters):
            basis = {
                **describe_basis(interpreter),
                "sandbox": candidate.name,
                "warm": warm,
                "image": image,
                "claims": sorted(claim.name for claim in claims),
                "machine": machine,
            }
            if not again and book.has(basis):
                continue
            faults = prove_sandbox(sandbox, interpreter, claims=claims)
            if faults:
                return faults
            book.add(basis)
    except GraderError as error:
        said = " ".join((error.message, *error.details[-3:]))
        return (f"the proof couldn't be made: {said}",)
    return ()


def _list_places(
    candidate: Candidate, interpreters: Mapping[str, Path] | None
) -> Iterator[tuple[Interpreter, str | None]]:
    """Where a candidate's runs are made: in this machine's Python, and in each image."""
    plain = find_interpreter("none", overrides=interpreters)
    if candidate.binds_files():
        yield plain, None
    for framework, image in candidate.list_images().items():
        yield Interpreter(framework=framework, executable=plain.executable), image
