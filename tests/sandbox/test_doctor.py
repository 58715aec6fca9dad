"""The doctor: a finding for each prerequisite, and every sandbox proved."""

from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.sandbox.candidates import GVISOR, Trouble, rank_candidates
from grader.sandbox.doctor import Standing, examine

NAMES = [
    "python",
    "bubblewrap",
    "user namespaces",
    "control groups",
    "docker",
    "torch",
    "disk",
    "memory",
    "graphics processors",
]


def test_every_prerequisite_has_a_finding(tmp_path: Path) -> None:
    """In the order in which one needs the other; here none fails, and every sandbox that can be had is proved."""
    found = {
        finding.name: finding for finding in examine(home=tmp_path / "not" / "made" / "yet", frameworks=("torch",))
    }
    proved = [name for name in found if name.startswith("in ")]

    assert [name for name in found if name not in {*proved, "sandbox", "images"}] == NAMES
    candidates = (*rank_candidates(), GVISOR)
    assert proved == [f"in {candidate.name}" for candidate in candidates if candidate.find_trouble() is None]
    assert not [finding for finding in found.values() if finding.standing is Standing.FAIL]


def test_machine_without_any_sandbox_is_cautioned(monkeypatch: pytest.MonkeyPatch) -> None:
    """It still works, without a sandbox; the command says what would make it safer."""
    trouble = Trouble("bubblewrap isn't installed", "apt-get install bubblewrap")
    for module in ("doctor", "candidates"):
        monkeypatch.setattr(f"grader.sandbox.{module}.find_bubblewrap_trouble", lambda: trouble)
    monkeypatch.setattr("grader.sandbox.doctor.find_bubblewrap", lambda: None)
    no_docker = SandboxError("no Docker daemon answers")
    monkeypatch.setattr("grader.sandbox.docker.daemon.find_docker_trouble", lambda: no_docker)

    findings = {finding.name: finding for finding in examine(frameworks=())}

    assert findings["bubblewrap"].standing is Standing.CAUTION
    assert findings["bubblewrap"].command == "apt-get install bubblewrap"
    assert findings["docker"].text == "no Docker daemon answers; it isn't needed"
    assert findings["sandbox"].standing is Standing.CAUTION
    assert findings["sandbox"].command == "apt-get install bubblewrap"
    assert "no sandbox" in findings["sandbox"].text


def test_sandbox_that_isnt_what_it_claims_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that leaks is refused and says what leaks; where none holds, nothing can be graded."""
    monkeypatch.setattr("grader.sandbox.choice.prove_sandbox", lambda *arguments, **options: ("it runs as root",))

    findings = {finding.name: finding for finding in examine(frameworks=())}

    assert findings["in bubblewrap"].standing is Standing.CAUTION
    assert findings["in bubblewrap"].text == "refused, it isn't what it claims to be: it runs as root"
    assert findings["sandbox"].standing is Standing.FAIL
