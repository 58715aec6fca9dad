"""Runs in Docker, on this machine's daemon or another's."""

from grader.sandbox.docker.daemon import find_docker_trouble
from grader.sandbox.docker.sandbox import DockerSandbox

__all__ = ["DockerSandbox", "find_docker_trouble"]
