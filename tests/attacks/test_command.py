"""`grade attack` as a person types it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from grader.sandbox.choice import find_bubblewrap_trouble

needs_bubblewrap = pytest.mark.skipif(find_bubblewrap_trouble() is not None, reason="bubblewrap doesn't work here")


def start(home: Path, arguments: Sequence[str]) -> "subprocess.Popen[str]":
    """The command, started."""
    return subprocess.Popen(
        [sys.executable, "-m", "grader", "attack", *arguments],
        env={**os.environ, "GRADER_HOME": str(home), "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def attack(home: Path, *arguments: str) -> tuple[int, str, str]:
    """Its status and what it printed."""
    with start(home, arguments) as command:
        output, errors = command.communicate(timeout=300)
    return command.returncode, output, errors


@needs_bubblewrap
def test_attacks_by_id_as_json(tmp_path: Path) -> None:
    """JSON alone on standard output, the table on standard error, status 0 where everything held."""
    status, output, errors = attack(tmp_path, "host-files", "keyrings", "--sandbox", "bubblewrap", "--json", "-")
    said = json.loads(output)

    assert status == 0, errors
    assert (said["sandbox"], said["warm"]) == ("bubblewrap", True)
    assert [(a["id"], a["class"], a["outcome"]) for a in said["attacks"]] == [
        ("host-files", "A", "as_expected"),
        ("keyrings", "D", "as_expected"),
    ]
    assert all(a["title"] and "HELD" in a["detail"] for a in said["attacks"])
    assert "2 attacks: 2 as expected" in errors


@needs_bubblewrap
def test_a_cold_run_for_people(tmp_path: Path) -> None:
    """The heading says in what, each line how it went."""
    status, output, _ = attack(tmp_path, "host-files", "--cold", "--sandbox", "bubblewrap", "--plain")

    assert status == 0
    assert "bubblewrap, cold" in output
    assert " pass  A " in output


def test_without_a_sandbox_nothing_is_run(tmp_path: Path) -> None:
    """They would really be made on this machine."""
    status, output, errors = attack(tmp_path, "--sandbox", "process")

    assert status == 2
    assert output == ""
    assert "attacks aren't run without a sandbox" in errors
    assert "grade attack --sandbox auto" in errors


def test_the_list_runs_nothing(tmp_path: Path) -> None:
    """Ids, titles and outcomes by class."""
    status, output, _ = attack(tmp_path, "--list", "--class", "D", "--plain")

    assert status == 0
    assert output.startswith("D - poisoning: ")
    assert "keyrings" in output and "host-files" not in output


def test_an_unknown_attack_is_told(tmp_path: Path) -> None:
    """With the near one."""
    status, _, errors = attack(tmp_path, "host-file")

    assert status == 2
    assert "no attack 'host-file'" in errors
    assert "Did you mean 'host-files'?" in errors


@needs_bubblewrap
def test_an_interrupt_ends_it(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a run: the status says so, and nothing stays in the temporary folder."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "grader", "attack", "loop", "deaf-sleep", "--sandbox", "bubblewrap", "--plain"],
        env={**os.environ, "GRADER_HOME": str(tmp_path / "home"), "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        until = time.monotonic() + 120
        while not list(temporary.glob(".grader.*/attacks/*")) and time.monotonic() < until:
            time.sleep(0.05)
        command.send_signal(signal.SIGINT)
        _, errors = command.communicate(timeout=120)

    assert command.returncode == 130, errors
    assert errors.strip() == "interrupted"
    assert [path.name for path in temporary.iterdir()] == []
