"""The daemon's faults are ours: one that isn't there, is old, is far away, or ends in the middle of a run."""

import gc
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import docker
import pytest
from docker import APIClient

from grader.errors import SandboxError
from grader.sandbox import DockerSandbox, candidates
from grader.sandbox.candidates import DOCKER
from grader.sandbox.docker import find_docker_trouble
from grader.sandbox.docker.daemon import Daemon, connect_daemon
from tests.sandbox.docker.proxy import Proxy
from tests.sandbox.tiny import TINY_GUEST, make_request, texts_of


@pytest.fixture
def proxy(api: APIClient, tmp_path: Path) -> Iterator[Proxy]:
    """A way to this machine's daemon that can be cut."""
    with Proxy(tmp_path) as made:
        yield made


def test_no_daemon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is told with the command that starts one."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")

    with pytest.raises(SandboxError, match="no Docker daemon answers") as caught:
        DockerSandbox()
    assert caught.value.command == "sudo systemctl start docker"
    assert "no Docker daemon answers" in str(find_docker_trouble())


def test_old_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    """One older than 20.10 lacks what a run needs."""
    monkeypatch.setattr(docker, "APIClient", lambda **options: SimpleNamespace(api_version="1.40"))

    with pytest.raises(SandboxError, match=r"20\.10 or newer"):
        connect_daemon()


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("http+docker://localhost", True),
        ("http+docker://ssh", False),
        ("http://10.0.0.1:2375", False),
        ("https://docker.example:2376", False),
    ],
)
def test_where_a_daemon_is(address: str, local: bool) -> None:
    """Only one behind a socket of this machine is on this machine."""
    assert Daemon(SimpleNamespace(base_url=address)).is_local is local


def test_remote_daemon_needs_an_image(api: APIClient) -> None:
    """Nothing of this machine could be bound there; it is said before anything is started."""
    sandbox = DockerSandbox(guest=TINY_GUEST, remote=True)

    with pytest.raises(SandboxError, match="another machine") as caught:
        sandbox.prepare(make_request("").launch)
    assert caught.value.command == "grade image build"
    assert not sandbox.forks


def test_daemon_over_the_network(tiny_image: str) -> None:
    """A real daemon behind an address: everything goes over the one connection, half a megabyte each way."""
    with Proxy() as proxy, closing(APIClient(base_url=proxy.address, version="auto")) as client:
        sandbox = DockerSandbox(client=client, image=tiny_image, guest=TINY_GUEST)
        assert not sandbox.forks
        result = sandbox.run(make_request("send(17, given)\n", given=b"x" * 500_000))

    assert texts_of(result) == ["x" * 500_000]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the SDK leaves sockets open, see below
@pytest.mark.parametrize("attach", [False, True])
def test_daemon_that_ends_in_mid_run_is_our_fault(api: APIClient, proxy: Proxy, attach: bool) -> None:
    """No score follows, and the student's processes end although nobody can ask the daemon for it."""
    request = make_request("import time\nsend(17, b'up')\ntime.sleep(600)\n")
    with closing(APIClient(base_url=proxy.address, version="auto")) as client:
        run = DockerSandbox(client=client, guest=TINY_GUEST, attach=attach).prepare(request.launch)
        id = run._running._id  # type: ignore[attr-defined]

        def cut(frame: object) -> None:
            if getattr(frame, "kind", None) == 17:
                proxy.stop()

        try:
            with pytest.raises(SandboxError, match="lost the container"):
                run.run(request.job, on_frame=cut)
            assert api.wait(id, timeout=30)["StatusCode"] == 137
        finally:
            api.remove_container(id, force=True)
    del run
    gc.collect()  # here and not in a later test: sockets that the SDK couldn't connect to the daemon that is gone


def test_only_root_forks_runs_in_a_container(sandbox: DockerSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else may kill one of a container's processes, so a run could outlast its end."""
    as_root = sandbox.forks
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert not sandbox.forks
    assert as_root == (os.getuid() == 0)


def test_a_proof_rests_on_the_switches_of_user_namespaces(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proved while nothing could be forked, a sandbox is proved again when something can."""
    before = DOCKER.describe()
    monkeypatch.setattr(candidates, "_read_switch", lambda switch: "0")

    assert DOCKER.describe() != before
