"""Docker for real: what a container sees, and that nothing of one run is there for the next."""

import json
import os
from pathlib import Path

import pytest
from docker import APIClient

from grader.errors import SandboxError
from grader.limits import GIB, Limits
from grader.sandbox import DockerSandbox
from grader.sandbox.cgroup import Control, find_control
from grader.sandbox.request import Mount
from tests.sandbox.tiny import TINY_GUEST, errors_of, make_request, texts_of

SEE = """
import getpass, json, os, socket, sys
opened = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
seen = {
    "pid": os.getpid(),
    "user": getpass.getuser(),
    "name": __import__("pwd").getpwuid(os.getuid()).pw_name,
    "uid": os.getuid(),
    "host": socket.gethostname(),
    "folder": os.getcwd(),
    "variables": sorted(os.environ),
    "control": os.listdir("/ctl"),
    "resolver": open("/etc/resolv.conf").read(),
    "links": [os.readlink(path) for path in opened if os.path.lexists(path)],
}
print(json.dumps(seen), file=sys.stderr)
"""


@pytest.fixture(params=[False, True], ids=["socket", "attach"])
def either(request: pytest.FixtureRequest, api: APIClient) -> DockerSandbox:
    """Docker with the tiny guest, by both ways to it."""
    return DockerSandbox(guest=TINY_GUEST, attach=request.param)


def test_what_the_guest_sees(either: DockerSandbox) -> None:
    """It is process 1 of the host "sandbox", a user that looks like every run's, in a folder of its own."""
    seen = errors_of(either.run(make_request(SEE)))

    assert (seen["pid"], seen["host"], seen["folder"]) == (1, "sandbox", "/tmp/work")
    assert seen["user"] == seen["name"] == "student"
    assert 64000 <= seen["uid"] < 65000
    assert not {"HOSTNAME", "OLDPWD"} & set(seen["variables"])
    assert seen["control"] == []
    assert seen["resolver"].split() == ["nameserver", "127.0.0.1"]


def test_only_the_two_streams_are_inherited(either: DockerSandbox) -> None:
    """No connection to the host but the pipes of job and evidence."""
    seen = errors_of(either.run(make_request(SEE)))

    foreign = [link for link in seen["links"] if not link.startswith(("pipe:", "/dev/null", "/proc/"))]
    assert foreign == []


def test_mount_is_read_only_inside(sandbox: DockerSandbox, tmp_path: Path) -> None:
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


def test_control_folder_can_t_be_written_and_is_gone_outside(sandbox: DockerSandbox) -> None:
    """The way by which the streams came in is closed when the program runs."""
    program = """
import json, os, sys
written = []
for make in (lambda: open("/ctl/socket", "w"), lambda: os.mkdir("/ctl/folder"), lambda: os.chmod("/ctl", 0o777)):
    try:
        make()
        written.append(True)
    except OSError:
        written.append(False)
print(json.dumps(written), file=sys.stderr)
"""
    assert errors_of(sandbox.run(make_request(program))) == [False] * 3
    assert not [path for path in Path("/tmp").glob(f"grader.*.{os.getpid()}.*") if (path / "ctl").exists()]


def test_next_run_sees_nothing_of_the_last(either: DockerSandbox) -> None:
    """What one run wrote, wherever it could, the next doesn't find."""
    program = """
import glob, json, os, sys
places = ("/tmp", "/tmp/home", "/tmp/work", "/dev/shm")
found = [path for place in (*places, "/dev/mqueue") for path in glob.glob(place + "/left*")]
for place in places:
    open(place + "/left", "w").close()
print(json.dumps(found), file=sys.stderr)
"""
    assert errors_of(either.run(make_request(program))) == []
    assert errors_of(either.run(make_request(program))) == []


