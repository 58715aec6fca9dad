"""What tests of Docker share: the daemon, a sandbox, an image."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from docker import APIClient

from grader.sandbox import DockerSandbox
from grader.sandbox.docker import find_docker_trouble
from tests.sandbox.docker.small_image import find_base_trouble, make_image
from tests.sandbox.tiny import TINY_GUEST

__all__: list[str] = []


@pytest.fixture
def api() -> Iterator[APIClient]:
    """A client of this machine's daemon."""
    if (trouble := find_docker_trouble()) is not None:
        pytest.skip(trouble.message)
    with closing(APIClient(version="auto")) as client:
        yield client


@pytest.fixture
def sandbox(api: APIClient) -> DockerSandbox:
    """Docker with the tiny guest."""
    return DockerSandbox(guest=TINY_GUEST)


@pytest.fixture
def tiny_image(api: APIClient) -> str:
    """An image with the tiny guest."""
    if (trouble := find_base_trouble()) is not None:
        pytest.skip(trouble)
    return make_image(api, TINY_GUEST)
