"""The Docker daemon: how it is reached, whether it is on this machine, and its faults as ours.

Whatever the daemon does wrong is a `SandboxError`: no score follows from it. The SDK is imported late, for most
commands need no daemon.
"""

import contextlib
import socket
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from grader.errors import SandboxError

__all__ = ["Daemon", "connect_daemon", "daemon_faults", "find_docker_trouble"]

OLDEST_API = (1, 41)
"""Docker 20.10: the first with control group namespaces on version 1 of control groups, and with counters at once."""

_CALL_SECONDS = 60
_CONNECTIONS = 64
_LOCAL = ("http+docker://localhost", "http+unix://", "unix://")
_DEFAULT = "unix:///var/run/docker.sock"
_COMMAND = "sudo systemctl start docker"


@contextlib.contextmanager
def daemon_faults(what: str) -> Iterator[None]:
    """Have what the daemon or the connection to it does wrong raised as `SandboxError`: "<what>: <its words>"."""
    from docker.errors import DockerException

    try:
        yield
    except (DockerException, OSError) as error:
        raise SandboxError(f"{what}: {_explain(error)}") from error


class Daemon:
    """A daemon to which a connection stands.

    Args:
        api: the SDK's low-level client.
        remote: whether it runs on another machine; by default told from how it is reached. Nothing of this machine can
            be bound into a container of a remote daemon, nor its processes seen.
    """

    def __init__(self, api: Any, *, remote: bool | None = None) -> None:
        self.api = api
        self.is_local = not remote if remote is not None else str(api.base_url).startswith(_LOCAL)

    @cached_property
    def info(self) -> Mapping[str, Any]:
        """What the daemon says of itself and its machine.

        Raises:
            SandboxError: it doesn't answer.
        """
        with daemon_faults("the Docker daemon doesn't answer"):
            found: Mapping[str, Any] = self.api.info()
        return found

    @property
    def cpus(self) -> int:
        """Processors of its machine."""
        return int(self.info.get("NCPU") or 1)

    @property
    def runtimes(self) -> tuple[str, ...]:
        """The container runtimes that it knows by name."""
        return tuple(self.info.get("Runtimes") or ())

    @property
    def missing_limits(self) -> tuple[str, ...]:
        """Limits that this daemon would take and not keep."""
        wanted = {"MemoryLimit": "memory", "PidsLimit": "processes", "CpuCfsQuota": "processor time"}
        return tuple(text for name, text in wanted.items() if not self.info.get(name, True))

    def inspect(self, container: str) -> Mapping[str, Any]:
        """A container's state, `State` of its inspection.

        Raises:
            SandboxError: it is gone, or the daemon doesn't answer.
        """
        with daemon_faults("the container can't be looked at"):
            state: Mapping[str, Any] = self.api.inspect_container(container)["State"]
        return state


def connect_daemon(*, remote: bool | None = None) -> Daemon:
    """The daemon that DOCKER_HOST names, else this machine's.

    Raises:
        SandboxError: there is none, we may not talk to it, or it is too old.
    """
    from docker import APIClient
    from docker.errors import DockerException
    from docker.utils import kwargs_from_env

    named = kwargs_from_env()
    try:
        _try_socket(str(named.get("base_url") or _DEFAULT))
        api = APIClient(version="auto", timeout=_CALL_SECONDS, max_pool_size=_CONNECTIONS, **named)
    except (DockerException, OSError) as error:
        raise SandboxError(f"no Docker daemon answers: {_explain(error)}", command=_COMMAND) from error
    version = tuple(int(part) for part in str(api.api_version).split(".")[:2])
    if version < OLDEST_API:
        raise SandboxError(
            f"the Docker daemon speaks version {api.api_version} of its interface; it should be Docker 20.10 or newer"
        )
    return Daemon(api, remote=remote)


def _try_socket(address: str) -> None:
    """Whether anybody listens at a socket of this machine. The SDK would leave one open that it can't connect.

    Raises:
        OSError: nobody does, or we may not talk to it.
    """
    scheme, _, path = address.partition("://")
    if scheme in ("unix", "http+unix") and sys.platform != "win32":
        with socket.socket(socket.AF_UNIX) as trial:
            trial.settimeout(_CALL_SECONDS)
            trial.connect("/" + path.lstrip("/"))


def find_docker_trouble() -> SandboxError | None:
    """Why no container can be started here; None where a daemon answers."""
    try:
        daemon = connect_daemon()
        if daemon.info.get("OSType") != "linux":
            return SandboxError(f"the Docker daemon runs {daemon.info.get('OSType')!r} containers; it should be Linux")
    except SandboxError as error:
        return error
    daemon.api.close()
    return None


def _explain(error: BaseException) -> str:
    """The daemon's own words, in one line; where it said nothing, what the system says of the connection."""
    words = getattr(error, "explanation", None)
    lost = None if words else _find_system_error(error)
    if lost is not None:
        return f"the connection to the daemon failed ({lost.strerror})"
    return " ".join(str(words or error).split())[:500]


def _find_system_error(error: BaseException) -> OSError | None:
    """The error of the system's that the SDK's libraries wrapped, each into its own."""
    if isinstance(error, OSError) and error.strerror:
        return error
    inner = (part for part in error.args if isinstance(part, BaseException))
    return next((found for found in map(_find_system_error, inner) if found is not None), None)
