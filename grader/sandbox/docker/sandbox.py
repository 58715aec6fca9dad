"""Runs in Docker: a container for each run, with nothing of this machine but what is bound read-only, and no network.

Theory of operation
-------------------
`policy.py` says what a run sees, `configuration.py` says it in the daemon's words. Without an image, the host's own
Python is bound into a root folder made for the purpose (`rootfs.py`), so that a first run needs no build. With an image
everything is in it; it is used by its id, after its labels were compared with what is wanted.

    prepare: root folder ─► create ─► attach ─► start ─► the run's control group ─► KeptRun
    run:     job in by the attach stream, evidence out by it
    close:   kill the first process ─► remove the container

A container is used once. Its user is a random one of 64000–64999, so that two runs aren't the same user to the kernel.
"""

import contextlib
import os
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from grader.errors import SandboxError
from grader.guest.protocol import Frame
from grader.limits import EvidenceLimits, Limits
from grader.sandbox.cgroup import Control, NoControl, RunGroup, find_control
from grader.sandbox.docker.attached import Attached
from grader.sandbox.docker.configuration import Place, container_configuration
from grader.sandbox.docker.counting import find_host_process, join_group, make_counter
from grader.sandbox.docker.daemon import Daemon, connect_daemon, daemon_faults
from grader.sandbox.docker.leftovers import owner_labels, remove_container, remove_left_behind
from grader.sandbox.docker.rootfs import USERS, provide_root
from grader.sandbox.docker.stream import AttachStream
from grader.sandbox.interpreters import read_layout
from grader.sandbox.keeper import READY_SECONDS, KeptRun
from grader.sandbox.ownership import own_name
from grader.sandbox.policy import Policy, make_policy
from grader.sandbox.request import Launch, PreparedRun, RunRequest, RunResult
from grader.sandbox.running import GUEST_FOLDER
from grader.sandbox.seccomp import STRICT, docker_profile

__all__ = ["DockerSandbox"]


class DockerSandbox:
    """Runs in Docker.

    Args:
        client: the SDK's low-level client (`docker.APIClient`); by default one for DOCKER_HOST, else this machine's.
        guest: the folder whose `__main__.py` is started inside; by default this package's guest.
        evidence_limits: how much evidence is taken.
        ready_seconds: how long a guest may take to import its framework.
        runtime: the container runtime, where it isn't the daemon's default ("runsc").
        use_control_groups: False runs as where the grader can't make control groups of its own.
        remote: whether the daemon runs on another machine; by default told from how it is reached.
    """

    name = "docker"
    is_sandbox = True

    def __init__(
        self,
        *,
        client: Any = None,
        guest: Path = GUEST_FOLDER,
        evidence_limits: EvidenceLimits | None = None,
        ready_seconds: float = READY_SECONDS,
        runtime: str | None = None,
        use_control_groups: bool = True,
        remote: bool | None = None,
    ) -> None:
        self._daemon = connect_daemon(remote=remote) if client is None else Daemon(client, remote=remote)
        if runtime is not None and runtime not in self._daemon.runtimes:
            known = ", ".join(self._daemon.runtimes)
            raise SandboxError(f"the Docker daemon has no runtime {runtime!r}; it has {known}")
        self._guest = guest
        self._runtime = runtime
        self.evidence_limits = evidence_limits
        self.ready_seconds = ready_seconds
        self._control = _find_control(self._daemon, wanted=use_control_groups and runtime is None)
        remove_left_behind(self._daemon)

    @property
    def cautions(self) -> tuple[str, ...]:
        """See `Sandbox.cautions`."""
        missing = self._daemon.missing_limits if isinstance(self._control, NoControl) else ()
        return (f"this Docker daemon doesn't limit {' and '.join(missing)} of a run",) if missing else ()

    def prepare(self, launch: Launch) -> PreparedRun:
        """Start a guest, see `Sandbox.prepare`."""
        policy = make_policy(launch, layout=read_layout(launch.interpreter.executable), guest=self._guest)
        image = provide_root(self._daemon, policy)
        with contextlib.ExitStack() as undo:
            container = self._create(policy, launch, image)
            undo.callback(remove_container, self._daemon, container)
            stream = AttachStream(self._daemon, container)
            undo.callback(stream.discard)
            with daemon_faults("the container can't be started"):
                self._daemon.api.start(container)
            group = self.make_group(launch.limits)
            if group is not None:
                undo.callback(group.remove)
            running = self._hold(container, stream, group)
            undo.pop_all()
        return KeptRun(
            running, limits=launch.limits, evidence_limits=self.evidence_limits, ready_seconds=self.ready_seconds
        )

    def run(self, request: RunRequest, *, on_frame: Callable[[Frame], None] | None = None) -> RunResult:
        """Prepare, run one job, close."""
        with self.prepare(request.launch) as prepared:
            return prepared.run(request.job, on_frame=on_frame)

    def make_group(self, limits: Limits) -> RunGroup | None:
        """A control group for one run; None where none can be made."""
        return self._control.make_run(limits) if isinstance(self._control, Control) else None

    def _create(self, policy: Policy, launch: Launch, image: str) -> str:
        name = own_name()
        place = Place(
            image=image,
            user=random.SystemRandom().choice(USERS),
            labels=owner_labels(name),
            cpus_there=self._daemon.cpus,
            profile=docker_profile(STRICT),
            runtime=self._runtime,
        )
        arguments = (
            *("--framework", launch.interpreter.framework, "--job-fd", "0", "--evidence-fd", "1"),
            *("--work", policy.work, "--runs", "1"),
        )
        configuration = container_configuration(policy, launch.limits, place, arguments=arguments)
        with daemon_faults("the container can't be made"):
            made: Mapping[str, Any] = self._daemon.api.create_container_from_config(configuration, name)
        return str(made["Id"])

    def _hold(self, container: str, stream: AttachStream, group: RunGroup | None) -> Attached:
        """Take hold of the first process, and have it counted before it has imported anything."""
        pid = find_host_process(self._daemon, container)
        handle = _open_handle(pid, container)
        if group is not None and (handle is None or pid is None or not join_group(group, pid)):
            raise SandboxError("the container's first process can't be put into the run's control group")
        counter = make_counter(self._daemon, container, pid=pid, group=group)
        return Attached(self._daemon, container, stream=stream, handle=handle, counter=counter, group=group)


def _find_control(daemon: Daemon, *, wanted: bool) -> Control | NoControl:
    if not wanted:
        return NoControl("control groups are switched off")
    if not daemon.is_local:
        return NoControl("the Docker daemon runs on another machine")
    if os.geteuid() != 0:
        return NoControl("only root may move a container's process to another control group")
    return find_control()


def _open_handle(pid: int | None, container: str) -> int | None:
    """A pidfd of the container's first process, looked at again once it is held: it can't be another's then."""
    if pid is None:
        return None
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return None
    if container in Path(f"/proc/{pid}/cgroup").read_text():
        return handle
    os.close(handle)
    return None
