"""Runs in Docker: a container for each run, with nothing of this machine but what is bound read-only, and no network.

Theory of operation
-------------------
`policy.py` says what a run sees, `configuration.py` says it in the daemon's words. Without an image, the host's own
Python is bound into a root folder made for the purpose (`rootfs.py`), so that a first run needs no build. With an image
everything is in it; it is used by its id, after its labels were compared with what is wanted.

With this machine's own daemon a run gets pipes of its own over a control socket (`control.py`), and is counted by a
control group that the grader made. With a remote one everything goes by the attach stream (`stream.py`), and the
daemon counts. A container is used for one run, or, as a zygote, for forks that each have namespaces of their own. Its
user is a random one of 64000–64999, so that two containers aren't the same user to the kernel.
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.errors import SandboxError
from grader.guest.protocol import Frame
from grader.limits import EvidenceLimits, Limits
from grader.sandbox.cgroup import Control, NoControl, RunGroup, find_control
from grader.sandbox.docker.configuration import Packaged
from grader.sandbox.docker.container import ContainerRun
from grader.sandbox.docker.daemon import Daemon, connect_daemon
from grader.sandbox.docker.leftovers import remove_left_behind
from grader.sandbox.docker.packaged import CLOSED_FOLDERS, find_image
from grader.sandbox.docker.rootfs import provide_root
from grader.sandbox.docker.starting import ElsewhereError, Recipe, start_attached, start_connected, start_forking
from grader.sandbox.docker.volumes import mount_volumes
from grader.sandbox.gpu.containers import docker_device_requests, has_devices_by_name
from grader.sandbox.images.identity import PYTHON
from grader.sandbox.interpreters import read_layout
from grader.sandbox.keeper import READY_SECONDS, KeptRun
from grader.sandbox.ownership import remove_abandoned_folders
from grader.sandbox.policy import make_image_policy, make_policy
from grader.sandbox.request import Launch, PreparedRun, RunRequest, RunResult
from grader.sandbox.running import GUEST_FOLDER
from grader.sandbox.seccomp import STRICT, compile_filter
from grader.sandbox.zygote import ZYGOTE_LIMITS, Zygote

__all__ = ["DockerSandbox"]


class DockerSandbox:
    """Runs in Docker.

    Args:
        client: the SDK's low-level client (`docker.APIClient`); by default one for DOCKER_HOST, else this machine's.
        image: one that has Python, a framework and the guest in it, by name or id; or one for each framework. Without
            one the host's own Python is bound, which a remote daemon can't.
        guest: the folder whose `__main__.py` is started inside; by default this package's guest.
        evidence_limits: how much evidence is taken.
        ready_seconds: how long a guest may take to import its framework.
        runtime: the container runtime, where it isn't the daemon's default ("runsc").
        attach: whether streams go by way of the daemon, as they must with a remote one, though it is this machine's.
        use_control_groups: False runs as where the grader can't make control groups of its own.
        remote: whether the daemon runs on another machine; by default told from how it is reached.
    """

    name = "docker"
    is_sandbox = True

    def __init__(
        self,
        *,
        client: Any = None,
        image: str | Mapping[str, str] | None = None,
        guest: Path = GUEST_FOLDER,
        evidence_limits: EvidenceLimits | None = None,
        ready_seconds: float = READY_SECONDS,
        runtime: str | None = None,
        attach: bool = False,
        use_control_groups: bool = True,
        remote: bool | None = None,
    ) -> None:
        self._daemon = connect_daemon(remote=remote) if client is None else Daemon(client, remote=remote)
        if runtime is not None and runtime not in self._daemon.runtimes:
            known = ", ".join(self._daemon.runtimes)
            raise SandboxError(f"the Docker daemon has no runtime {runtime!r}; it has {known}")
        self._image = image
        self._guest = guest
        self._runtime = runtime
        self.name = "docker" if runtime is None else f"docker:{runtime}"
        self._connects = self._daemon.is_local and sys.platform == "linux" and runtime is None and not attach
        self.evidence_limits = evidence_limits
        self.ready_seconds = ready_seconds
        self._control = _find_control(wanted=use_control_groups and self._connects)
        remove_left_behind(self._daemon)
        remove_abandoned_folders()

    @property
    def forks(self) -> bool:
        """Whether runs can be forked from a zygote: its control socket needs a daemon of this machine.

        And root: to anybody else the processes of a container are a stranger's, which can be ended only all together,
        by the daemon, and which no control group of the grader's counts.
        """
        return self._connects and os.geteuid() == 0

    @property
    def cautions(self) -> tuple[str, ...]:
        """See `Sandbox.cautions`."""
        missing = self._daemon.missing_limits if isinstance(self._control, NoControl) else ()
        return (f"this Docker daemon doesn't limit {' and '.join(missing)} of a run",) if missing else ()

    def prepare(self, launch: Launch) -> PreparedRun:
        """Start a guest, see `Sandbox.prepare`."""
        recipe = self._make_recipe(launch)
        return KeptRun(
            self._start_connected(recipe) if self._connects else start_attached(self._daemon, recipe),
            limits=launch.limits,
            evidence_limits=self.evidence_limits,
            ready_seconds=self.ready_seconds,
        )

    def run(self, request: RunRequest, *, on_frame: Callable[[Frame], None] | None = None) -> RunResult:
        """Prepare, run one job, close."""
        with self.prepare(request.launch) as prepared:
            return prepared.run(request.job, on_frame=on_frame)

    def start_zygote(self, launch: Launch) -> Zygote:
        """Start a zygote, see `CanFork.start_zygote`. The container's own limits hold for it and all of its runs."""
        recipe = self._make_recipe(replace(launch, limits=ZYGOTE_LIMITS))
        try:
            container, control = start_forking(self._daemon, recipe)
        except ElsewhereError:
            self._stay_attached()
            raise
        return Zygote(
            control,
            container,
            policy=recipe.policy,
            filter_program=compile_filter(STRICT, os.uname().machine),
            ready_seconds=self.ready_seconds,
        )

    def make_group(self, limits: Limits) -> RunGroup | None:
        """A control group for one run; None where none can be made."""
        return self._control.make_run(limits) if isinstance(self._control, Control) else None

    def _make_recipe(self, launch: Launch) -> Recipe:
        name = self._name_image(launch.interpreter.framework)
        if name is not None:
            return self._make_packaged_recipe(launch, name)
        policy = make_policy(launch, layout=read_layout(launch.interpreter.executable), guest=self._guest)
        return Recipe(
            policy=policy,
            limits=launch.limits,
            image=provide_root(self._daemon, policy),
            arguments=("--framework", launch.interpreter.framework, "--work", policy.work),
            runtime=self._runtime,
            extra=self._list_devices(launch),
        )

    def _make_packaged_recipe(self, launch: Launch, name: str) -> Recipe:
        image = find_image(self._daemon, name, framework=launch.interpreter.framework, guest=self._guest)
        policy = make_image_policy(launch, executable=PYTHON)
        packaged = Packaged(foreign=image.environment, closed=CLOSED_FOLDERS)
        if not self._daemon.is_local:
            volumes = mount_volumes(self._daemon, image.id, policy.binds)
            policy, packaged = replace(policy, binds=()), replace(packaged, volumes=tuple(volumes))
        return Recipe(
            policy=policy,
            limits=launch.limits,
            image=image.id,
            arguments=("--framework", launch.interpreter.framework, "--work", policy.work),
            runtime=self._runtime,
            packaged=packaged,
            extra=self._list_devices(launch),
        )

    def _list_devices(self, launch: Launch) -> Mapping[str, Any]:
        """What a launch's graphics processors add to HostConfig.

        Raises:
            SandboxError: they were leased on this machine, and the daemon is on another.
        """
        if not launch.gpus:
            return {}
        if not self._daemon.is_local:
            raise SandboxError("graphics processors are leased on this machine, and the Docker daemon runs on another")
        by_name = has_devices_by_name(self._daemon.info)
        return {"DeviceRequests": docker_device_requests(launch.gpus, by_name=by_name)}

    def image_for(self, framework: str) -> str | None:
        """The id of the image in which a framework's runs are made; None where this machine's own Python is bound.

        Raises:
            SandboxError: there is no such image, or it isn't one for this grader.
        """
        name = self._name_image(framework)
        return None if name is None else find_image(self._daemon, name, framework=framework, guest=self._guest).id

    def _name_image(self, framework: str) -> str | None:
        """The image for a framework's runs; None where this machine's own Python is bound.

        Raises:
            SandboxError: a remote daemon, and no image.
        """
        named = self._image if isinstance(self._image, str) else (self._image or {}).get(framework)
        if named is None and not self._daemon.is_local:
            raise SandboxError(
                f"the Docker daemon runs on another machine, so runs of {framework!r} need an image there",
                command="grade image build",
            )
        return named

    def _start_connected(self, recipe: Recipe) -> ContainerRun:
        group = self.make_group(recipe.limits)
        try:
            return start_connected(self._daemon, recipe, group)
        except ElsewhereError:  # a daemon in a virtual machine, whose socket is here
            self._stay_attached()
            _remove(group)
            return start_attached(self._daemon, recipe)
        except BaseException:
            _remove(group)
            raise

    def _stay_attached(self) -> None:
        self._connects = False
        self._control = NoControl("the Docker daemon's processes aren't this machine's")


def _find_control(*, wanted: bool) -> Control | NoControl:
    if not wanted:
        return NoControl("control groups are switched off, or the Docker daemon isn't this machine's own")
    if os.geteuid() != 0:
        return NoControl("only root may put a container's process into another control group")
    return find_control()


def _remove(group: RunGroup | None) -> None:
    if group is not None:
        group.remove()
