"""How the zygote begins to serve: what it says first, and what it does only where runs can be forked."""

import gc
import json
import socket
from collections.abc import Iterator

import pytest

from grader.guest import forks
from grader.guest.forks import Forks


@pytest.fixture(autouse=True)
def thaw() -> Iterator[None]:
    """What is frozen for forks is looked through again by the tests that follow."""
    yield
    gc.unfreeze()


def begin(monkeypatch: pytest.MonkeyPatch, refusal: str | None) -> tuple[list[str], dict[str, object]]:
    """What a zygote does before its first word, and that word; its host is gone right away."""
    done: list[str] = []

    def try_fork() -> str | None:
        done.append("tried a fork")
        return refusal

    monkeypatch.setattr(forks, "try_fork", try_fork)
    monkeypatch.setattr(forks, "use_large_pages", lambda: done.append("collapsed pages"))
    host, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with host, control:
        host.shutdown(socket.SHUT_WR)
        Forks(control=control, ready=b'{"python": "3"}', run_job=lambda job, evidence: None).serve()
        said = json.loads(host.recv(1 << 16))
    return done, said


def test_pages_are_collapsed_for_forks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once one was tried."""
    done, said = begin(monkeypatch, None)

    assert done == ["tried a fork", "collapsed pages"]
    assert said["refusal"] is None
    assert said["ready"] == {"python": "3"}


def test_no_time_is_spent_for_forks_that_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large pages are for forks alone; why there are none is told."""
    done, said = begin(monkeypatch, "namespaces can't be made inside")

    assert done == ["tried a fork"]
    assert said["refusal"] == "namespaces can't be made inside"
