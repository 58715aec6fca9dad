"""What a run sees of the machine, as data: files, folders, devices, environment, user, network. Starts nothing.

A policy is a function of the assignment alone (`Launch`) and of where Python lies, never of a student's bytes. Inside,
every run looks the same: Python below /opt, the guest in /opt/guest, weights below /weights; /tmp and /dev/shm are the
only places that can be written, both in memory and of a fixed size. Nothing that a run needs lies below /tmp or a home
folder, for these are covered by fresh ones.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from grader.errors import SandboxError
from grader.limits import MIB, Limits
from grader.sandbox.gpu.passthrough import LIBRARIES, Passthrough, make_variables
from grader.sandbox.interpreters import Layout
from grader.sandbox.request import Launch, Mount

__all__ = [
    "COMMON_ENVIRONMENT",
    "GUEST",
    "HOME",
    "WORK",
    "Bind",
    "Policy",
    "Tmpfs",
    "add_devices",
    "make_image_policy",
    "make_policy",
    "python_command",
    "writable_places",
]

GUEST = "/opt/guest"
PYTHON = "/opt/python"
ENVIRONMENT = "/opt/venv"
HOME = "/tmp/home"  # noqa: S108  (inside the sandbox, whose /tmp is its own)
WORK = "/tmp/work"  # noqa: S108
USER = "student"
USER_ID = 1000
HOST_NAME = "sandbox"

SYSTEM_FOLDERS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
USR_FOLDERS = ("bin", "lib", "lib32", "lib64", "libx32", "libexec", "share/zoneinfo", "share/fonts")
ETC_ENTRIES = ("/etc/ld.so.cache", "/etc/alternatives")  # the linker's index; links such as libblas.so.3
COVERED_IN_PROC = ("keys", "key-users", "kallsyms", "kcore", "timer_list", "sched_debug", "config.gz")
FORBIDDEN_TARGETS = ("/tmp", "/home", "/root", "/dev", "/proc", "/sys", "/etc", "/usr", "/opt")  # noqa: S108

COMMON_ENVIRONMENT: Mapping[str, str] = {
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "USER": USER,
    "LOGNAME": USER,
    "SHELL": "/bin/sh",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
    "PYTHONHASHSEED": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
"""The environment of every run, whatever the sandbox; paths are added by each."""


@dataclass(frozen=True)
class Bind:
    """A file or folder of the host, read-only inside."""

    source: Path
    target: str


@dataclass(frozen=True)
class Tmpfs:
    """A folder in memory, the only kind that a run can write to."""

    target: str
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Everything that a run gets. What isn't here, it doesn't have: no network, no capability, no other file."""

    binds: tuple[Bind, ...]
    links: Mapping[str, str]  # path inside -> what it points to
    texts: Mapping[str, str]  # path inside -> content of a small file
    tmpfs: tuple[Tmpfs, ...]
    folders: tuple[str, ...]  # made inside the tmpfs
    covered: tuple[str, ...]  # files of /proc that read as empty
    devices: tuple[Bind, ...] = ()  # device files besides the usual ones
    environment: Mapping[str, str]
    command: tuple[str, ...]  # the interpreter and its flags; the guest's arguments follow
    work: str = WORK
    user_id: int = USER_ID
    group_id: int = USER_ID
    host_name: str = HOST_NAME
    network: bool = field(default=False, init=False)


def python_command(executable: str, guest: str) -> tuple[str, ...]:
    """How a guest is started: apart from the user's packages and the current folder, UTF-8 wherever it runs.

    This is `-I` but for one thing: `-I` ignores PYTHONHASHSEED, and then sets have another order in each run. The
    environment is ours alone, so there are no variables to ignore.
    """
    return (executable, "-s", "-P", "-B", "-X", "utf8", f"{guest}/__main__.py")


def make_policy(launch: Launch, *, layout: Layout, guest: Path) -> Policy:
    """The policy of one launch.

    Raises:
        SandboxError: a mount's target is one that a run must not have.
    """
    binds = [*_system_binds(), *_python_binds(layout), Bind(guest, GUEST), *_mount_binds(launch.mounts)]
    links = _system_links() | _python_links(layout)
    executable = f"{ENVIRONMENT}/bin/python" if layout.is_virtual else _base_executable(layout)
    return Policy(
        binds=tuple(binds),
        links=links,
        texts=_texts(layout),
        tmpfs=writable_places(launch.limits),
        folders=(HOME, WORK),
        covered=tuple(f"/proc/{name}" for name in COVERED_IN_PROC if Path("/proc", name).exists()),
        environment=_environment(launch, layout, executable),
        command=python_command(executable, GUEST),
    )


def make_image_policy(launch: Launch, *, executable: str) -> Policy:
    """The policy of one launch in an image that has Python and the guest: of this machine it binds the mounts alone.

    Raises:
        SandboxError: a mount's target is one that a run must not have.
    """
    return Policy(
        binds=tuple(_mount_binds(launch.mounts)),
        links={},
        texts={},
        tmpfs=writable_places(launch.limits),
        folders=(HOME, WORK),
        covered=tuple(f"/proc/{name}" for name in COVERED_IN_PROC),
        environment=_plain_environment(launch, f"{PurePosixPath(executable).parent}:/usr/local/bin:/usr/bin:/bin"),
        command=python_command(executable, GUEST),
    )


def add_devices(policy: Policy, passthrough: Passthrough) -> Policy:
    """A policy with graphics processors: for sandboxes that bind device files and the driver's libraries themselves."""
    libraries = tuple(Bind(source, target) for target, source in passthrough.libraries.items())
    path = ":".join(filter(None, (LIBRARIES, policy.environment.get("LD_LIBRARY_PATH", ""))))
    return replace(
        policy,
        binds=(*policy.binds, *libraries),
        devices=tuple(Bind(source, target) for target, source in passthrough.nodes.items()),
        environment={**policy.environment, "LD_LIBRARY_PATH": path},
    )


