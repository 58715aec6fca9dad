"""What a run needs to have of a leased graphics processor, by name: device files, the driver's libraries, variables.

Nothing else of /dev is ever bound: the files that all processors share, and those of the leased ones. The driver's
libraries belong to the kernel's driver, version by version, so they come from this machine and from no image; they are
found as the linker finds them, and bound as the files that they are to one folder of their own.
"""

import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.errors import SandboxError
from grader.sandbox.gpu.nvml import Device
from grader.sandbox.request import Launch

__all__ = [
    "LIBRARIES",
    "Passthrough",
    "find_libraries",
    "find_missing_nodes",
    "find_nodes",
    "make_passthrough",
    "make_variables",
]

LIBRARIES = "/opt/nvidia/lib"
"""Where the driver's libraries lie inside."""

_DEV, _PROC = Path("/dev"), Path("/proc")
_SHARED_NODES = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools")
_NEEDED_NODES = ("nvidiactl", "nvidia-uvm")
_NEEDED_LIBRARIES = ("libcuda.so.1", "libnvidia-ml.so.1")
# Beginnings of names: some carry the driver's version in theirs, and are opened by it.
_LIBRARIES = (
    "libcuda.so.1",
    "libnvidia-ml.so.1",
    "libnvidia-ptxjitcompiler.so.1",
    "libnvidia-nvvm.so.",
    "libnvidia-nvvm70.so.",
    "libnvidia-gpucomp.so.",
    "libnvidia-fatbinaryloader.so.",
    "libnvidia-compiler.so.",
)
_MACHINES = {"x86-64", "AArch64"}
_FURTHER_FOLDERS = ("/usr/local/nvidia/lib64", "/usr/local/nvidia/lib", "/run/opengl-driver/lib")
_LDCONFIG = ("/sbin/ldconfig", "-p")
_SECONDS = 20.0

_FIXED: Mapping[str, str] = {
    "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # without it, sums of matrix products depend on what ran before
    "NVIDIA_TF32_OVERRIDE": "0",  # 32-bit numbers stay such: a run compares with one on a processor
    "CUDA_CACHE_PATH": "/tmp/home/.nv",  # noqa: S108  (code that was compiled in this run dies with it)
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # asking whether there is a device doesn't start CUDA: forks stay possible
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
}


@dataclass(frozen=True, kw_only=True)
class Passthrough:
    """Of the machine, what a run with graphics processors gets besides everything else."""

    nodes: Mapping[str, Path]  # path inside -> device file here
    libraries: Mapping[str, Path]  # path inside -> file here


def make_passthrough(launch: Launch, *, dev: Path = _DEV, read_cache: Callable[[], str] | None = None) -> Passthrough:
    """What the processors of a launch need.

    Raises:
        SandboxError: a device file or library isn't there.
    """
    nodes = [dev / name for name in _SHARED_NODES if (dev / name).exists()]
    nodes += [node for gpu in launch.gpus for node in gpu.nodes]
    missing = find_missing_nodes(nodes, dev=dev)
    if missing:
        raise SandboxError(
            f"a graphics processor can't be reached: {', '.join(missing)} isn't there",
            command="nvidia-modprobe -u -c 0",
        )
    libraries = find_libraries(read_cache=read_cache)
    lacking = [name for name in _NEEDED_LIBRARIES if name not in libraries]
    if lacking:
        raise SandboxError(f"the NVIDIA driver's {', '.join(lacking)} isn't among this machine's libraries")
    return Passthrough(
        nodes={f"/dev/{node.relative_to(dev)}": node for node in nodes},
        libraries={f"{LIBRARIES}/{name}": path for name, path in libraries.items()},
    )


def make_variables(launch: Launch) -> dict[str, str]:
    """The variables of a run with graphics processors, whatever the sandbox: it sees its own and no others.

    Raises:
        SandboxError: a launch that asks for some got none.
    """
    if len(launch.gpus) != launch.limits.gpus:
        raise SandboxError(
            f"a run that needs {launch.limits.gpus} graphics processors was given {len(launch.gpus)}; "
            "they are leased before a sandbox is prepared"
        )
    if not launch.gpus:
        return {}
    return {**_FIXED, "CUDA_VISIBLE_DEVICES": ",".join(gpu.uuid for gpu in launch.gpus)}


def find_nodes(device: Device, *, dev: Path = _DEV, proc: Path = _PROC) -> tuple[Path, ...]:
    """The device files of one device alone; for a slice also the two that give the right to it."""
    nodes = [dev / f"nvidia{device.minor}"]
    if device.instance is not None:
        gpu_instance, compute_instance = device.instance
        folder = proc / f"driver/nvidia/capabilities/gpu{device.minor}/mig/gi{gpu_instance}"
        for access in (folder / "access", folder / f"ci{compute_instance}" / "access"):
            minor = _read_minor(access)
            nodes.append(dev / "nvidia-caps" / (f"nvidia-cap{minor}" if minor is not None else f"of {access}"))
    return tuple(nodes)


def find_missing_nodes(nodes: Iterable[Path], *, dev: Path = _DEV) -> list[str]:
    """Which device files aren't there, of these and of those that all processors share."""
    needed = [*(dev / name for name in _NEEDED_NODES), *nodes]
    return [str(node) for node in dict.fromkeys(needed) if not node.exists()]


def find_libraries(
    *, read_cache: Callable[[], str] | None = None, folders: Iterable[str] = _FURTHER_FOLDERS
) -> dict[str, Path]:
    """The driver's libraries by the name under which they are opened, as the real files that they are."""
    found: dict[str, Path] = {}
    for name, path in (*_list_cached((read_cache or _read_cache)()), *_list_folders(folders)):
        if name not in found and name.startswith(_LIBRARIES) and path.exists():
            found[name] = path.resolve()
    return dict(sorted(found.items()))


def _read_cache() -> str:
    """What the linker knows, a line each."""
    try:
        return subprocess.run(_LDCONFIG, capture_output=True, timeout=_SECONDS, check=True, text=True).stdout
    except (OSError, subprocess.SubprocessError):  # another C library, say; the folders are left
        return ""


def _list_cached(text: str) -> Iterator[tuple[str, Path]]:
    """Lines such as `libcuda.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libcuda.so.1`, of 64-bit libraries."""
    for line in text.splitlines():
        about, _, path = line.strip().partition(" => ")
        name, _, kind = about.partition(" ")
        if path and _MACHINES & set(kind.strip("()").replace(" ", "").split(",")):
            yield name, Path(path)


def _list_folders(folders: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """Where container hosts and some systems keep the driver, outside of the linker's cache."""
    for folder in map(Path, folders):
        if folder.is_dir():
            yield from ((path.name, path) for path in sorted(folder.iterdir()))


def _read_minor(access: Path) -> int | None:
    """The number of the device file that gives a right, from the driver's `DeviceFileMinor: 12`."""
    try:
        lines = access.read_text().splitlines()
    except OSError:
        return None
    numbers = [line.partition(":")[2].strip() for line in lines if line.startswith("DeviceFileMinor")]
    return int(numbers[0]) if numbers and numbers[0].isdigit() else None