def test_sizes_of_what_can_be_written(either: DockerSandbox) -> None:
    """/tmp and /dev/shm are as large as the limits say, and the container's own layer can't be written."""
    program = """
import json, os, sys
sizes = [os.statvfs(path).f_blocks * os.statvfs(path).f_frsize for path in ("/tmp", "/dev/shm")]
print(json.dumps([sizes, os.statvfs("/").f_flag & os.ST_RDONLY]), file=sys.stderr)
"""
    limits = Limits(memory_bytes=GIB, disk_bytes=96 << 20)

    assert errors_of(either.run(make_request(program, limits=limits))) == [[96 << 20, 96 << 20], 1]


def test_container_killed_from_outside_is_our_fault(either: DockerSandbox, api: APIClient) -> None:
    """Somebody ends the container: no score follows."""
    request = make_request("import time\nsend(17, b'up')\ntime.sleep(600)\n")
    with either.prepare(request.launch) as run:

        def kill(frame: object) -> None:
            if getattr(frame, "kind", None) == 17:
                api.kill(run._running._id)  # type: ignore[attr-defined]

        with pytest.raises(SandboxError, match="from outside"):
            run.run(request.job, on_frame=kill)


def test_container_removed_from_outside_is_our_fault(either: DockerSandbox, api: APIClient) -> None:
    """So is one that is no longer there at all."""
    request = make_request("import time\nsend(17, b'up')\ntime.sleep(600)\n")
    with either.prepare(request.launch) as run:

        def remove(frame: object) -> None:
            if getattr(frame, "kind", None) == 17:
                api.remove_container(run._running._id, force=True)  # type: ignore[attr-defined]

        with pytest.raises(SandboxError):
            run.run(request.job, on_frame=remove)


def test_nothing_stays_with_the_daemon(either: DockerSandbox, api: APIClient) -> None:
    """Neither a container nor a volume."""
    run = either.prepare(make_request("").launch)
    id = run._running._id  # type: ignore[attr-defined]
    volumes = api.volumes()["Volumes"]
    assert api.inspect_container(id)["State"]["Running"]

    result = run.run(make_request("send(17, b'x')").job)

    assert texts_of(result) == ["x"]
    assert id not in {container["Id"] for container in api.containers(all=True)}
    assert api.volumes()["Volumes"] == volumes


def test_run_is_counted_by_a_group_of_its_own(sandbox: DockerSandbox) -> None:
    """As root with this machine's daemon: the kernel's own counters of the run, its start included."""
    if os.geteuid() != 0 or not isinstance(find_control(), Control):
        pytest.skip("the grader can't make control groups here")
    result = sandbox.run(make_request("block = bytearray(b'x') * (200 << 20)\n"))

    assert result.peak_memory_bytes is not None
    assert 200 << 20 < result.peak_memory_bytes < 400 << 20
    assert sandbox.cautions == ()


def test_large_evidence_comes_whole_by_both_ways(either: DockerSandbox) -> None:
    """20 MB out and 20 MB in, to the byte."""
    given = os.urandom(1 << 20) * 20
    program = "import hashlib\nsend(17, hashlib.sha256(given).hexdigest().encode())\nsend(18, given)\n"
    result = either.run(make_request(program, given=given))

    assert texts_of(result) == [__import__("hashlib").sha256(given).hexdigest()]
    assert [frame.payload for frame in result.frames if frame.kind == 18] == [given]


def test_guest_that_isn_t_there_is_told(api: APIClient, tmp_path: Path) -> None:
    """A folder without a guest: our fault, with what Python said."""
    tmp_path.chmod(0o755)

    with pytest.raises(SandboxError) as caught:
        DockerSandbox(guest=tmp_path).run(make_request(""))
    assert "__main__.py" in "".join(caught.value.details)


def test_unknown_runtime_is_told_with_those_that_are_known(api: APIClient) -> None:
    """A typing error in a runtime's name."""
    with pytest.raises(SandboxError, match="runc") as caught:
        DockerSandbox(runtime="runcs")
    assert json.dumps("runcs").strip('"') in caught.value.message
