"""A loader that is a process of its own (see `started`): imports its framework, reads the job, runs one question."""

import argparse
import contextlib
import os
import sys
from typing import NoReturn

from .capture import START_MARK
from .folders import Folders
from .frameworks import import_for_job, import_framework
from .job import read_job
from .loader import make_emit, run_question
from .processes import adopt_orphans, volunteer_for_oom
from .protocol import Kind
from .stream import read_exactly_from, write_whole

__all__ = ["run_started_loader"]

INNER_FD = 200


def run_started_loader(options: argparse.Namespace, job_fd: int, inner_fd: int) -> NoReturn:
    """Be the loader of the question `options.loader`. The standard descriptors are the student's already."""
    inner_fd = move_high(inner_fd)
    adopt_orphans()
    volunteer_for_oom()
    import_framework(options.framework)
    job = read_job(read_exactly_from(job_fd))
    os.close(job_fd)
    if job is None:
        os._exit(70)
    import_for_job(job)
    emit = make_emit(inner_fd)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    write_whole(2, START_MARK)
    emit(Kind.READY, b"")
    folders = Folders(root=options.folder, work=options.folder / "work", temporary=options.folder / "tmp")
    question = job.questions[options.loader]
    finished = run_question(job, question, folders, emit, definitions_only=options.definitions_only)
    os._exit(0 if finished else 1)


def move_high(fd: int) -> int:
    """Give the inner stream a number that no program uses by accident, where there's room for it."""
    with contextlib.suppress(OSError):
        os.dup2(fd, INNER_FD, inheritable=False)
        os.close(fd)
        return INNER_FD
    return fd
