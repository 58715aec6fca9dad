"""Bubblewrap for real: as root and as an ordinary user, with Python below a private home, nothing inherited."""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.evidence.model import Exit
from grader.sandbox import BubblewrapSandbox, Interpreter, choose_sandbox, launcher
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.sandbox.request import Mount
from tests.sandbox.tiny import TINY_GUEST, errors_of, make_request

ROOT = Path(__file__).parents[2]
SYSTEM_PYTHON = Path("/usr/bin/python3")


@pytest.fixture(autouse=True)
def need_bubblewrap() -> None:
    """These tests need bubblewrap itself."""
    trouble = find_bubblewrap_trouble()
    if trouble is not None:
        pytest.skip(trouble.text)


@pytest.fixture
def sandbox() -> Iterator[BubblewrapSandbox]:
    """Bubblewrap with the tiny guest; afterwards no mount of it is seen here."""
    yield BubblewrapSandbox(guest=TINY_GUEST)
    assert launcher.STAGE not in Path("/proc/self/mounts").read_text()


def test_mount_is_read_only_inside(sandbox: BubblewrapSandbox, tmp_path: Path) -> None:
    """A mounted file is there under its path, and can't be changed."""
    source = tmp_path / "résumé ✓.bin"
    source.write_bytes(b"weights")
    program = """
import json, sys
path = "/weights/torch/file.bin"
try:
    open(path, "ab")
    written = True
except OSError:
    written = False
print(json.dumps([open(path).read(), written]), file=sys.stderr)
"""
    result = sandbox.run(make_request(program, mounts=(Mount(source=source, target="/weights/torch/file.bin"),)))

    assert errors_of(result) == ["weights", False]


def test_only_the_two_streams_are_inherited(sandbox: BubblewrapSandbox) -> None:
    """The guest has the standard descriptors, job and evidence; the program's listing adds one of its own."""
    held = os.open("/etc/hostname" if Path("/etc/hostname").exists() else "/etc/passwd", os.O_RDONLY)
    os.set_inheritable(held, True)
    program = """
import json, os, sys
paths = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
links = [os.readlink(path) for path in paths if os.path.exists(path)]
print(json.dumps(links), file=sys.stderr)
"""
    try:
        result = sandbox.run(make_request(program))
    finally:
        os.close(held)

    foreign = [link for link in errors_of(result) if not link.startswith(("pipe:", "/dev/null", "/proc/"))]
    assert foreign == []


def test_guest_is_pid_1_of_its_own_namespace(sandbox: BubblewrapSandbox) -> None:
    """No process of bubblewrap's own stands between; host name and user are the same for all runs."""
    program = """
import json, os, socket, sys
print(json.dumps([os.getpid(), os.getuid(), socket.gethostname()]), file=sys.stderr)
"""

    assert errors_of(sandbox.run(make_request(program))) == [1, 1000, "sandbox"]


def test_run_s_group_has_no_name_inside(sandbox: BubblewrapSandbox) -> None:
    """Inside, the control group is the root: a run can't tell which one it is."""
    program = "import json, sys\nprint(json.dumps(open('/proc/self/cgroup').read()), file=sys.stderr)\n"

    assert "grader" not in errors_of(sandbox.run(make_request(program)))


def test_next_run_sees_nothing_of_the_last(sandbox: BubblewrapSandbox) -> None:
    """What one run wrote, wherever it could, the next doesn't find."""
    program = """
import glob, json, os, sys
places = ("/tmp", "/tmp/home", "/tmp/work", "/dev/shm")
found = [path for place in (*places, "/dev/mqueue") for path in glob.glob(place + "/left*")]
for place in places:
    open(place + "/left", "w").close()
print(json.dumps(found), file=sys.stderr)
"""
    first, second = sandbox.run(make_request(program)), sandbox.run(make_request(program))

    assert errors_of(first) == []
    assert errors_of(second) == []


def test_bubblewrap_killed_from_outside_is_our_fault(sandbox: BubblewrapSandbox) -> None:
    """Someone ends bubblewrap itself: no score follows."""
    request = make_request("import time\nsend(17, b'up')\ntime.sleep(600)\n")
    with sandbox.prepare(request.launch) as run:

        def kill(frame: object) -> None:
            if getattr(frame, "kind", None) == 17:
                run._running._process.kill()  # type: ignore[attr-defined]

        with pytest.raises(SandboxError, match="from outside"):
            run.run(request.job, on_frame=kill)


