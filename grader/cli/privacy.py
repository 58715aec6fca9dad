"""`grade purge` and `grade export`: forget a student or what is old; hand a student everything that is kept of them."""

import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from grader.cli.class_run import OutOption, open_class_ledger
from grader.cli.guard import tell
from grader.cli.status import ExitStatus
from grader.errors import ProvisionError, UsageError

__all__ = ["export", "purge"]


def purge(
    before: Annotated[
        str | None, typer.Option(metavar="DATE", help="What is older than this: 2027-03-31, or a time with its zone.")
    ] = None,
    student: Annotated[str | None, typer.Option(metavar="ID", help="Only this student's.")] = None,
    out: OutOption = Path("results"),
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> ExitStatus:
    """Remove what is kept: of one student, or older than a date. In the ledger, its evidence, reports and caches."""
    from grader.batch.purging import forget
    from grader.cli.settings import read_settings

    moment = None if before is None else read_moment(before)
    if moment is None and student is None:
        raise UsageError("say what to remove: --before DATE, --student ID, or both")
    what = f"of {student}" if student is not None else "of everybody"
    older = "" if moment is None else f" before {moment.isoformat()}"
    if not yes and not typer.confirm(f"Remove what is kept {what}{older} in {out}? It can't be brought back"):
        tell("nothing was removed")
        return ExitStatus.DONE
    with open_class_ledger(out) as ledger:
        gone = forget(out, ledger=ledger, home=read_settings().home, before=moment, student_id=student)
    tell(
        f"removed: {gone.ledger.entries} entries of the history, {gone.ledger.runs} runs, {gone.ledger.marks} marks, "
        f"{gone.ledger.submissions} submissions, {gone.ledger.artefacts} files of evidence,\n"
        f"  {gone.reports} reports, {gone.rows} rows of plans, {gone.runs} runs of grade submit"
    )
    tell("  Copies elsewhere are yours to remove: backups, the folder of submissions, what was sent to an LMS.")
    return ExitStatus.DONE


def read_moment(text: str) -> datetime:
    """A date as the beginning of that day here, or a time with its zone.

    Raises:
        UsageError: it is neither.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--before {text!r} is no date; 2027-03-31 or 2027-03-31T12:00:00+02:00 are right") from None
    if moment.tzinfo is None and len(text) > len("2027-03-31"):
        raise UsageError(f"--before {text!r} has no zone; {text}+01:00, for instance, is right")
    return moment if moment.tzinfo is not None else moment.astimezone()


def export(
    student: Annotated[str, typer.Argument(metavar="STUDENT", help="An id of the roster.", show_default=False)],
    to: Annotated[Path, typer.Option(metavar="FILE.zip", help="Where it goes.", show_default=False)],
    out: OutOption = Path("results"),
) -> ExitStatus:
    """Everything that is kept of one student, as a zip: for the student who asks what is kept."""
    with open_class_ledger(out, write=False) as ledger:
        exported = ledger.export_student(student)
        if not exported.files and not any(exported.record.values()):
            raise UsageError(
                f"nothing is kept of {student!r}", details=("`grade results` shows the ids that there are.",)
            )
        try:
            with zipfile.ZipFile(to, "x", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("record.json", json.dumps(exported.record, indent=1, ensure_ascii=False, default=str))
                for name in exported.files:
                    archive.writestr(name, ledger.read_exported(student, name))
        except FileExistsError:
            raise UsageError(f"{str(to)!r} is there already; nothing is written over") from None
        except OSError as error:
            to.unlink(missing_ok=True)
            raise ProvisionError(f"{str(to)!r} can't be written: {error.strerror or error}") from error
        except BaseException:  # damaged evidence, an interrupt: half of an export isn't left lying about
            to.unlink(missing_ok=True)
            raise
    tell(f"{to}: record.json and {len(exported.files)} files of {student}")
    return ExitStatus.DONE
