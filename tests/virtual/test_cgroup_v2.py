"""Control groups of version 2 on a real kernel, whatever this machine has: in a virtual machine that has nothing else.

Each scenario is a place in which a grader may find itself. The first runs what the contract suite says of memory,
processes, processor time and the end of a run; the others whether runs' groups can be made there, and hold.
"""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.virtual.machine import Group, Report, Scenario, boot, find_kernel

ROOT = Path(__file__).parents[2]
SECONDS = 900
"""It takes six minutes on two processors that others use as well."""
ALL = "+memory +pids +cpu"
REAL = (
    "tests/sandbox/test_cgroup.py::test_real_group_is_made_read_and_removed",
    "tests/sandbox/test_cgroup.py::test_real_group_holds_what_is_in_it",
)
# Not "processes": its fork bomb has two seconds, in which an emulated processor may not come to its limit. It holds, as
# the second of the tests above shows.
BEHAVIOURS = ("answers", "memory", "memory_of_children", "cpu", "tree_killed")
VARIANTS = ("bubblewrap", "bubblewrap, warm")
# A cold run's group counts the start of the guest as well, which takes many seconds of an emulated processor: whether
# processor time is limited shows in the warm one alone.
CONTRACT = [
    f"tests/contract/test_contract.py::test_{behaviour}[{variant}]"
    for variant in VARIANTS
    for behaviour in BEHAVIOURS
    if (behaviour, variant) != ("cpu", "bubblewrap")
]
MEMORY = "tests/contract/test_contract.py::test_memory[bubblewrap]"
WHERE = "from grader.sandbox.cgroup import find_control; print('FOUND', find_control()); print('FOUND', find_control())"
USER = 1000
MARKS = re.compile(r"^(PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS) (\S+::.*?)(?: - .*)?$", re.MULTILINE)

PLACES = {
    "a leaf of a group that hands down": ([Group("session", ALL), Group("session/grader")], 0, False),
    "the root group": ([], 0, False),
    "a service of its own that was delegated": ([Group("service", delegated=True)], 0, False),
    "a user's scope that was delegated": (
        [Group("user", ALL, owner=USER), Group("user/scope", owner=USER, delegated=True)],
        USER,
        False,
    ),
    "the only group that a container sees": ([Group("container")], 0, True),
}


def run_tests(*nodes: str) -> list[str]:
    """The command that runs tests."""
    return [sys.executable, "-m", "pytest", "--color=no", "-q", "-rA", "-p", "no:cacheprovider", *nodes]


def list_scenarios() -> list[Scenario]:
    """Every place with the tests that run there; and one in which somebody else is."""
    first = next(iter(PLACES))
    scenarios = [
        Scenario(
            name=name,
            groups=[Group("", ALL), *groups],
            user=user,
            namespace=namespace,
            command=run_tests(*REAL, *(CONTRACT if name == first else [MEMORY])),
        )
        for name, (groups, user, namespace) in PLACES.items()
    ]
    asking = [sys.executable, "-c", WHERE]
    delegated = [Group("", ALL), Group("asked", delegated=True)]
    shared = [Group("", ALL), Group("shared")]
    scenarios.append(Scenario(name="asked", groups=delegated, command=asking))
    scenarios.append(Scenario(name="shared", groups=shared, command=asking, namespace=True, bystander=True))
    return scenarios


@pytest.fixture(scope="module")
def reports(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Report]:
    """What came of every scenario, from one virtual machine."""
    if not request.config.getoption("--expect-virtual"):
        pytest.skip("an emulated machine, some minutes of it: make test-cgroup-v2")
    log = tmp_path_factory.mktemp("virtual") / "console.log"
    kernel = find_kernel(ROOT / "build" / "virtual")
    return boot(kernel, list_scenarios(), packages=["grader", "pytest", "docker"], seconds=SECONDS, log=log)


def find_marks(report: Report) -> dict[str, str]:
    """How each test of a scenario ended."""
    return {node: mark for mark, node in MARKS.findall(report.text)}


@pytest.mark.slow
@pytest.mark.parametrize("node", CONTRACT)
def test_the_contract_holds(node: str, reports: Mapping[str, Report]) -> None:
    """Limits are kept and ends are told as in version 1."""
    report = reports[next(iter(PLACES))]

    assert find_marks(report).get(node) == "PASSED", report.text


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_groups_of_runs_can_be_made(place: str, reports: Mapping[str, Report]) -> None:
    """Wherever a grader may be; a run that takes too much memory is told as that, and no group of a run is left."""
    report = reports[place]
    marks = find_marks(report)

    assert [marks.get(node) for node in REAL] == ["PASSED", "PASSED"], report.text
    assert marks.get(MEMORY) == "PASSED", report.text
    assert report.status == 0


@pytest.mark.slow
def test_a_delegated_group_is_used_itself(reports: Mapping[str, Report]) -> None:
    """Runs' groups are made in what was handed over, not beside it, and the second look finds the same."""
    found = re.findall(r"^FOUND (.*)$", reports["asked"].text, re.MULTILINE)

    assert len(found) == 2
    assert all("'/sys/fs/cgroup/asked')" in line for line in found), found


@pytest.mark.slow
def test_nobody_else_is_moved(reports: Mapping[str, Report]) -> None:
    """A group that we share with a stranger stays as it is: then there are no control groups, with the reason."""
    found = re.findall(r"^FOUND (.*)$", reports["shared"].text, re.MULTILINE)

    assert len(found) == 2
    assert all("NoControl" in line and "Delegate=yes" in line for line in found), found
    assert reports["shared"].left == reports["asked"].left  # the scenario before it: no leaf was added
