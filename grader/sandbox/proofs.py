"""Remembers which proofs held, so that a sandbox is proved once and not at every command.

A proof rests on the machine (its kernel since it was started), on the sandbox's programs, on the interpreter and on
every line of ours that has a part in it. All of that is written down and digested: what has changed since makes another
digest, and the proof is made again. Only a proof that held is remembered; what fails is tried at every command.
"""

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from grader import __version__
from grader.durable import write_whole
from grader.sandbox.interpreters import read_layout
from grader.sandbox.request import Interpreter
from grader.sandbox.running import GUEST_FOLDER

__all__ = ["ProofBook", "describe_basis"]

_FOLDER = "proofs"
_MOST_KEPT = 64
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class ProofBook:
    """The proofs that held on this machine. `home` is the grader's folder; None remembers until the program ends."""

    def __init__(self, home: Path | None) -> None:
        self._folder = home / _FOLDER if home is not None else None

    def has(self, basis: Mapping[str, Any]) -> bool:
        """Whether a proof on this very basis held."""
        name = _name_basis(basis)
        return name in _held or (self._folder is not None and (self._folder / f"{name}.json").is_file())

    def add(self, basis: Mapping[str, Any]) -> None:
        """Remember that it held. A home that can't be written only means that it is proved again."""
        name = _name_basis(basis)
        _held.add(name)
        if self._folder is None:
            return
        said = {"proved_at": datetime.now(UTC).isoformat(timespec="seconds"), "basis": basis}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._folder / f"{name}.json", json.dumps(said, indent=1, default=str).encode())
            _forget_oldest(self._folder)
        except OSError:
            return


_held: set[str] = set()


def describe_basis(interpreter: Interpreter) -> dict[str, Any]:
    """What a proof of any sandbox rests on."""
    layout = read_layout(interpreter.executable)
    return {
        "grader": __version__,
        "code": _digest_code(),
        "interpreter": [str(interpreter.executable), layout.version, str(layout.base_prefix)],
        "kernel": [platform.release(), platform.version(), platform.machine()],
        "started": _BOOT.read_text().strip() if _BOOT.exists() else None,
        "user": [os.geteuid(), sorted(os.getgroups())] if hasattr(os, "geteuid") else None,
    }


@lru_cache(maxsize=1)
def _digest_code() -> str:
    """Every file of ours that has a part in a run: sandboxes, policy, filters, probe, guest."""
    digest = hashlib.sha256()
    for path in _list_code((Path(__file__).parent, GUEST_FOLDER)):
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _list_code(folders: Iterable[Path]) -> list[Path]:
    return [path for folder in folders for path in sorted(folder.rglob("*.py"))]


def _name_basis(basis: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(basis, sort_keys=True, default=str).encode()).hexdigest()


def _forget_oldest(folder: Path) -> None:
    files = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    for path in files[:-_MOST_KEPT]:
        path.unlink(missing_ok=True)
