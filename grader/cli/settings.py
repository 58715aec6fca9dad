"""What the environment says. Read here and nowhere else; everything below gets values.

GRADER_HOME                where weights, runs, caches and the secret are kept (default: the platform's data folder)
GRADER_PYTHON_TORCH, …     the Python of a framework's environment
GRADER_STUDENT             whom to hand in for, where --student isn't given
"""

import getpass
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.errors import ProvisionError

__all__ = ["Settings", "name_student", "name_user", "read_secret", "read_settings"]

FRAMEWORKS = ("none", "torch", "tensorflow")
SECRET_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the environment says. `interpreters` maps a framework to the Python that has it."""

    home: Path
    interpreters: Mapping[str, Path]
    student: str | None = None


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process's environment, or of another."""
    import platformdirs  # takes its time to ask the platform

    said = os.environ if environment is None else environment
    home = said.get("GRADER_HOME") or platformdirs.user_data_dir("grader", appauthor=False)
    named = {framework: said.get(f"GRADER_PYTHON_{framework.upper()}") for framework in FRAMEWORKS}
    return Settings(
        home=Path(home).expanduser().absolute(),
        interpreters={framework: Path(path).expanduser() for framework, path in named.items() if path},
        student=said.get("GRADER_STUDENT") or None,
    )


def name_student(given: str | None, settings: Settings) -> str | None:
    """Whose submission it is: --student, GRADER_STUDENT, else the name by which the machine knows the person."""
    return given or settings.student or name_user()


def name_user() -> str | None:
    """The name by which this machine knows the person, if it knows one."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return None


def read_secret(home: Path) -> bytes:
    """The secret that names draws: made once, readable by its owner alone.

    Raises:
        ProvisionError: it can't be read or made, or is damaged.
    """
    path = home / "secret"
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            make_secret(path)
        secret = path.read_bytes()
    except OSError as error:
        raise ProvisionError(f"the grader's secret {str(path)!r} can't be used: {error.strerror or error}") from error
    if len(secret) < SECRET_BYTES:
        raise ProvisionError(
            f"the grader's secret {str(path)!r} is damaged: {len(secret)} bytes; {SECRET_BYTES} expected",
            details=("Delete it, and a new one is made. Hidden inputs then differ from those of earlier runs.",),
        )
    return secret


def make_secret(path: Path) -> None:
    """Write a new secret, whole or not at all; of two that make one at once, the first one's stays."""
    beside = path.with_name(f".secret-{secrets.token_hex(8)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        put_first(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def put_first(beside: Path, path: Path) -> None:
    """Give a file its name, unless there is one of that name already: a rename would put ours in its place."""
    try:
        os.link(beside, path)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        if not path.exists():
            beside.replace(path)
