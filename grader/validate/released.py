"""Would a release hold anything hidden? It is put together as `grade release` would, for the first combination of what
varies, and searched as a release is; nothing is written.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from grader.release import Leak, Recipient, search_release
from grader.spec.fields import find_combination
from grader.validate.bench import Bench
from grader.validate.finding import Finding, Severity

__all__ = ["find_released"]

REMEDY = "take it out of the public folder, or put solution parts between the markers: `grade release` refuses it"
MOST_PLACES = 3
MADE = ("README.md", "requirements.txt")
"""What a release adds to a handout."""


def find_released(bench: Bench, *, draws: int, known: Iterable[str] = ()) -> list[Finding]:
    """What a release holds that it must not, searched with this many draws; a finding for each hidden thing. `known`
    are the public files of which something is told already.

    Raises:
        SpecError: it can't be made: there is no handout, or it isn't what the solution gives.
        SandboxError: the sandbox failed.
    """
    assignment = replace(bench.assignment, draws=draws)
    recipient = Recipient(variant=find_combination(assignment.variants, 0))
    leaks = search_release(assignment, recipient, workshop=bench.workshop).leaks
    told = set(known)
    places: dict[str, dict[str, Leak]] = {}
    for leak in leaks:
        name = name_public(leak.path, assignment.slug)
        if not any(other == name or other.startswith(f"{name}/") for other in told):
            places.setdefault(leak.what, {}).setdefault(name, leak)
    return list(tell_leaks(places))


def name_public(path: str, slug: str) -> str:
    """A member of a release, or a part of one, by the file of the public folder that it is, where it is one."""
    path = path.partition(" > ")[0]
    if path.startswith(f"{slug}/.grade/{slug}/"):
        return path.removeprefix(f"{slug}/.grade/{slug}/")
    own = path.removeprefix(f"{slug}/")
    return path if own == path or own in MADE or own.startswith(".grade/") else f"handout/{own}"


def tell_leaks(places: dict[str, dict[str, Leak]]) -> Iterator[Finding]:
    """A finding for each hidden thing, with the files that hold it."""
    for what, files in places.items():
        first, leak = next(iter(files.items()))
        more = f" and {len(files) - MOST_PLACES} more" if len(files) > MOST_PLACES else ""
        others = (f"in {', '.join(list(files)[:MOST_PLACES])}{more}",) if len(files) > 1 else ()
        yield Finding(
            severity=Severity.ERROR,
            code="release",
            where=first,
            what=f"a release would hold {what}",
            remedy=REMEDY,
            details=(*((f"it begins: {leak.begins}",) if leak.begins else ()), *others),
        )
