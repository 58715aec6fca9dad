"""A server of files on this machine, and a sandbox that answers provisioning jobs, both real enough to be talked to."""

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from grader.evidence.model import Exit
from grader.guest.protocol import NO_QUESTION, Frame, Kind
from grader.sandbox.request import Interpreter, Launch, PreparedRun, RunRequest, RunResult
from grader.weights.catalogue import CATALOGUE, Checkpoint
from grader.weights.manifest import Entry, WeightsKind
from grader.weights.vault import Vault

RESNET18 = "torchvision/resnet18/IMAGENET1K_V1"
RESNET50 = "torchvision/resnet50/IMAGENET1K_V2"
MOBILENET = "keras/mobilenet_v2/imagenet_no_top_96"
INTERPRETER = Interpreter(framework="torch", executable=Path("/usr/bin/python3"))
TENSORS = {"a" * 64: 2, "b" * 64: 1}


def put_file(vault: Vault, name: str, kind: WeightsKind, content: bytes) -> Entry:
    """Keep these bytes in the vault under a name."""
    with vault.open_workplace(name) as folder:
        file = folder / CATALOGUE[name].file
        file.write_bytes(content)
        return vault.keep(name, kind, file, tensors=TENSORS)


def publish(content: bytes, *, url: str, name: str = "torchvision/tiny/V1") -> Checkpoint:
    """A checkpoint of these bytes as a server would publish it: its digest in its name."""
    file = f"tiny-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    return Checkpoint(
        name=name,
        title="Tiny",
        library="torchvision",
        file=file,
        url=f"{url}/{file}",
        licence="BSD-3-Clause",
        about_bytes=len(content),
    )


@dataclass
class Answer:
    """What the server says to one path."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None  # announced; None: the true one


@contextmanager
def serve(answers: dict[str, Answer]) -> Iterator[str]:
    """A web server on this machine; gives its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = answers.get(self.path, Answer(status=404))
            self.send_response(answer.status)
            for key, value in answer.headers.items():
                self.send_header(key, value)
            length = len(answer.body) if answer.length is None else answer.length
            if length >= 0:
                self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class ProvisioningSandbox:
    """Answers a provisioning job as the guest does. `seen` are the requests; `exit` is how its runs end."""

    exit: Exit = Exit.FINISHED
    tensors: Mapping[str, int] = field(default_factory=lambda: TENSORS)
    file: bytes = b"a stand-in"
    piece_bytes: int = 1000
    seen: list[RunRequest] = field(default_factory=list)
    read: list[bytes] = field(default_factory=list)
    name: str = "fake"
    is_sandbox: bool = False
    cautions: tuple[str, ...] = ()

    def prepare(self, launch: Launch) -> PreparedRun:
        raise NotImplementedError

    def run(self, request: RunRequest) -> RunResult:
        self.seen.append(request)
        self.read += [mount.source.read_bytes() for mount in request.launch.mounts]
        task = request.job.header["values"]["provision"]["task"]
        return RunResult(exit=self.exit, frames=tuple(self.answer(task)), exit_code=0)

    def answer(self, task: str) -> Iterator[Frame]:
        """The frames of a run."""
        yield frame(Kind.READY, {"python": "3.11.7", "packages": {"torch": "2.13.0"}, "device": "cpu"}, NO_QUESTION)
        if self.exit is Exit.FINISHED:
            digests = [digest for digest, count in self.tensors.items() for _ in range(count)]
            yield frame(Kind.RECORD, record_model(digests))
            if task == "standin":
                for number, start in enumerate(range(0, len(self.file), self.piece_bytes)):
                    array = np.frombuffer(self.file[start : start + self.piece_bytes], dtype=np.uint8)
                    name = f"file.{number}" if number else "file"
                    yield frame(Kind.RECORD, {"name": name, "kind": "array"})
                    yield Frame(Kind.ARRAYS, save({name: array}), 0)
        yield frame(Kind.ENDED, describe_end(self.exit))
        yield Frame(Kind.DONE, b"", NO_QUESTION)


def frame(kind: Kind, content: Mapping[str, Any], question: int = 0) -> Frame:
    """A frame of JSON."""
    return Frame(kind, json.dumps(content).encode(), question)


def record_model(digests: list[str]) -> dict[str, Any]:
    """The record of a checkpoint with these tensors."""
    tensors = [
        {"name": f"t{i}", "shape": [2], "dtype": "F32", "trainable": None, "digest": digest, "same_as": None}
        for i, digest in enumerate(digests)
    ]
    return {"name": "checkpoint", "kind": "model", "tensors": tensors, "modules": []}


def describe_end(exit: Exit) -> dict[str, Any]:
    """What init says of the question's end."""
    return {
        "exit": exit.value,
        "code": 0,
        "signal": None,
        "load_seconds": 0.0,
        "seconds": 0.1,
        "peak_bytes": 0,
        "output_bytes": 0,
        "definitions_only": False,
    }
