"""Runs of several threads end when somebody interrupts, and none is started after."""

import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from grader.errors import SandboxError
from grader.guest.protocol import Kind
from grader.sandbox import (
    BubblewrapSandbox,
    FakeSandbox,
    Interpreter,
    Job,
    Launch,
    ProcessSandbox,
    RunResult,
    Sandbox,
    WarmSandbox,
)
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.sandbox.gpu.leased import LeasedSandbox
from grader.sandbox.request import image_of
from grader.sandbox.stopping import stop_at_exit

LAUNCH = Launch(interpreter=Interpreter(framework="none", executable=Path(sys.executable)))
HEADER: dict[str, Any] = {
    "role": "grade",
    "framework": "none",
    "program": {"path": "hw.py", "kind": "script", "source": "def ask():\n    while True: pass\n"},
    "probe": "def ask(student, given, record):\n    record.text('begun', 'yes')\n    student.ask()\n",
    "load": "each",
    "load_seconds": 60,
    "questions": [{"id": "ask", "function": "ask", "wall_seconds": 600}],
    "draw": "ab" * 32,
    "seed": 1,
    "values": {},
    "variant": {},
    "weights": {},
    "threads": 1,
    "parallel": 1,
    "evidence_bytes": 1 << 20,
    "output_bytes": 1 << 16,
}


def make_sandbox(kind: str) -> Sandbox:
    """A sandbox by its kind."""
    if kind == "process":
        return ProcessSandbox()
    if (trouble := find_bubblewrap_trouble()) is not None:
        pytest.skip(trouble.text)
    return WarmSandbox(BubblewrapSandbox()) if "warm" in kind else BubblewrapSandbox()


@pytest.mark.parametrize("kind", ["process", "bubblewrap", "bubblewrap, warm"])
def test_a_run_of_another_thread_is_ended(kind: str) -> None:
    """Leaving the block ends a run that would go on for minutes; that is no way for a student's run to end."""
    outcome: list[RunResult | BaseException] = []
    begun = threading.Event()

    def work() -> None:
        try:
            with sandbox.prepare(LAUNCH) as prepared:
                on_frame = lambda frame: begun.set() if frame.kind is Kind.RECORD else None  # noqa: E731
                outcome.append(prepared.run(Job(header=HEADER), on_frame=on_frame))
        except Exception as error:
            outcome.append(error)

    with stop_at_exit(make_sandbox(kind)) as sandbox:
        thread = threading.Thread(target=work)
        thread.start()
        assert begun.wait(60)
    thread.join(30)

    assert not thread.is_alive()
    assert isinstance(outcome[0], SandboxError)


def test_nothing_starts_once_stopped() -> None:
    """Trials that still wait when somebody interrupts fail at once."""
    with stop_at_exit(ProcessSandbox()) as sandbox:
        pass

    with pytest.raises(SandboxError, match="interrupted"):
        sandbox.prepare(LAUNCH)


def test_an_interrupt_ends_warm_guests_below_a_lease() -> None:
    """Every workshop's sandbox stands behind leases; what waits for a guest that is being started must not wait on."""
    if (trouble := find_bubblewrap_trouble()) is not None:
        pytest.skip(trouble.text)
    pool = WarmSandbox(BubblewrapSandbox())

    with pytest.raises(KeyboardInterrupt), stop_at_exit(LeasedSandbox(pool)):
        raise KeyboardInterrupt

    with pytest.raises(SandboxError, match="closed"):
        pool.prepare(LAUNCH)


def test_the_image_of_the_sandbox_inside_is_known() -> None:
    """What is cached by the image in which it ran would else be taken for what ran in none."""

    with stop_at_exit(InAnImage(lambda request: [])) as stoppable:
        assert image_of(stoppable, "torch") == "sha256:torch"


class InAnImage(FakeSandbox):
    """A sandbox whose runs are made in images."""

    def image_for(self, framework: str) -> str:
        """The image of a framework."""
        return f"sha256:{framework}"
