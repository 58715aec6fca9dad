"""The attach stream is taken apart as it comes, whatever the pieces in which it comes."""

import os
import socket
import struct
from types import SimpleNamespace
from typing import Any

import pytest

from grader.sandbox.docker.daemon import Daemon
from grader.sandbox.docker.stream import ERRORS, OUTPUT, AttachStream, open_pipe


class Fake:
    """A daemon's side of an attach stream."""

    def __init__(self) -> None:
        self.near, self.far = socket.socketpair()
        self.base_url = "unix:///nowhere"

    def attach_socket(self, container: str, params: dict[str, int]) -> Any:
        """As the SDK: something that has the socket."""
        return SimpleNamespace(_sock=self.near, close=self.near.close)

    def say(self, kind: int, content: bytes, *, length: int | None = None) -> bytes:
        """One chunk with its header."""
        return struct.pack(">BxxxI", kind, len(content) if length is None else length) + content


@pytest.fixture
def fake() -> Fake:
    """A daemon's side."""
    return Fake()


def attach(fake: Fake) -> tuple[AttachStream, int, int]:
    """A stream, and where its output and its errors can be read."""
    output, output_sink = open_pipe()
    errors, errors_sink = open_pipe()
    sinks = {OUTPUT: output_sink, ERRORS: errors_sink}
    return AttachStream(Daemon(fake), "id", sinks=sinks, with_input=True), output, errors


def read_all(fd: int) -> bytes:
    """To the end."""
    with os.fdopen(fd, "rb") as stream:
        return stream.read()


@pytest.mark.parametrize("step", [1, 3, 8, 1000])
def test_streams_are_told_apart(fake: Fake, step: int) -> None:
    """Headers and contents in any pieces; a kind of stream that nobody knows is dropped."""
    stream, output, errors = attach(fake)
    said = b"".join(
        [fake.say(1, b"one"), fake.say(2, b"wrong"), fake.say(0, b"echo"), fake.say(1, b""), fake.say(1, b"two")]
    )
    for start in range(0, len(said), step):
        fake.far.sendall(said[start : start + step])
    fake.far.close()

    assert read_all(output) == b"onetwo"
    assert read_all(errors) == b"wrong"
    stream.cut()


def test_an_end_within_a_chunk_ends_both(fake: Fake) -> None:
    """What came before a broken-off chunk's end is there, and the readers are told that nothing follows."""
    stream, output, errors = attach(fake)
    fake.far.sendall(fake.say(1, b"begun", length=100))
    fake.far.close()

    assert read_all(output) == b"begun"
    assert read_all(errors) == b""
    stream.cut()


def test_a_stream_that_nobody_reads_holds_up_no_other(fake: Fake) -> None:
    """Evidence that is no longer collected is dropped; standard error still comes."""
    stream, output, errors = attach(fake)
    os.close(output)
    fake.far.sendall(fake.say(1, b"x" * 3_000_000) + fake.say(2, b"still here"))
    fake.far.close()

    assert read_all(errors) == b"still here"
    stream.cut()


def test_input_stays_open_when_its_writer_closes_it(fake: Fake) -> None:
    """The connection is the guest's lifeline: only `cut` ends it, and cutting twice harms nothing."""
    stream, output, errors = attach(fake)
    stream.input.write(b"job")
    stream.input.close()
    fake.far.settimeout(0.2)

    assert fake.far.recv(10) == b"job"
    with pytest.raises(TimeoutError):
        fake.far.recv(10)
    stream.cut()
    stream.cut()
    assert fake.far.recv(10) == b""
    fake.far.close()
    os.close(output)
    os.close(errors)
