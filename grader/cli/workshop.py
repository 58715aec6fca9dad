"""Puts together what grading needs of the world, from the settings: the sandbox, the environments, the vault."""

from functools import partial

from grader.cli.settings import Settings, read_secret
from grader.collect import Workshop
from grader.errors import SandboxError
from grader.sandbox.choice import choose_sandbox, find_bubblewrap_trouble
from grader.sandbox.interpreters import find_interpreter
from grader.sandbox.request import Sandbox
from grader.weights.vault import Vault

__all__ = ["open_vault", "open_workshop", "take_sandbox"]


def open_workshop(settings: Settings, *, sandbox: Sandbox) -> Workshop:
    """A workshop around a sandbox.

    Raises:
        ProvisionError: the grader's home can't be used.
    """
    return Workshop(
        sandbox=sandbox,
        find_interpreter=partial(find_interpreter, overrides=settings.interpreters),
        vault=open_vault(settings),
        home=settings.home,
        secret=read_secret(settings.home),
    )


def open_vault(settings: Settings) -> Vault:
    """The vault in the grader's home."""
    return Vault(settings.home)


def take_sandbox(name: str, *, allow_process: bool) -> Sandbox:
    """The sandbox of that name. `allow_process`: "auto" may end without a sandbox, for a student's own code only.

    Raises:
        SandboxError: it doesn't work here; how to mend it, and what else there is.
    """
    try:
        return choose_sandbox(name, allow_process=allow_process)
    except SandboxError as error:
        if name != "auto":
            raise
        raise no_sandbox() from error


def no_sandbox() -> SandboxError:
    """What to say where no sandbox works."""
    trouble = find_bubblewrap_trouble()
    mend = f":  {trouble.command}" if trouble is not None and trouble.command else ""
    return SandboxError(
        "no sandbox works on this machine, and code that isn't yours must not run without",
        details=(
            f"bubblewrap  {trouble.text if trouble is not None else 'works'}{mend}",
            "See `grade doctor`. For code that you trust:  --sandbox process",
        ),
    )
