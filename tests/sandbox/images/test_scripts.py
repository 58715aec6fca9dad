"""The scripts that bring a daemon and a base along: nothing where all is there, nothing as an ordinary user."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.sandbox.docker.daemon import find_docker_trouble
from tests.house.reading import CHECKOUT
from tests.sandbox.docker.small_image import find_base_trouble

NOBODY = 64_999


def run_script(name: str, environment: dict[str, str], **options: object) -> subprocess.CompletedProcess[str]:
    """What a script prints."""
    command = ["bash", str(CHECKOUT / "scripts" / name)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, **options)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("name", ["start-docker", "make-base-image"])
def test_what_is_there_is_left_alone(name: str) -> None:
    """A daemon that answers isn't started again, a base image isn't made again."""
    trouble = find_docker_trouble() or find_base_trouble()
    if trouble is not None or shutil.which("docker") is None:
        pytest.skip(str(trouble or "there is no docker command"))
    answer = run_script(name, {"PATH": os.environ["PATH"]})

    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


@pytest.mark.skipif(sys.platform != "linux" or not hasattr(os, "geteuid"), reason="scripts for Linux")
@pytest.mark.parametrize("name", ["start-docker", "make-base-image"])
def test_an_ordinary_user_is_told_and_nothing_is_started(name: str, tmp_path: Path) -> None:
    """Where no daemon answers, the script says that tests will be skipped, and succeeds; it starts nothing."""
    for program in ("docker", "dockerd", "debootstrap"):
        started = tmp_path / f"{program}-was-started"
        script = "exit 1" if program == "docker" else f"touch {started}"
        (tmp_path / program).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / program).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.defpath}", "DOCKER_HOST": "unix:///nowhere"}
    answer = run_script(name, environment)

    assert answer.returncode == 0
    assert "Docker doesn't answer" in answer.stderr
    assert "are skipped" in answer.stderr
    assert not list(tmp_path.glob("*-was-started"))