def test_framework_s_environment_may_be_another_python(sandbox: BubblewrapSandbox) -> None:
    """The system's Python runs the guest as well, left where it is."""
    if not SYSTEM_PYTHON.exists():
        pytest.skip("no system Python")
    interpreter = Interpreter(framework="none", executable=SYSTEM_PYTHON)
    program = "import json, sys\nprint(json.dumps([sys.prefix, sys.executable]), file=sys.stderr)\n"

    prefix, executable = errors_of(sandbox.run(make_request(program, interpreter=interpreter)))

    assert prefix == "/usr"
    assert executable.startswith("/usr/bin/python3")


def test_environment_may_lie_below_tmp(sandbox: BubblewrapSandbox, tmp_path: Path) -> None:
    """A fresh clone is tried below /tmp, in a private folder, in any script: its packages are there inside."""
    place = tmp_path / "klön ✓" / ".venv"
    venv.create(place, symlinks=True)
    site = next(place.glob("lib/python*/site-packages"))
    (site / "own_package.py").write_text("value = 'found'\n")
    interpreter = Interpreter(framework="none", executable=place / "bin" / "python")
    program = """
import json, sys, own_package
print(json.dumps([own_package.value, sys.prefix, sys.prefix != sys.base_prefix]), file=sys.stderr)
"""
    result = sandbox.run(make_request(program, interpreter=interpreter))

    assert errors_of(result) == ["found", "/opt/venv", True]


ORDINARY = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from pathlib import Path
from grader.limits import GIB, Limits
from grader.sandbox import BubblewrapSandbox, Interpreter
from tests.sandbox.tiny import TINY_GUEST, make_request
sandbox = BubblewrapSandbox(guest=TINY_GUEST)
bomb = '''
import os, sys, time
count = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        count += 1
except OSError:
    sys.stderr.write(str(count))
'''
def run(source):
    result = sandbox.run(make_request(source, limits=Limits(processes=32, memory_bytes=GIB)))
    return [result.exit.value, result.guest_stderr]
print(json.dumps([run("import os, sys; sys.stderr.write(str(os.getuid()))"), run(bomb), list(sandbox.cautions)]))
"""


def test_ordinary_user_needs_no_root() -> None:
    """On a laptop: no root, perhaps no control group. Runs work, processes are limited, and it says so."""
    if os.geteuid() != 0 or not SYSTEM_PYTHON.exists() or sys.version_info[:2] != _system_version():
        pytest.skip("only root can try it as somebody else, with a system Python of this version")
    if not all(parent.stat().st_mode & 0o001 for parent in (ROOT, *ROOT.parents)):
        pytest.skip("this checkout lies in a private folder, where another user can't read it")
    paths = [str(ROOT), *(path for path in sys.path if path.endswith("site-packages"))]
    answer = subprocess.run(
        [str(SYSTEM_PYTHON), "-c", ORDINARY, json.dumps(paths)],
        user=64999,
        group=64999,
        extra_groups=[],
        cwd="/",
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    plain, bomb, cautions = json.loads(answer.stdout)

    assert plain == [Exit.FINISHED.value, "1000"]
    assert bomb[0] == Exit.FINISHED.value
    assert int(bomb[1]) < 40
    assert cautions == [] or "watched by the grader" in cautions[0]


def _system_version() -> tuple[int, int]:
    answer = subprocess.run(
        [str(SYSTEM_PYTHON), "-c", "import sys; print(*sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=True,
    )
    major, minor = answer.stdout.split()
    return int(major), int(minor)


def test_private_source_is_told_with_what_mends_it(tmp_path: Path) -> None:
    """As root: a guest's folder that an unprivileged user can't read is named, with the command."""
    if os.geteuid() != 0:
        pytest.skip("only root drops its user")
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    (private / "__main__.py").write_text("")

    with pytest.raises(SandboxError) as caught:
        BubblewrapSandbox(guest=private).run(make_request(""))

    assert "chmod" in "".join(caught.value.details)


def test_choice_by_name() -> None:
    """`auto` is bubblewrap where it works; an unknown name is told with those that are known."""
    assert choose_sandbox("auto").name == "bubblewrap"
    assert choose_sandbox("process").is_sandbox is False
    with pytest.raises(SandboxError, match="bubblewrap, docker, docker:runsc, process"):
        choose_sandbox("bubblewarp")
