"""Options that several commands have."""

from enum import StrEnum
from typing import Annotated

import typer

__all__ = [
    "AssignmentOption",
    "ColdOption",
    "JsonOption",
    "PlainOption",
    "SandboxName",
    "SandboxOption",
    "UnprovedOption",
]


class SandboxName(StrEnum):
    """Which sandbox to use."""

    AUTO = "auto"
    BUBBLEWRAP = "bubblewrap"
    DOCKER = "docker"
    GVISOR = "docker:runsc"
    PROCESS = "process"


AssignmentOption = Annotated[
    str | None, typer.Option("--assignment", "-a", metavar="NAME|PATH", help="Which assignment, if not by the name.")
]
SandboxOption = Annotated[SandboxName, typer.Option("--sandbox", help="Where code runs; process is no sandbox.")]
ColdOption = Annotated[bool, typer.Option("--cold", help="Start a guest for each run, instead of forking one.")]
UnprovedOption = Annotated[
    bool,
    typer.Option("--allow-unproved", help="Use a sandbox that isn't what it claims to be here; the report says so."),
]
PlainOption = Annotated[bool, typer.Option("--plain", help="No colour, no signs beyond ASCII.")]
JsonOption = Annotated[
    str | None, typer.Option("--json", metavar="PATH|-", help="Where the report goes; -: standard output.")
]
