"""What only a cluster has: nodes that go and come, resources, contents that travel."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import ray

from grader.batch.engines import Needs
from grader.batch.engines.bundles import name_folder
from grader.batch.engines.ray import RayEngine
from grader.batch.engines.ray_cluster import count_places, list_nodes
from grader.errors import ProvisionError, SandboxError, UsageError
from tests.batch.engines.conftest import add_node
from tests.batch.engines.workers import OpenDoer, Task

NEEDS = Needs(cpus=1, memory_bytes=100_000_000)


def name_new_node(before: set[str]) -> str:
    """The part of a new node's name that tells it from others."""
    [new] = {node["NodeID"] for node in list_nodes() if node["Alive"]} - before
    return str(new)[:8]


def list_alive() -> set[str]:
    """The nodes that are there."""
    return {node["NodeID"] for node in list_nodes() if node["Alive"]}


@pytest.fixture
def extra(connected: Any) -> Iterator[tuple[Any, Any, str]]:
    """The cluster with one more node: the cluster, the node, the node's name."""
    before = list_alive()
    node = add_node(connected)
    yield connected, node, name_new_node(before)
    if node in connected.list_all_nodes():
        connected.remove_node(node)


def test_a_killed_node_loses_nothing(extra: tuple[Any, Any, str], tmp_path: Path) -> None:
    """A node is killed while it makes a run: every item is answered once, rightly, that one by another node."""
    cluster, node, name = extra
    victims: list[int] = []

    def kill(item: Task, where: str) -> None:
        if where.endswith(name) and not victims:
            victims.append(item.number)
            time.sleep(0.3)  # it's at work on it
            cluster.remove_node(node, allow_graceful=False)

    engine = RayEngine(cluster.address, node_home=tmp_path / "node")
    tasks = [Task(number=n, what="where", seconds=0.5, payload=b"x" * 200_000) for n in range(16)]
    answers = list(engine.map(OpenDoer(log=tmp_path), tasks, needs=NEEDS, on_start=kill))
    again = {answer.item.number: answer for answer in answers if answer.tries > 1}

    assert victims
    assert sorted(answer.item.number for answer in answers) == list(range(16))
    assert all(answer.result is not None and answer.result.number == 2 * answer.item.number for answer in answers)
    assert all(answer.result is not None and answer.result.payload == answer.item.payload for answer in answers)
    assert set(again) == set(victims)
    assert not again[victims[0]].node.endswith(name)


def test_a_new_node_gets_work(connected: Any, tmp_path: Path) -> None:
    """A node that joins in the middle of a batch takes part in it."""
    before, seen, nodes = list_alive(), set[str](), list[Any]()

    def draw() -> Iterator[Task]:
        for number in range(500):
            if len(seen) < 3:
                yield Task(number=number, seconds=0.1)

    engine = RayEngine(connected.address, node_home=tmp_path / "node")
    with closing(engine.map(OpenDoer(log=tmp_path), draw(), needs=NEEDS)) as answers:
        for answer in answers:
            if not nodes:
                nodes.append(add_node(connected))
            seen.add(answer.node[-8:])
    new = name_new_node(before)
    connected.remove_node(nodes[0])

    assert new in seen


def test_an_item_that_ends_workers_is_given_up(connected: Any, tmp_path: Path) -> None:
    """After three tries it is a fault of ours, and the others have their answers."""
    tasks = [Task(number=0, what="die"), *(Task(number=n) for n in range(1, 6))]
    engine = RayEngine(connected.address, node_home=tmp_path / "node")
    answers = {a.item.number: a for a in engine.map(OpenDoer(log=tmp_path), tasks, needs=NEEDS)}
    error = answers[0].error

    assert isinstance(error, SandboxError)
    assert (answers[0].tries, answers[0].result) == (3, None)
    assert [answers[n].result is not None for n in range(1, 6)] == [True] * 5


def test_a_run_that_no_node_holds(connected: Any, tmp_path: Path) -> None:
    """Said when none has come for a while, with what there is."""
    with pytest.raises(ProvisionError, match="no node of the cluster holds a run: it needs 3 processors") as caught:
        engine = RayEngine(connected.address, patience_seconds=0.5)
        list(engine.map(OpenDoer(log=tmp_path), [Task(number=0)], needs=Needs(cpus=3)))

    assert any("1 processors, 1.0 GiB" in line for line in caught.value.details)


