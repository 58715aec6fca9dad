"""The zygote: imports the framework, says READY, reads the job, becomes init or forks one for each job.

Theory of operation
-------------------
The zygote's memory holds the interpreter, the framework and the guest, nothing else: a fork copies everything. It never
runs student code and opens no byte of a job but its header. It computes nothing, so that its forks can.

With one run (`--runs 1`) it reads one job and *becomes* init, which in bubblewrap makes init pid 1 of the namespace.
With `--runs 0`, for an author's own code only, it forks an init for each job until the job stream ends.

At the start it closes every descriptor but the three standard ones and its two streams. Where the streams *are*
standard input and output, they are moved first, so that nothing a library prints can get between the frames.
"""

import argparse
import contextlib
import json
import os
import platform
import site
from collections.abc import Sequence
from pathlib import Path

from .frameworks import import_for_job, import_framework, list_packages
from .job import GuestJob, read_job
from .processes import fork_quietly, set_dumpable
from .protocol import Kind, pack_frame
from .stream import read_exactly_from, write_whole

__all__ = ["main"]

LOAD_ONCE = ("none", "torch")  # TensorFlow hangs in a fork of a process that has computed


def main(arguments: Sequence[str]) -> int:
    """Run the guest. The exit status says nothing about any student."""
    options = parse_arguments(arguments)
    job_fd, evidence_fd = take_streams(options.job_fd, options.evidence_fd)
    for folder in options.site:
        site.addsitedir(folder)
    if options.loader is not None:
        from .started_loader import run_started_loader  # only where there is no fork

        run_started_loader(options, job_fd, evidence_fd)
    set_dumpable(False)
    import_framework(options.framework)
    write_whole(evidence_fd, pack_frame(Kind.READY, describe_ready(options.framework)))
    if options.runs == 1:
        job = read_job(read_exactly_from(job_fd))
        if job is None:
            return 0
        os.close(job_fd)
        become(job, evidence_fd, options)
        return 0
    return run_jobs(job_fd, evidence_fd, options)


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """The guest's arguments, which the sandbox makes."""
    parser = argparse.ArgumentParser(prog="guest")
    parser.add_argument("--framework", choices=("none", "torch", "tensorflow"), required=True)
    parser.add_argument("--job-fd", type=int, default=0)
    parser.add_argument("--evidence-fd", type=int, default=1)
    parser.add_argument("--site", action="append", default=[], help="a folder of packages; may be given several times")
    parser.add_argument("--work", type=Path, default=None, help="where working folders are made")
    parser.add_argument("--runs", type=int, choices=(0, 1), default=1, help="1: become init; 0: fork one for each job")
    parser.add_argument(
        "--loader", type=int, default=None, help="be the loader of this question, where there is no fork"
    )
    parser.add_argument("--folder", type=Path, default=None, help="that question's folder")
    parser.add_argument("--definitions-only", action="store_true", help="load that question with definitions only")
    return parser.parse_args(arguments)


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
    low, high = sorted((job_fd, evidence_fd))
    os.closerange(3, low)
    os.closerange(low + 1, high)
    os.closerange(high + 1, most_descriptors())
    for fd in (job_fd, evidence_fd):
        os.set_inheritable(fd, False)
    return job_fd, evidence_fd


def replace_descriptor(fd: int, by: int) -> None:
    """Let `fd` be what `by` is."""
    os.dup2(by, fd)
    os.close(by)


def most_descriptors() -> int:
    """One above the highest descriptor that may be open."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return int(os.sysconf("SC_OPEN_MAX"))
    return 8192


def describe_ready(framework: str) -> bytes:
    """READY's payload."""
    ready = {"python": platform.python_version(), "packages": list_packages(framework), "device": "cpu"}
    return json.dumps(ready).encode()


def become(job: GuestJob, evidence_fd: int, options: argparse.Namespace) -> None:
    """Be init for one job."""
    import_for_job(job)
    if not job.header.get("fork", True) or not hasattr(os, "pidfd_open"):
        from .started import StartedInit  # only where there is no fork

        StartedInit(job=job, evidence_fd=evidence_fd, options=options).run()
        return
    from .init import Init  # needs fork, poll and pidfds, which not every platform has
    from .loader import run_loader
    from .once import OnceInit

    kind = OnceInit if job.header.get("load") == "once" and options.framework in LOAD_ONCE else Init
    kind(job=job, evidence_fd=evidence_fd, loader_main=run_loader, work=options.work).run()


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
