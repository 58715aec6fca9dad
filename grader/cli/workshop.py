"""Puts together what grading needs of the world, from the settings: the sandbox, the environments, the vault."""

from functools import partial

from grader.cli.settings import Settings, read_secret
from grader.collect import Workshop
from grader.errors import SandboxError
from grader.sandbox.choice import choose_sandbox
from grader.sandbox.gpu.leased import LeasedSandbox
from grader.sandbox.interpreters import find_interpreter
from grader.sandbox.request import Sandbox
from grader.weights.vault import Vault

__all__ = ["open_vault", "open_workshop", "take_sandbox"]


def open_workshop(settings: Settings, *, sandbox: Sandbox) -> Workshop:
    """A workshop around a sandbox, with this machine's graphics processors for the runs that need some.

    Raises:
        ProvisionError: the grader's home can't be used.
    """
    return Workshop(
        sandbox=LeasedSandbox(sandbox),
        find_interpreter=partial(find_interpreter, overrides=settings.interpreters),
        vault=open_vault(settings),
        home=settings.home,
        secret=read_secret(settings.home),
    )


def open_vault(settings: Settings) -> Vault:
    """The vault in the grader's home."""
    return Vault(settings.home)


def take_sandbox(
    name: str,
    *,
    allow_process: bool,
    settings: Settings | None = None,
    allow_unproved: bool = False,
    warm: bool,
) -> Sandbox:
    """The sandbox of that name.

    Args:
        name: as it was typed.
        allow_process: whether "auto" may end without a sandbox, for a student's own code only.
        settings: where proofs are remembered, and which environments were named.
        allow_unproved: whether one that isn't what it claims to be is used all the same.
        warm: whether runs are forked from guests that have their framework already.

    Raises:
        SandboxError: it doesn't work here; how to mend it, and what else there is.
    """
    try:
        return choose_sandbox(
            name,
            allow_process=allow_process,
            allow_unproved=allow_unproved,
            warm=warm,
            home=settings.home if settings is not None else None,
            interpreters=settings.interpreters if settings is not None else None,
        )
    except SandboxError as error:
        if name == "auto":
            error.details = (*error.details, "For code that you trust:  --sandbox process")
        raise
