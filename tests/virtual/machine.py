"""Boots a kernel of Debian's with this machine's own files in memory, and reads what its first process reports.

Theory of operation
-------------------
The kernel is taken out of its package, which isn't installed. Its first root file system is written here, from the
files that the tests need. QEMU emulates the processor: borrowing it (KVM) hangs on some machines that are virtual
themselves. The machine has no disk and no network, and its console is QEMU's output. It ends by itself; a deadline ends
it otherwise.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.virtual.archive import write_root
from tests.virtual.root_files import collect_files

__all__ = ["Group", "Report", "Scenario", "Trouble", "boot", "find_kernel"]

ROOT = Path(__file__).parents[2]
INSIDE = Path(__file__).parent / "inside.py"
EMULATOR = "qemu-system-x86_64"
FOLDERS = ("/proc", "/sys", "/dev", "/tmp", "/run", "/root-of-all")
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
COMMAND_LINE = "console=ttyS0 rdinit=/first cgroup_no_v1=all quiet panic=-1 mitigations=off"
MEMORY_MIB = 3072


class Trouble(Exception):  # noqa: N818
    """There is no virtual machine to be had here. The text says what is missing."""


@dataclass(frozen=True)
class Group:
    """A control group by its path: what it hands down, whose it is, and whether systemd's mark is on it."""

    path: str
    hands_down: str = ""
    owner: int = 0
    delegated: bool = False


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A command, the groups that are there, the last of which it starts in, its user, and whether it sees only that."""

    name: str
    groups: Sequence[Group]
    command: Sequence[str]
    user: int = 0
    namespace: bool = False
    bystander: bool = False
    """Whether a process that has nothing to do with the command is in the group as well."""

    def to_plan(self) -> dict[str, object]:
        """As the first process reads it."""
        groups = [[group.path, group.hands_down, group.owner, group.delegated] for group in self.groups]
        return {**asdict(self), "groups": groups, "folder": str(ROOT)}


@dataclass(frozen=True, kw_only=True)
class Report:
    """How a scenario ended: its exit status, the names of our groups that were left, and all that it said."""

    name: str
    status: int
    left: tuple[str, ...]
    seconds: int
    text: str


def find_kernel(folder: Path) -> Path:
    """The image of Debian's kernel for virtual machines, fetched into a folder if it isn't there.

    Raises:
        Trouble: it can't be fetched.
    """
    known = sorted(folder.glob("boot/vmlinuz-*"))
    if known:
        return known[-1]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        said = subprocess.run(
            ["apt-cache", "depends", "linux-image-cloud-amd64"], capture_output=True, text=True, check=True
        ).stdout
        package = re.findall(r"Depends: (linux-image-\S+)", said)[0]
        subprocess.run(["apt-get", "download", "-q", package], cwd=folder, capture_output=True, check=True)
        archive = next(folder.glob("linux-image-*.deb"))
        subprocess.run(["dpkg-deb", "-x", archive.name, "."], cwd=folder, capture_output=True, check=True)
        return next(folder.glob("boot/vmlinuz-*"))
    except (OSError, subprocess.SubprocessError, IndexError, StopIteration) as error:
        raise Trouble(f"no kernel for a virtual machine could be fetched: {error!r}") from error


def boot(
    kernel: Path, scenarios: Sequence[Scenario], *, packages: Sequence[str], seconds: float, log: Path
) -> Mapping[str, Report]:
    """Run scenarios in a virtual machine; those that it didn't come to are missing.

    Raises:
        Trouble: the machine didn't start, or its first process failed.
    """
    plan = {"environment": ENVIRONMENT, "scenarios": [scenario.to_plan() for scenario in scenarios]}
    python = Path(sys.executable)
    first = f"#!{python.resolve()} -I\n".encode() + INSIDE.read_bytes()
    with tempfile.NamedTemporaryFile(prefix="root-", suffix=".cpio") as root:
        write_root(root, collect_files(packages), {"/first": first, "/plan.json": json.dumps(plan).encode()}, FOLDERS)
        root.flush()
        with log.open("wb") as output:
            try:
                subprocess.run(
                    make_command(kernel, Path(root.name)),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    timeout=seconds,
                    check=False,
                )
            except FileNotFoundError as error:
                raise Trouble(f"there is no {EMULATOR}; install qemu-system-x86") from error
            except subprocess.TimeoutExpired:
                pass  # what it came to is in the log
    text = log.read_text("utf-8", "replace").replace("\r", "")
    if "VIRTUAL kernel" not in text or "VIRTUAL failed" in text:
        raise Trouble(f"the virtual machine didn't get to its tests:\n{text[-3000:]}")
    return read_reports(text)


def make_command(kernel: Path, root: Path) -> list[str]:
    """The emulator's command line."""
    return [
        *(EMULATOR, "-machine", "q35,accel=tcg", "-cpu", "max", "-smp", "2", "-m", f"{MEMORY_MIB}M"),
        *("-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio", "-nic", "none"),
        *("-kernel", str(kernel), "-initrd", str(root), "-append", COMMAND_LINE),
    ]


def read_reports(text: str) -> dict[str, Report]:
    """What the first process said, by scenario."""
    reports = {}
    for part in text.split("VIRTUAL begin ")[1:]:
        name, _, rest = part.partition("\n")
        said, found, end = rest.partition("VIRTUAL end ")
        if found:
            facts = json.loads(end.partition("\n")[0])
            facts["left"] = tuple(facts["left"])
            reports[name] = Report(**facts, text=said)
    return reports
