"""The proof of a sandbox: it holds for those that are one, and names what doesn't hold where something is missing."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from grader.sandbox import BubblewrapSandbox, ProcessSandbox, Sandbox, bubblewrap, find_interpreter
from grader.sandbox.candidates import BUBBLEWRAP, DOCKER, Candidate
from grader.sandbox.policy import Bind, Policy, make_policy
from grader.sandbox.proof import Claim, prove_sandbox
from grader.sandbox.warm import WarmSandbox

BOTH = [pytest.param(candidate, id=candidate.name) for candidate in (BUBBLEWRAP, DOCKER)]


def make(candidate: Candidate) -> Sandbox:
    """A candidate's sandbox, or a skip with what keeps it from being had."""
    trouble = candidate.find_trouble()
    if trouble is not None:
        pytest.skip(trouble.text)
    return candidate.make()


@pytest.mark.parametrize("candidate", BOTH)
def test_sandboxes_are_proved_from_inside(candidate: Candidate) -> None:
    """Nothing of what must not be seen is seen, where every run starts cold."""
    sandbox = make(candidate)

    assert prove_sandbox(sandbox, find_interpreter("none"), claims=candidate.list_claims(sandbox)) == ()


@pytest.mark.parametrize("candidate", BOTH)
def test_warm_guests_are_proved_from_inside(candidate: Candidate) -> None:
    """The same holds in forks of one guest: a second run sees nothing of the first."""
    with WarmSandbox(make(candidate)) as sandbox:
        assert prove_sandbox(sandbox, find_interpreter("none"), claims=candidate.list_claims(sandbox)) == ()


def test_proof_fails_for_what_is_no_sandbox() -> None:
    """The same probe finds the files, the service, the calls and the processes that a plain process has."""
    faults = " ".join(prove_sandbox(ProcessSandbox(), find_interpreter("none")))

    assert "files of this machine" in faults
    assert "a service on this machine" in faults
    assert "other processes" in faults
    assert "no filter of system calls" in faults
    assert "calls are let through that no run needs" in faults


def with_policy(change: Callable[[Policy], Policy]) -> Callable[[pytest.MonkeyPatch], None]:
    """Give bubblewrap another policy than it should have."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        right = make_policy
        patch.setattr(bubblewrap, "make_policy", lambda *given, **named: change(right(*given, **named)))

    return apply


def with_words(change: Callable[[list[str]], list[str]]) -> Callable[[pytest.MonkeyPatch], None]:
    """Start bubblewrap with other arguments than it should have."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        right = bubblewrap.bubblewrap_arguments
        patch.setattr(bubblewrap, "bubblewrap_arguments", lambda *given, **named: change(right(*given, **named)))

    return apply


def drop(words: list[str], option: str, values: int) -> list[str]:
    """The words without an option and its values, as often as it stands there."""
    places = [number for number, word in enumerate(words) if word == option]
    dropped = {place + offset for place in places for offset in range(values + 1)}
    return [word for number, word in enumerate(words) if number not in dropped]


LEAKS = [
    pytest.param(
        with_words(lambda words: drop(words, "--seccomp", 1)), "it has no filter of system calls", id="no-filter"
    ),
    pytest.param(with_words(lambda words: [*words, "--share-net"]), "it reaches a service", id="network"),
    pytest.param(with_words(lambda words: drop(words, "--remount-ro", 1)), "it can write to /, ", id="writable"),
    pytest.param(
        with_policy(lambda policy: replace(policy, binds=(*policy.binds, Bind(Path("/home"), "/home")))),
        "it sees files of this machine: /home",
        id="files",
    ),
    pytest.param(
        with_policy(lambda policy: replace(policy, binds=(*policy.binds, Bind(Path("/proc"), "/proc")))),
        "it sees other processes of this machine",
        id="processes",
    ),
    pytest.param(
        with_policy(lambda policy: replace(policy, environment={**policy.environment, "TOKEN": "x"})),
        "it has variables that no policy gave it: TOKEN",
        id="variables",
    ),
    pytest.param(
        with_policy(lambda policy: replace(policy, covered=())), "it reads what the kernel tells", id="uncovered"
    ),
]


@pytest.mark.parametrize(("break_it", "said"), LEAKS)
def test_whatever_leaks_is_named(
    break_it: Callable[[pytest.MonkeyPatch], None], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sandbox that lacks one thing fails its proof, with that thing's sentence."""
    sandbox = make(BUBBLEWRAP)
    break_it(monkeypatch)

    assert said in "; ".join(prove_sandbox(sandbox, find_interpreter("none")))


def test_what_a_run_leaves_for_the_next_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that two runs share is found out, though either run by itself sees nothing wrong."""
    sandbox = make(BUBBLEWRAP)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as shared:
        Path(shared).chmod(0o777)
        with_words(lambda words: [*words, "--bind", shared, "/dev/shm"])(monkeypatch)
        faults = prove_sandbox(sandbox, find_interpreter("none"))

    assert faults == ("it sees what the run before has left: a file in /dev/shm",)


def test_limits_that_nobody_keeps_are_named() -> None:
    """Where no control group counts, the claim that the kernel does fails; what isn't claimed isn't asked."""
    make(BUBBLEWRAP)
    sandbox = BubblewrapSandbox(use_control_groups=False)
    claimed = prove_sandbox(sandbox, find_interpreter("none"))

    assert any("its memory isn't limited" in fault for fault in claimed)
    assert prove_sandbox(sandbox, find_interpreter("none"), claims={Claim.FILTER, Claim.ONE_KERNEL}) == ()
