"""The doctor's part about sandboxes: each that can be had here is proved anew, and which of them `auto` takes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from grader.errors import GraderError
from grader.sandbox.candidates import GVISOR, Candidate, Trouble, rank_candidates
from grader.sandbox.choice import prove_candidate
from grader.sandbox.findings import Finding, Standing
from grader.sandbox.process import ProcessSandbox
from grader.sandbox.proof import prove_sandbox
from grader.sandbox.request import Interpreter
from grader.sandbox.warm import WarmSandbox

__all__ = ["examine_sandboxes"]

_PROVED = "no network, files, rights; read-only; limited; filtered"


@dataclass(frozen=True, kw_only=True)
class _Proof:
    """What came of proving one sandbox: what doesn't hold where its runs start cold, and in warm guests."""

    candidate: Candidate
    cautions: tuple[str, ...] = ()
    cold: tuple[str, ...] = ()
    warm: tuple[str, ...] = ()


def examine_sandboxes(
    interpreter: Interpreter, *, home: Path | None, overrides: Mapping[str, Path]
) -> tuple[Finding, ...]:
    """A finding for each sandbox that can be had here, and one for what `auto` takes.

    Everything is proved now, whatever is remembered; what holds is remembered for the commands that follow.
    """
    troubles = {candidate.name: candidate.find_trouble() for candidate in (*rank_candidates(), GVISOR)}
    usable = [candidate for candidate in (*rank_candidates(), GVISOR) if troubles[candidate.name] is None]
    proofs = [_prove(candidate, home=home, overrides=overrides) for candidate in usable]
    findings = [_tell_proof(proof) for proof in proofs]
    ranked = [proof for proof in proofs if proof.candidate is not GVISOR]
    return (*findings, _tell_choice(ranked, troubles, interpreter))


def _prove(candidate: Candidate, *, home: Path | None, overrides: Mapping[str, Path]) -> _Proof:
    try:
        sandbox = candidate.make()
        prove = partial(prove_candidate, candidate, home=home, interpreters=overrides, again=True)
        cold = prove(sandbox, warm=False)
        if cold:
            return _Proof(candidate=candidate, cautions=sandbox.cautions, cold=cold)
        with WarmSandbox(sandbox) as warm:
            return _Proof(candidate=candidate, cautions=sandbox.cautions, warm=prove(warm, warm=True))
    except GraderError as error:
        return _Proof(candidate=candidate, cold=(" ".join((error.message, *error.details[-3:])),))


def _tell_proof(proof: _Proof) -> Finding:
    name = f"in {proof.candidate.name}"
    if proof.cold:
        text = f"refused, it isn't what it claims to be: {'; '.join(proof.cold)}"
        return Finding(name=name, standing=Standing.CAUTION, text=text)
    if proof.warm:
        text = f"proved from inside; runs start cold, for in warm guests not all of it holds: {'; '.join(proof.warm)}"
        return Finding(name=name, standing=Standing.CAUTION, text=text)
    if proof.cautions:
        text = f"proved from inside, but for this: {'; '.join(proof.cautions)}"
        return Finding(name=name, standing=Standing.CAUTION, text=text)
    text = f"proved from inside: {_PROVED if proof.candidate is not GVISOR else _PROVED.rpartition(';')[0]}"
    return Finding(name=name, standing=Standing.PASS, text=text)


def _tell_choice(proofs: list[_Proof], troubles: Mapping[str, Trouble | None], interpreter: Interpreter) -> Finding:
    """What `auto` takes: the first that holds."""
    taken = next((proof for proof in proofs if not proof.cold), None)
    if taken is not None:
        start = "runs start cold" if taken.warm else "runs are forked from warm guests"
        text = f"auto takes {taken.candidate.name}; {start}"
        return Finding(name="sandbox", standing=Standing.PASS, text=text)
    if proofs:
        text = "none of those that are here does what it claims: code that isn't yours can't be graded"
        return Finding(name="sandbox", standing=Standing.FAIL, text=text)
    finding = _try_process(interpreter)
    command = next((trouble.command for trouble in troubles.values() if trouble is not None and trouble.command), None)
    return replace(finding, command=command)


def _try_process(interpreter: Interpreter) -> Finding:
    """Whether code runs at all here, without a sandbox."""
    try:
        prove_sandbox(ProcessSandbox(), interpreter)
    except GraderError as error:
        text = f"the probe couldn't be run: {' '.join((error.message, *error.details[-3:]))}"
        return Finding(name="sandbox", standing=Standing.FAIL, text=text)
    text = "process works, and is no sandbox: only for code that you trust"
    return Finding(name="sandbox", standing=Standing.CAUTION, text=text)
