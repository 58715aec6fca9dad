"""A Ray cluster as the batch finds it: connecting to it, and how many runs it holds. Nothing here starts one."""

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import ray

from grader.batch.engines.engine import Needs
from grader.errors import ProvisionError, UsageError
from grader.limits import GIB

__all__ = ["connect_cluster", "count_places", "describe_nodes", "list_nodes"]

_ROUNDING = 1e-6


@contextmanager
def connect_cluster(address: str | None) -> Iterator[None]:
    """Be connected to a cluster: the one at an address, or the one of this machine. A connection that is there is used.

    Raises:
        UsageError: the address is of a kind that isn't supported.
        ProvisionError: there is no cluster, or one of another version.
    """
    if address is not None and "://" in address:
        raise UsageError(
            f"{address!r} isn't the address of a cluster: host:port is",
            details=("A batch is started on a machine of the cluster itself, as a rule its head.",),
        )
    if ray.is_initialized():
        yield
        return
    try:
        ray.init(address=address or "auto", log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ProvisionError(
            f"no Ray cluster answers at {address!r}" if address else "no Ray cluster runs on this machine",
            details=(" ".join(str(error).split())[:300],),
            command=None if address else "ray start --head --disable-usage-stats",
        ) from error
    keep_quiet()
    try:
        yield
    finally:
        ray.shutdown()


def keep_quiet() -> None:
    """What Ray's daemons have to say goes to its log files, not between the lines of ours.

    `log_to_driver` keeps back what workers print, but not the daemons' own messages about lost nodes, and there is no
    public way to. Where this name is gone, they are shown.
    """
    worker = ray._private.worker
    if hasattr(worker, "_worker_logs_enabled"):
        worker._worker_logs_enabled = False


def list_nodes() -> list[Mapping[str, Any]]:
    """The nodes that Ray knows, as it describes them; some are gone."""
    found: list[Mapping[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    return found


def count_places(nodes: Sequence[Mapping[str, Any]], needs: Needs) -> int:
    """How many runs these nodes hold at a time, if nobody else uses them."""
    return sum(count_on_node(node["Resources"], needs) for node in nodes if node["Alive"])


def count_on_node(resources: Mapping[str, float], needs: Needs) -> int:
    """The same for one node. A run that takes a part of a graphics processor takes it of one, never of two."""
    counts = [math.floor(resources.get("CPU", 0) / needs.cpus + _ROUNDING)] if needs.cpus else []
    if needs.memory_bytes:
        counts.append(int(resources.get("memory", 0) // needs.memory_bytes))
    gpus = resources.get("GPU", 0)
    if 0 < needs.gpus < 1:
        counts.append(int(gpus) * math.floor(1 / needs.gpus + _ROUNDING))
    elif needs.gpus:
        counts.append(math.floor(gpus / needs.gpus + _ROUNDING))
    return min(counts, default=0)


def describe_nodes(nodes: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """A line for each node that answers, for a message."""
    return tuple(
        f"{node['NodeManagerHostname']}: {found.get('CPU', 0):g} processors, {found.get('memory', 0) / GIB:.1f} GiB, "
        f"{found.get('GPU', 0):g} graphics processors"
        for node in nodes
        if node["Alive"]
        for found in [node["Resources"]]
    )