def test_patience_ends(connected: Any, tmp_path: Path) -> None:
    """More runs asked for than the cluster has room for, and none comes: the batch ends with the reason."""
    engine = RayEngine(connected.address, jobs=1, patience_seconds=1.0)
    with pytest.raises(ProvisionError, match="no node of the cluster had room for a run"):
        list(engine.map(OpenDoer(log=tmp_path), [Task(number=0)], needs=Needs(cpus=3)))


def test_an_address_that_isnt_a_clusters(tmp_path: Path) -> None:
    """A client's address is refused: what it promises isn't the same."""
    with pytest.raises(UsageError, match="isn't the address of a cluster"):
        list(RayEngine("ray://head:10001").map(OpenDoer(log=tmp_path), [Task(number=0)], needs=NEEDS))


def test_runs_share_a_graphics_processor_by_fractions(connected: Any, tmp_path: Path) -> None:
    """Two runs that need half of one are on it at a time, and each is told which one it has."""
    node = connected.add_node(num_cpus=2, num_gpus=1, object_store_memory=80_000_000)
    try:
        engine = RayEngine(connected.address, node_home=tmp_path / "node")
        tasks = [Task(number=n, what="where", seconds=0.3) for n in range(6)]
        needs = Needs(cpus=1, gpus=0.5)
        answers = list(engine.map(OpenDoer(log=tmp_path), tasks, needs=needs))
    finally:
        connected.remove_node(node)
    told = {answer.result.text.split(" ", 2)[2] for answer in answers if answer.result is not None}
    processes = {answer.result.text.split(" ", 2)[1] for answer in answers if answer.result is not None}

    assert len(answers) == 6
    assert told == {"('0',)"}
    assert len(processes) == 2


def test_a_content_is_unpacked_once(connected: Any, tmp_path: Path) -> None:
    """Workers of a node share it, and so does the next batch."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.txt").write_text("one")
    content = name_folder(tmp_path / "folder")
    engine = RayEngine(connected.address, node_home=tmp_path / "node")
    opened = OpenDoer(log=tmp_path, contents=(content,))
    tasks = [Task(number=n, what="read", seconds=0.2) for n in range(4)]
    list(engine.map(opened, tasks, needs=NEEDS))
    [before] = (tmp_path / "node" / "contents").iterdir()
    number = before.stat().st_ino
    list(engine.map(opened, tasks, needs=NEEDS))
    [after] = (tmp_path / "node" / "contents").iterdir()

    assert after.stat().st_ino == number


def test_a_connection_that_was_there_stays(connected: Any, tmp_path: Path) -> None:
    """Whoever connected disconnects."""
    list(RayEngine(connected.address).map(OpenDoer(log=tmp_path), [Task(number=0)], needs=NEEDS))

    assert ray.is_initialized()


def describe(**resources: float) -> dict[str, Any]:
    """A node as Ray tells of it."""
    return {"Alive": True, "Resources": {"CPU": 8.0, "memory": 16e9, **resources}}


@pytest.mark.parametrize(
    ("needs", "places"),
    [
        (Needs(cpus=2, memory_bytes=1_000_000_000), 8),
        (Needs(cpus=2, memory_bytes=5_000_000_000), 6),
        (Needs(cpus=0.1 + 0.2), 52),
        (Needs(cpus=1, gpus=0.25), 8),
        (Needs(cpus=1, gpus=0.4), 4),
        (Needs(cpus=1, gpus=1), 2),
        (Needs(cpus=1, gpus=2), 1),
        (Needs(cpus=1, gpus=4), 0),
        (Needs(cpus=9), 0),
    ],
)
def test_how_many_runs_nodes_hold(needs: Needs, places: int) -> None:
    """The scarcest thing decides, on each node by itself; a part of a graphics processor is of one."""
    nodes = [describe(GPU=2.0), describe(), {"Alive": False, "Resources": {}}]

    assert count_places(nodes, needs) == places
