"""`grade receipt`: whether a receipt is what was written, and whether the inbox still has what it names."""

from pathlib import Path
from typing import Annotated

import typer

from grader.cli.status import ExitStatus

__all__ = ["receipt"]


def receipt(
    file: Annotated[Path, typer.Argument(help="The receipt that grade submit wrote.", show_default=False)],
    inbox: Annotated[Path | None, typer.Option(help="The inbox, where it isn't the one that it names.")] = None,
) -> ExitStatus:
    """Verify a receipt against the course's inbox."""
    from grader.cli.screens import print_lines
    from grader.hand_in import Confirmation, confirm_receipt, read_receipt, word_receipt

    held = read_receipt(file)
    said = confirm_receipt(held, inbox=inbox)
    words = {
        Confirmation.CONFIRMED: "Confirmed: the inbox has this very archive.",
        Confirmation.UNREACHABLE: f"The receipt is intact. Its inbox can't be looked into from here: {held.inbox}",
        Confirmation.MISSING: f"NOT CONFIRMED: the inbox has no such archive: {held.inbox}",
        Confirmation.CHANGED: "NOT CONFIRMED: the archive in the inbox was changed after it was handed in.",
    }
    print_lines((*word_receipt(held), words[said]))
    if said is Confirmation.UNREACHABLE:
        return ExitStatus.OURS
    return ExitStatus.DONE if said is Confirmation.CONFIRMED else ExitStatus.BELOW
