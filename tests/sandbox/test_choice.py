"""Which sandbox is taken: the strongest that is proved, once; what isn't what it claims is refused, or says so."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from grader.errors import SandboxError
from grader.sandbox import BubblewrapSandbox, FakeSandbox, Sandbox, WarmSandbox, candidates, choice, choose_sandbox
from grader.sandbox.candidates import BUBBLEWRAP, DOCKER, Candidate, Trouble, rank_candidates
from grader.sandbox.cgroup import NoControl
from grader.sandbox.proof import Claim

FAULT = "it sees files of this machine: /home"


@dataclasses.dataclass
class Bench:
    """Candidates that start nothing, and what their proofs say, in order."""

    faults: dict[str, list[tuple[str, ...]]]
    proved: list[str]


def make_candidate(name: str, trouble: Trouble | None = None, **facts: Any) -> Candidate:
    """A candidate whose sandbox runs nothing."""

    def make() -> Sandbox:
        sandbox = FakeSandbox(lambda request: b"")
        sandbox.name = name
        return sandbox

    return Candidate(
        name=name,
        find_trouble=lambda: trouble,
        make=make,
        list_claims=lambda sandbox: frozenset(Claim),
        describe=lambda: facts,
    )


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Two candidates, the stronger first; both hold unless something else is said."""
    found = Bench({}, [])

    def prove(sandbox: Sandbox, *given: object, **named: object) -> tuple[str, ...]:
        found.proved.append(f"{'warm ' if isinstance(sandbox, WarmSandbox) else ''}{sandbox.name}")
        said = found.faults.get(sandbox.name, [])
        return said.pop(0) if said else ()

    monkeypatch.setattr(choice, "prove_sandbox", prove)
    set_candidates(monkeypatch, make_candidate("strong"), make_candidate("weak"))
    return found


def set_candidates(monkeypatch: pytest.MonkeyPatch, *found: Candidate) -> None:
    """Those that there are, the strongest first."""
    monkeypatch.setattr(choice, "rank_candidates", lambda: found)
    monkeypatch.setattr(choice, "_NAMED", {candidate.name: candidate for candidate in found})
    monkeypatch.setattr("grader.sandbox.proofs._held", set())


def test_the_strongest_that_holds_is_taken(bench: Bench) -> None:
    """One that fails its proof, warm and cold, leaves the place to the next."""
    bench.faults["strong"] = [(FAULT,), (FAULT,)]

    assert choose_sandbox().name == "weak"
    assert bench.proved == ["warm strong", "strong", "warm weak"]


def test_a_proof_is_made_once(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is remembered in the grader's home, and made again when something has changed that it rests on."""
    choose_sandbox(home=tmp_path)
    monkeypatch.setattr("grader.sandbox.proofs._held", set())  # as in the next process
    choose_sandbox(home=tmp_path)
    once = list(bench.proved)
    set_candidates(monkeypatch, make_candidate("strong", kernel="another"))
    choose_sandbox(home=tmp_path)
    choose_sandbox(home=tmp_path, warm=False)
    remembered = [json.loads(path.read_text())["basis"] for path in (tmp_path / "proofs").iterdir()]

    assert once == ["warm strong"]
    assert bench.proved == ["warm strong", "warm strong", "strong"]
    assert {basis["sandbox"] for basis in remembered} == {"strong"}
    assert all(basis["code"] and basis["kernel"] for basis in remembered)


def test_what_failed_is_tried_every_time(bench: Bench, tmp_path: Path) -> None:
    """A fault isn't remembered: it may be mended meanwhile."""
    bench.faults["strong"] = [(FAULT,)]
    with pytest.raises(SandboxError):
        choose_sandbox("strong", home=tmp_path, warm=False)

    assert choose_sandbox("strong", home=tmp_path, warm=False).name == "strong"


def test_warm_guests_that_fail_leave_cold_runs(bench: Bench) -> None:
    """The sandbox itself holds, so it is used without them."""
    bench.faults["strong"] = [("it sees what the run before has left: shared memory",)]

    assert isinstance(choose_sandbox("strong"), FakeSandbox)
    assert isinstance(choose_sandbox("weak"), WarmSandbox)


def test_a_named_one_that_doesnt_hold_is_refused(bench: Bench) -> None:
    """What doesn't hold is named; nothing else is taken in its place."""
    bench.faults["strong"] = [(FAULT,), (FAULT,)]
    with pytest.raises(SandboxError, match="strong isn't what it claims to be") as caught:
        choose_sandbox("strong")

    assert FAULT in caught.value.details
    assert caught.value.command == "grade doctor"


def test_a_person_may_use_it_all_the_same(bench: Bench) -> None:
    """It doesn't pass for a sandbox then, and every fault is among its cautions."""
    bench.faults["strong"] = [(FAULT,), (FAULT,)]
    sandbox = choose_sandbox("strong", allow_unproved=True)

    assert sandbox.name == "strong"
    assert not sandbox.is_sandbox
    assert sandbox.cautions == (f"strong isn't what it claims to be here: {FAULT}",)


def test_batches_never_go_on_without_a_sandbox(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none can be had, only a student's own code runs on, as a process that says why."""
    set_candidates(monkeypatch, make_candidate("strong", Trouble("strong isn't installed", "apt-get install strong")))

    with pytest.raises(SandboxError, match="no sandbox works on this machine") as caught:
        choose_sandbox(allow_process=False)
    process = choose_sandbox()

    assert caught.value.details == ("strong isn't installed:  apt-get install strong",)
    assert process.name == "process"
    assert "strong isn't installed" in process.cautions


def test_without_control_groups_docker_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon has the kernel count what bubblewrap's runs use; gVisor is taken by name only."""
    counted = rank_candidates()
    monkeypatch.setattr(candidates, "find_control", lambda: NoControl("none here"))

    assert rank_candidates() == (DOCKER, BUBBLEWRAP)
    assert {candidate.name for candidate in counted} == {"bubblewrap", "docker"}


@pytest.mark.parametrize("candidate", [BUBBLEWRAP, DOCKER], ids=lambda candidate: str(candidate.name))
def test_a_real_one_is_proved_and_remembered(
    candidate: Candidate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By name, with its own proof; the second time none is made."""
    if (trouble := candidate.find_trouble()) is not None:
        pytest.skip(trouble.text)
    plain = dataclasses.replace(candidate, list_images=dict)
    monkeypatch.setattr(choice, "_NAMED", {candidate.name: plain})
    monkeypatch.setattr("grader.sandbox.proofs._held", set())  # another test's proof isn't written to this home
    assert choose_sandbox(candidate.name, home=tmp_path, warm=False).is_sandbox
    monkeypatch.setattr("grader.sandbox.proofs._held", set())
    monkeypatch.setattr(choice, "prove_sandbox", fail_loudly)

    assert choose_sandbox(candidate.name, home=tmp_path, warm=False).name == candidate.name


def fail_loudly(*given: object, **named: object) -> tuple[str, ...]:
    """No proof is to be made."""
    raise AssertionError("proved again")


def test_a_real_one_that_doesnt_hold_is_no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps its name and loses its standing."""
    if (trouble := BUBBLEWRAP.find_trouble()) is not None:
        pytest.skip(trouble.text)
    monkeypatch.setattr("grader.sandbox.proofs._held", set())
    monkeypatch.setattr(choice, "prove_sandbox", lambda *given, **named: (FAULT,))
    sandbox = choose_sandbox("bubblewrap", allow_unproved=True)

    assert (sandbox.name, sandbox.is_sandbox) == (BubblewrapSandbox.name, False)
