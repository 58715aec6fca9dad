"""A Ray cluster of several nodes on this machine, for the tests that need one."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
from ray.cluster_utils import Cluster

from grader.batch.engines import Engine, LocalEngine
from grader.batch.engines.ray import RayEngine

__all__: list[str] = []

STORE_BYTES = 80_000_000
GIB = 1024**3

MakeEngine = Callable[[int], Engine]


@pytest.fixture(scope="package")
def cluster() -> Iterator[Any]:
    """A head on which nothing runs, and two nodes of one processor each. Nobody is connected to it."""
    made: Any = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 0, "object_store_memory": STORE_BYTES, "include_dashboard": False},
    )
    try:
        for _ in range(2):
            add_node(made)
        yield made
    finally:
        made.shutdown()


@pytest.fixture(scope="package")
def connected(cluster: Any) -> Iterator[Any]:
    """The cluster, and this process connected to it."""
    ray.init(address=cluster.address, log_to_driver=False, logging_level=logging.ERROR)
    try:
        yield cluster
    finally:
        ray.shutdown()


def add_node(cluster: Any, **more: Any) -> Any:
    """One more node of one processor."""
    return cluster.add_node(num_cpus=1, memory=GIB, object_store_memory=STORE_BYTES, **more)


@pytest.fixture(params=["local", "ray"])
def make_engine(request: pytest.FixtureRequest, tmp_path: Path) -> MakeEngine:
    """Each engine, with so many places for runs; at most two."""
    if request.param == "local":
        return LocalEngine
    cluster = request.getfixturevalue("connected")

    def make(jobs: int) -> Engine:
        return RayEngine(cluster.address, jobs, node_home=tmp_path / "node")

    return make
