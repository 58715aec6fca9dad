"""A machine that runs out of memory by itself: that is no student's fault."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.evidence.model import Exit
from grader.limits import MIB, Limits
from grader.sandbox import BubblewrapSandbox, Interpreter, Launch, RunRequest, WarmSandbox
from grader.sandbox.cgroup import Control, RunGroup, find_control
from grader.sandbox.choice import find_bubblewrap_trouble
from tests.contract.rig import SMALL, VARIANTS, Rig

LAUNCH = Launch(interpreter=Interpreter(framework="none", executable=Path(sys.executable)), limits=SMALL)
RIG = Rig(next(iter(VARIANTS.values())), Path())  # only makes jobs here
PROBE = "def first(student, given, record):\n    student.first()\n"
TAKE = "def first():\n    taken = bytearray({mib} << 20)\n    taken[::4096] = b'x' * len(taken[::4096])\n"


class Crowded(BubblewrapSandbox):
    """Bubblewrap on a machine whose runs have little memory together: their groups lie below a small one."""

    def __init__(self, above: RunGroup, control: Control) -> None:
        super().__init__()
        self._below = Control(version=control.version, parents=above.folders)

    def make_group(self, limits: Limits) -> RunGroup:
        """Below the small group; zygotes too, whose memory is theirs before a run is forked."""
        return self._below.make_run(limits)


@pytest.fixture
def control() -> Control:
    """Where this machine's groups are made."""
    if (trouble := find_bubblewrap_trouble()) is not None:
        pytest.skip(trouble.text)
    found = find_control()
    if not isinstance(found, Control):
        pytest.skip(found.reason)
    return found


@pytest.fixture
def crowded(control: Control) -> Iterator[Crowded]:
    """A machine with less memory than a run may have."""
    above = control.make_run(Limits(memory_bytes=SMALL.memory_bytes - 64 * MIB, processes=256, cpus=2))
    for folder in above.distinct_folders:
        if control.version == 2:
            (folder / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in above.folders))
    yield Crowded(above, control)
    above.remove()


@pytest.mark.parametrize("warm", [True, False])
def test_out_of_memory_below_the_runs_own_limit_is_ours(crowded: Crowded, warm: bool) -> None:
    """The kernel kills in the run, which has less than it may have: no result, so no score."""
    sandbox = WarmSandbox(crowded) if warm else crowded
    job = RIG.make_job(TAKE.format(mib=SMALL.memory_bytes // MIB - 32), PROBE, {"first": 30.0}, SMALL)

    with pytest.raises(SandboxError, match="ran out of memory"):
        sandbox.run(RunRequest(launch=LAUNCH, job=job))


def test_out_of_memory_at_the_runs_own_limit_is_its_own(control: Control) -> None:
    """Where the machine has enough."""
    job = RIG.make_job(TAKE.format(mib=SMALL.memory_bytes // MIB + 64), PROBE, {"first": 30.0}, SMALL)

    assert BubblewrapSandbox().run(RunRequest(launch=LAUNCH, job=job)).exit is Exit.MEMORY_LIMIT
