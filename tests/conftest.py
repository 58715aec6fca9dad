"""Options of the whole test suite."""

from contextlib import closing

import pytest

from grader.errors import ProvisionError
from grader.sandbox import find_interpreter
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.sandbox.docker import find_docker_trouble
from grader.sandbox.docker.daemon import connect_daemon
from grader.sandbox.images import FRAMEWORKS, choose_image, list_images
from tests.sandbox.docker.small_image import find_base_trouble
from tests.sandbox.gpu.hardware import describe_hardware, find_gpu_trouble

__all__: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Continuous integration has everything that the tests need; if it hasn't, a green run would mean little."""
    parser.addoption("--expect-all", action="store_true", help="run nothing where something that tests need is missing")
    parser.addoption("--expect-gpu", action="store_true", help="run nothing where no graphics processor can be used")
    parser.addoption("--expect-virtual", action="store_true", help="run the tests in a virtual machine, or fail")
    parser.addoption("--fuzz-cases", type=int, default=100_000, help="hostile cases for each parser (100,000)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked `gpu` are skipped where no graphics processor is, under --expect-all too: no machine of continuous
    integration has one. The header says so. `make test-gpu` (--expect-gpu) runs them or fails.
    """
    marked = [item for item in items if item.get_closest_marker("gpu")]
    if not marked or (trouble := find_gpu_trouble()) is None:
        return
    if config.getoption("--expect-gpu"):
        raise pytest.UsageError(f"--expect-gpu: {trouble}")
    for item in marked:
        item.add_marker(pytest.mark.skip(reason=trouble))


def pytest_report_header(config: pytest.Config) -> str:
    """Say before anything runs whether tests marked `gpu` will."""
    trouble = find_gpu_trouble()
    return describe_hardware() if trouble is None else f"tests marked gpu don't run here: {trouble} (docs/gpu.md)"


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
    else:
        missing += [f"docker: no image of {name} with this guest; run make images" for name in list_missing_images()]
    for framework in FRAMEWORKS:
        try:
            find_interpreter(framework)
        except ProvisionError as error:
            missing.append(error.message)
    if missing:
        raise pytest.UsageError("\n".join(["--expect-all: not everything is here", *missing]))


def list_missing_images() -> list[str]:
    """The frameworks of which there is no image with this guest."""
    daemon = connect_daemon()
    with closing(daemon.api):
        return [framework for framework in FRAMEWORKS if choose_image(list_images(daemon, framework)) is None]
