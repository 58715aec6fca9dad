"""A recorder whose frames stay here, read as strictly as the host reads them."""

import json
from typing import Any

from safetensors.numpy import load

from grader.guest.arrays import Array
from grader.guest.protocol import NAME, Kind
from grader.guest.record import Recorder, make_recorder

__all__ = ["Recording"]


class Recording:
    """`record`, and what left through it."""

    def __init__(self, framework: str = "torch", *, evidence_bytes: int = 64 << 20) -> None:
        self.frames: list[tuple[Kind, bytes]] = []
        limits = {"evidence_bytes": evidence_bytes, "json_bytes": 256 << 10}
        self.record: Recorder = make_recorder(framework, self.take, limits)

    def take(self, kind: Kind, payload: bytes) -> None:
        """Keep a frame."""
        self.frames.append((kind, payload))

    @property
    def records(self) -> list[dict[str, Any]]:
        """The records, in the order in which they left."""
        payloads = [payload for kind, payload in self.frames if kind is Kind.RECORD]
        assert all(len(payload) <= 256 << 10 for payload in payloads)
        return [json.loads(payload) for payload in payloads]

    @property
    def only(self) -> dict[str, Any]:
        """The one record there is."""
        (record,) = self.records
        return record

    @property
    def arrays(self) -> dict[str, Array]:
        """All arrays, whose names fit and differ."""
        found: dict[str, Array] = {}
        for kind, payload in self.frames:
            if kind is Kind.ARRAYS:
                arrays = load(payload)
                assert not found.keys() & arrays.keys()
                assert all(NAME.fullmatch(name) for name in arrays)
                found.update(arrays)
        return found
