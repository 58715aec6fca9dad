"""The zygote: imports the framework, says READY, then becomes init for one job, or forks an init for each.

Theory of operation
-------------------
The zygote's memory holds the interpreter, the framework and the guest, nothing else: a fork copies everything. It never
runs student code and opens no byte of a job but its header. It computes nothing, so that its forks can.

With one run (`--runs 1`) it reads one job and *becomes* init, which in bubblewrap makes init pid 1 of the namespace.
With `--runs 0`, for an author's own code only, it forks an init for each job until the job stream ends. With a control
socket it serves the host's requests for runs, each a fork with namespaces of its own (see `forks`).

At the start it closes every descriptor but the three standard ones and its two streams. Where the streams *are*
standard input and output, they are moved first, so that nothing a library prints can get between the frames.
"""

import argparse
import json
import os
import platform
import site
from collections.abc import Sequence
from pathlib import Path

from .descriptors import close_all_but, replace_descriptor
from .devices import name_device
from .frameworks import import_for_forks, import_for_job, import_framework, list_packages
from .job import GuestJob, read_job
from .processes import fork_quietly, set_dumpable
from .protocol import Kind, pack_frame
from .stream import read_exactly_from, write_whole

__all__ = ["main"]

LOAD_ONCE = ("none", "torch")  # TensorFlow hangs in a fork of a process that has computed


def main(arguments: Sequence[str]) -> int:
    """Run the guest. The exit status says nothing about any student."""
    options = parse_arguments(arguments)
    served = options.control_fd is not None or options.control_path is not None
    job_fd, evidence_fd = (-1, -1) if served else take_streams(options.job_fd, options.evidence_fd)
    for folder in options.site:
        site.addsitedir(folder)
    if options.loader is not None:
        from .started_loader import run_started_loader  # only where there is no fork

        run_started_loader(options, job_fd, evidence_fd)
    set_dumpable(False)
    if served:
        serve_host(options)
        return 0
    import_framework(options.framework)
    write_whole(evidence_fd, pack_frame(Kind.READY, describe_ready(options.framework)))
    if options.runs == 1:
        run_job(job_fd, evidence_fd, options)
        return 0
    return run_jobs(job_fd, evidence_fd, options)


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """The guest's arguments, which the sandbox makes."""
    parser = argparse.ArgumentParser(prog="guest")
    parser.add_argument("--framework", choices=("none", "torch", "tensorflow"), required=True)
    parser.add_argument("--job-fd", type=int, default=0)
    parser.add_argument("--evidence-fd", type=int, default=1)
    parser.add_argument(
        "--control-fd", type=int, default=None, help="the host's socket, inherited; in place of streams"
    )
    parser.add_argument("--control-path", default=None, help="the host's socket, connected to; in place of streams")
    parser.add_argument("--lifeline", action="store_true", help="end when the job's stream does, as the host is gone")
    parser.add_argument("--site", action="append", default=[], help="a folder of packages; may be given several times")
    parser.add_argument("--work", type=Path, default=None, help="where working folders are made")
    parser.add_argument("--runs", type=int, choices=(0, 1), default=1, help="1: become init; 0: fork one for each job")
    parser.add_argument(
        "--loader", type=int, default=None, help="be the loader of this question, where there is no fork"
    )
    parser.add_argument("--folder", type=Path, default=None, help="that question's folder")
    parser.add_argument("--definitions-only", action="store_true", help="load that question with definitions only")
    return parser.parse_args(arguments)


def serve_host(options: argparse.Namespace) -> None:
    """Serve runs over a control socket, with everything imported that any of them may need."""
    from .forks import connect, serve_forks  # needs fork and namespaces, which not every platform has

    control = connect(fd=options.control_fd, path=options.control_path)
    os.set_inheritable(control.fileno(), False)
    close_all_but(control.fileno())
    import_framework(options.framework)
    import_for_forks(options.framework)
    serve_forks(control, describe_ready(options.framework), lambda job, evidence: run_job(job, evidence, options))


def run_job(job_fd: int, evidence_fd: int, options: argparse.Namespace) -> None:
    """Read one job and be init for it."""
    job = read_job(read_exactly_from(job_fd))
    if not options.lifeline:
        os.close(job_fd)
    if job is not None:
        become(job, evidence_fd, options, lifeline_fd=job_fd if options.lifeline else None)


def take_streams(job_fd: int, evidence_fd: int) -> tuple[int, int]:
    """Keep the two streams and the standard descriptors, close the rest, and free 0 and 1 of frames."""
    if os.name == "nt":
        import msvcrt

        for fd in (job_fd, evidence_fd):
            msvcrt.setmode(fd, os.O_BINARY)  # type: ignore[attr-defined,unused-ignore]
    if job_fd == 0:
        job_fd = os.dup(0)
        replace_descriptor(0, os.open(os.devnull, os.O_RDONLY))
    if evidence_fd == 1:
        evidence_fd = os.dup(1)
        os.dup2(2, 1)
    close_all_but(job_fd, evidence_fd)
    for fd in (job_fd, evidence_fd):
        os.set_inheritable(fd, False)
    return job_fd, evidence_fd


def describe_ready(framework: str) -> bytes:
    """READY's payload."""
    ready = {"python": platform.python_version(), "packages": list_packages(framework), "device": name_device()}
    return json.dumps(ready).encode()


def become(job: GuestJob, evidence_fd: int, options: argparse.Namespace, *, lifeline_fd: int | None = None) -> None:
    """Be init for one job."""
    import_for_job(job)
    if not job.header.get("fork", True) or not has_pidfds():
        from .started import StartedInit  # only where there is no fork

        StartedInit(job=job, evidence_fd=evidence_fd, options=options).run()
        return
    from .init import Init  # needs fork, poll and pidfds, which not every platform has
    from .loader import run_loader
    from .once import OnceInit

    # What has used a graphics processor can't be forked, so there each question loads the code afresh.
    may_fork = options.framework in LOAD_ONCE and job.header.get("device", "cpu") == "cpu"
    kind = OnceInit if job.header.get("load") == "once" and may_fork else Init
    init = kind(job=job, evidence_fd=evidence_fd, loader_main=run_loader, work=options.work, lifeline_fd=lifeline_fd)
    init.run()


def has_pidfds() -> bool:
    """Whether this kernel has handles of processes, without which init can't fork (gVisor's hasn't)."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


def run_jobs(job_fd: int, evidence_fd: int, options: argparse.Namespace) -> int:
    """An init for each job, one after the other. Ends when an init fails: the host sees the stream end."""
    while (job := read_job(read_exactly_from(job_fd))) is not None:
        if not hasattr(os, "fork"):
            become(job, evidence_fd, options)
            continue
        pid = fork_quietly()
        if pid == 0:
            be_child(job, job_fd, evidence_fd, options)
        if os.waitpid(pid, 0)[1] != 0:
            return 70
    return 0


def be_child(job: GuestJob, job_fd: int, evidence_fd: int, options: argparse.Namespace) -> None:
    """In the fork: be init for one job, and end without the zygote's own way out."""
    status = 70
    try:
        os.close(job_fd)
        become(job, evidence_fd, options)
        status = 0
    except SystemExit as exit_:
        status = int(exit_.code) if isinstance(exit_.code, int) else 70
    finally:
        os._exit(status)