def writable_places(limits: Limits) -> tuple[Tmpfs, ...]:
    """The folders in memory of a run."""
    shared = max(16 * MIB, min(limits.disk_bytes, limits.memory_bytes // 2))
    return (Tmpfs("/tmp", limits.disk_bytes), Tmpfs("/dev/shm", shared))  # noqa: S108


def _environment(launch: Launch, layout: Layout, executable: str) -> dict[str, str]:
    environment = _plain_environment(launch, f"{PurePosixPath(executable).parent}:/usr/bin:/bin")
    if layout.shared and not _is_system(layout):
        environment.setdefault("LD_LIBRARY_PATH", f"{PYTHON}/lib")  # its own search path names the host's folder
    return environment


def _plain_environment(launch: Launch, path: str) -> dict[str, str]:
    environment = {**COMMON_ENVIRONMENT, "PATH": path, "HOME": HOME, "TMPDIR": "/tmp"}  # noqa: S108
    if launch.device == "cpu":
        environment["CUDA_VISIBLE_DEVICES"] = "-1"
    return environment | make_variables(launch) | dict(launch.environment)


def _system_binds() -> Iterable[Bind]:
    for folder in (*SYSTEM_FOLDERS, *(f"/usr/{name}" for name in USR_FOLDERS)):
        if Path(folder).is_dir() and not Path(folder).is_symlink():
            yield Bind(Path(folder), folder)
    yield from (Bind(Path(entry), entry) for entry in ETC_ENTRIES if Path(entry).exists())


def _system_links() -> dict[str, str]:
    links = {folder: Path(folder) for folder in (*SYSTEM_FOLDERS, *(f"/usr/{name}" for name in USR_FOLDERS))}
    return {folder: str(path.readlink()) for folder, path in links.items() if path.is_symlink()}


def _is_system(layout: Layout) -> bool:
    return layout.base_prefix == Path("/usr")


def _base_executable(layout: Layout) -> str:
    return str(layout.executable) if _is_system(layout) else f"{PYTHON}/bin/{layout.executable.name}"


def _python_binds(layout: Layout) -> Iterable[Bind]:
    if not _is_system(layout):
        for name in dict.fromkeys(("lib", layout.library_folder)):
            folder = layout.base_prefix / name
            if folder.is_dir() and not folder.is_symlink():
                yield Bind(folder, f"{PYTHON}/{name}")
        yield Bind(layout.executable, _base_executable(layout))
    if layout.is_virtual:
        for site in _own_sites(layout):
            yield Bind(site, f"{ENVIRONMENT}/{site.relative_to(layout.prefix).as_posix()}")
    if not layout.is_virtual or layout.system_sites:
        yield from _extra_sites(layout)


def _own_sites(layout: Layout) -> Iterable[Path]:
    """A virtual environment's folders of packages, a linked `lib64` not counted again."""
    return (
        site for site in layout.sites if not (layout.prefix / site.relative_to(layout.prefix).parts[0]).is_symlink()
    )


def _extra_sites(layout: Layout) -> Iterable[Bind]:
    """Packages of a plain installation that lie outside of what is bound already (Debian's /usr/local, say)."""
    sites = [Path(f"/usr/local/lib/python{layout.short_version}/dist-packages")] if _is_system(layout) else []
    for site in dict.fromkeys([*sites, *(() if layout.is_virtual else layout.sites)]):
        known = (Path("/usr/lib"), Path("/usr/lib64"), layout.base_prefix / "lib", layout.base_prefix / "lib64")
        if site.is_dir() and not any(site.is_relative_to(folder) for folder in known):
            yield Bind(site, str(site))


def _python_links(layout: Layout) -> dict[str, str]:
    links: dict[str, str] = {}
    if layout.is_virtual:
        links[f"{ENVIRONMENT}/bin/python"] = _base_executable(layout)
        links[f"{ENVIRONMENT}/bin/python{layout.short_version}"] = "python"
        if layout.library_folder != "lib" and (layout.prefix / layout.library_folder).is_symlink():
            links[f"{ENVIRONMENT}/{layout.library_folder}"] = "lib"
    return links


def _texts(layout: Layout) -> dict[str, str]:
    texts = {
        "/etc/passwd": f"{USER}:x:{USER_ID}:{USER_ID}::{HOME}:/bin/sh\n",
        "/etc/group": f"{USER}:x:{USER_ID}:\n",
        "/etc/hosts": "127.0.0.1 localhost\n",
    }
    if layout.is_virtual:
        texts[f"{ENVIRONMENT}/pyvenv.cfg"] = (
            f"home = {PurePosixPath(_base_executable(layout)).parent}\n"
            f"include-system-site-packages = {str(layout.system_sites).lower()}\n"
            f"version = {layout.version}\n"
        )
    return texts


def _mount_binds(mounts: Iterable[Mount]) -> Iterable[Bind]:
    for mount in mounts:
        target = PurePosixPath(mount.target)
        refused = any(target.is_relative_to(folder) for folder in FORBIDDEN_TARGETS)
        if not target.is_absolute() or ".." in target.parts or len(target.parts) < 3 or refused:
            raise SandboxError(f"a mount at {mount.target!r}; it should be a path such as '/weights/file'")
        if not mount.source.exists():
            raise SandboxError(f"a mount's source {str(mount.source)!r} isn't there")
        yield Bind(mount.source.resolve(), str(target))
