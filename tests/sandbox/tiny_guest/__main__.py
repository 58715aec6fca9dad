"""A guest of a few lines, for tests of keeper and sandboxes: runs the job's program as plain Python.

It speaks the frames of `guest.protocol`, which is written here again so that the folder stands alone. The program sees
`send(kind, payload)`, `job`, `files`, `given`, and its end is DONE. With a control socket it forks for each job, as a
zygote does, but without namespaces: what it is for is what comes out.
"""

import argparse
import hashlib
import json
import os
import select
import socket
import struct
import sys
from typing import Any, BinaryIO

HEADER = struct.Struct(">4sBxHI32s")


def read_exactly(stream: BinaryIO, count: int) -> bytes:
    content = b""
    while len(content) < count:
        chunk = stream.read(count - len(content))
        if not chunk:
            raise EOFError
        content += chunk
    return content


def read_frame(stream: BinaryIO) -> tuple[int, bytes]:
    _, kind, _, length, _ = HEADER.unpack(read_exactly(stream, HEADER.size))
    return kind, read_exactly(stream, length)


def serve_forks(options: argparse.Namespace) -> None:
    """Fork for each request; returns in the fork, its streams in the options."""
    control = socket.socket(fileno=options.control_fd)
    holding = dict.fromkeys(("descriptors", "memory_bytes", "threads", "children", "ipc_objects"), 0)
    control.send(json.dumps({"ready": {}, "refusal": None, "holding": holding}).encode())
    children: dict[int, tuple[int, int]] = {}
    while True:
        for fd in select.select([control.fileno(), *children], [], [])[0]:
            if fd != control.fileno():
                pid, status = children.pop(fd)
                os.write(status, struct.pack(">i", os.waitpid(pid, 0)[1]))
                os.close(status)
                os.close(fd)
                continue
            content, descriptors, _, _ = socket.recv_fds(control, 1 << 17, 4)
            if not content:
                sys.exit(0)
            if json.loads(content)["op"] == "describe":
                control.send(json.dumps(holding).encode())
                continue
            job, evidence, errors, status = descriptors
            pid = os.fork()
            if pid == 0:
                control.close()
                os.dup2(errors, 1)
                os.dup2(errors, 2)
                os.close(status)
                os.read(job, 1)
                options.job_fd, options.evidence_fd = job, evidence
                return
            pidfd = os.pidfd_open(pid)
            children[pidfd] = (pid, os.dup(status))
            for descriptor in descriptors:
                os.close(descriptor)
            socket.send_fds(control, [b"{}"], [pidfd])


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--framework", "--work", "--runs"):
        parser.add_argument(name)
    for name in ("--job-fd", "--evidence-fd", "--control-fd"):
        parser.add_argument(name, type=int)
    parser.add_argument("--control-path")
    parser.add_argument("--lifeline", action="store_true")
    options = parser.parse_args()
    if options.control_path is not None:
        control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        control.connect(options.control_path)
        options.control_fd = control.detach()
    if options.control_fd is not None:
        serve_forks(options)
    job_stream = os.fdopen(options.job_fd, "rb")
    evidence = os.fdopen(os.dup(options.evidence_fd), "wb", buffering=0)
    if options.evidence_fd == 1:
        os.dup2(2, 1)

    def send(kind: int, payload: bytes = b"", question: int = 0xFFFF) -> None:
        digest = hashlib.sha256(payload).digest()
        view = memoryview(HEADER.pack(b"GRD1", kind, question, len(payload), digest) + payload)
        while view:
            view = view[evidence.write(view) or 0 :]  # not every kernel takes all of it at once

    send(16, json.dumps({"python": sys.version.split()[0], "packages": {}, "device": "cpu"}).encode())
    job: dict[str, Any] = {}
    files: dict[str, bytes] = {}
    given = b""
    while True:
        kind, payload = read_frame(job_stream)
        if kind == 1:
            job = json.loads(payload)
        elif kind == 2:
            path, _, content = payload.partition(b"\0")
            files[path.decode()] = content
        elif kind == 3:
            given = payload
        else:
            break
    names = {"send": send, "job": job, "files": files, "given": given, "evidence": evidence, "options": options}
    exec(compile(job["program"]["source"], "program.py", "exec"), names)
    send(23)


main()
