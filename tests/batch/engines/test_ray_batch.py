"""`grade batch --engine ray`: on a cluster of several nodes, one of which is killed, a class ends in the same table."""

from pathlib import Path
from typing import Any

import pytest

from tests.batch.classroom import CRASHES, RIGHT, TRIPLE, Classroom
from tests.batch.engines.conftest import add_node
from tests.batch.test_faults import wait_for_grades

CLASS = {
    **{f"s{number}": f"{RIGHT}\n# of s{number}\n" for number in range(8)},
    "s8": TRIPLE,
    "s9": CRASHES,
    "s10": None,
}


def set_up(folder: Path, home: Path) -> Classroom:
    """A class whose runs fit onto nodes of one processor."""
    classroom = Classroom(folder, home)
    classroom.set_up(CLASS)
    specification = classroom.assignment / "assignment.toml"
    specification.write_text(specification.read_text().replace("[limits]\n", "[limits]\ncpus = 1\n"))
    return classroom


@pytest.mark.slow
def test_a_class_on_a_cluster_one_node_of_which_is_killed(cluster: Any, tmp_path: Path) -> None:
    """Every row is graded once, as it is on one machine; the ledger says which node made which run."""
    here = set_up(tmp_path / "here", tmp_path / "home")
    there = set_up(tmp_path / "there", tmp_path / "home")
    assert here.batch().status == 0
    node = add_node(cluster)
    batch = there.start_batch("--engine", "ray", "--ray", cluster.address)
    wait_for_grades(there, 3)
    cluster.remove_node(node, allow_graceful=False)
    out, err = batch.communicate(timeout=240)
    with there.open_ledger() as ledger:
        nodes = {ledger.read_run(run).node for run in range(1, there.count_runs() + 1)}
        histories = [len(ledger.read_history("mini", student)) for student in CLASS]
    again = there.batch("--engine", "ray", "--ray", cluster.address)

    assert batch.returncode == 0, out + err
    assert there.read_table() == here.read_table()
    assert histories == [1] * len(CLASS)
    assert len(nodes) >= 2
    assert "local" not in nodes
    assert again.status == 0
