"""Options of the whole test suite."""

import pytest

from grader.errors import ProvisionError
from grader.sandbox import find_interpreter
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.sandbox.docker import find_docker_trouble
from tests.sandbox.docker.small_image import find_base_trouble

__all__: list[str] = []

FRAMEWORKS = ("torch", "tensorflow")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Continuous integration has everything that the tests need; if it hasn't, a green run would mean little."""
    parser.addoption("--expect-all", action="store_true", help="run nothing where something that tests need is missing")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Under --expect-all end at once where a sandbox or a framework is missing, rather than skip the tests of it."""
    if not session.config.getoption("--expect-all"):
        return
    trouble = find_bubblewrap_trouble()
    missing = [f"bubblewrap: {trouble.text}"] if trouble is not None else []
    fault = find_docker_trouble()
    if fault is not None:
        missing.append(f"docker: {fault.message}")
    elif (lack := find_base_trouble()) is not None:
        missing.append(f"docker: {lack}")
    for framework in FRAMEWORKS:
        try:
            find_interpreter(framework)
        except ProvisionError as error:
            missing.append(error.message)
    if missing:
        raise pytest.UsageError("\n".join(["--expect-all: not everything is here", *missing]))
