"""The doctor: a finding for each prerequisite, and a proof that fails where a sandbox leaks."""

from pathlib import Path

import pytest

from grader.sandbox import BubblewrapSandbox, ProcessSandbox, find_interpreter
from grader.sandbox.choice import Trouble, find_bubblewrap_trouble
from grader.sandbox.doctor import Standing, examine
from grader.sandbox.proof import prove_sandbox

NAMES = ["python", "bubblewrap", "user namespaces", "control groups", "sandbox", "torch", "docker", "disk", "memory"]


def test_every_prerequisite_has_a_finding(tmp_path: Path) -> None:
    """In the order in which one needs the other; here none fails."""
    findings = examine(home=tmp_path / "not" / "made" / "yet", frameworks=("torch",))

    assert [finding.name for finding in findings] == NAMES
    assert not [finding for finding in findings if finding.standing is Standing.FAIL]


def test_bubblewrap_is_proved_from_inside() -> None:
    """Nothing of what must not be seen is seen."""
    trouble = find_bubblewrap_trouble()
    if trouble is not None:
        pytest.skip(trouble.text)

    assert prove_sandbox(BubblewrapSandbox(), find_interpreter("none")) == ()


def test_proof_fails_for_what_is_no_sandbox() -> None:
    """The same probe finds the files, the service and the processes that a plain process sees."""
    faults = " ".join(prove_sandbox(ProcessSandbox(), find_interpreter("none")))

    assert "files of this machine" in faults
    assert "a service on this machine" in faults
    assert "other processes" in faults


def test_machine_without_bubblewrap_is_cautioned(monkeypatch: pytest.MonkeyPatch) -> None:
    """It still works, without a sandbox; the command says what would make it safer."""
    trouble = Trouble("bubblewrap isn't installed", "apt-get install bubblewrap")
    for module in ("doctor", "choice"):
        monkeypatch.setattr(f"grader.sandbox.{module}.find_bubblewrap_trouble", lambda: trouble)
        monkeypatch.setattr(f"grader.sandbox.{module}.find_bubblewrap", lambda: None)

    findings = {finding.name: finding for finding in examine(frameworks=())}

    assert findings["bubblewrap"].standing is Standing.CAUTION
    assert findings["bubblewrap"].command == "apt-get install bubblewrap"
    assert findings["sandbox"].standing is Standing.CAUTION
    assert "no sandbox" in findings["sandbox"].text
