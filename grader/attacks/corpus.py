"""The corpus: attacks by class, each a folder, and the courses that they are handed in for. Nothing of it runs here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.attacks.expectation import Expectation, read_expectation
from grader.errors import SpecError, UsageError
from grader.spec.faults import Faults, suggest_name

__all__ = ["CLASSES", "Attack", "Corpus", "find_corpus", "pick_attacks", "read_corpus"]

CLASSES: Mapping[str, str] = {
    "A": "escape and leak",
    "B": "forging",
    "C": "exhaustion",
    "D": "poisoning",
    "E": "malicious files",
    "F": "report injection",
}
"""Classes by letter; class folders are named "A-escape", "B-forging", …"""

COURSES = "courses"


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One attack. `id` is its folder's name, and no other attack has it."""

    id: str
    letter: str
    folder: Path
    expectation: Expectation

    @property
    def title(self) -> str:
        """What is tried."""
        return self.expectation.title

    @property
    def next_folder(self) -> Path | None:
        """A clean submission of its own that is graded right after it."""
        folder = self.folder / "next"
        return folder if folder.is_dir() else None


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Every attack, by class and id, and where the courses are."""

    attacks: tuple[Attack, ...]
    courses: Path


def find_corpus() -> Path:
    """Where the corpus is: beside this module in an installation, else in the checkout's tests.

    Raises:
        UsageError: it is in neither place.
    """
    places = (Path(__file__).parent / "corpus", Path(__file__).parents[2] / "tests" / "attacks")
    for place in places:
        if (place / COURSES).is_dir():
            return place
    raise UsageError(
        "the attack corpus isn't here", details=(f"Looked for {' and '.join(str(place) for place in places)}.",)
    )


def read_corpus(folder: Path) -> Corpus:
    """Read a corpus.

    Raises:
        SpecError: every fault of it.
    """
    faults = Faults()
    classes = [path for path in sorted(folder.glob("[A-Z]-*")) if path.is_dir()]
    attacks = []
    for path in classes:
        if path.name[0] not in CLASSES:
            faults.add(str(path), f"there is no class {path.name[0]!r}", f"{', '.join(CLASSES)} are right")
        attacks += [attack for child in list_folders(path) if (attack := read_attack(child, faults)) is not None]
    check_courses(attacks, folder / COURSES, faults)
    check_ids(attacks, faults)
    if faults.found:
        raise SpecError(f"the attack corpus {str(folder)!r} is unsound", faults=tuple(faults.found))
    return Corpus(attacks=tuple(attacks), courses=folder / COURSES)


def read_attack(folder: Path, faults: Faults) -> Attack | None:
    """One attack; None, and faults added, where something is wrong with it."""
    has = [name for name in ("submission", "generate.py") if (folder / name).exists()]
    if len(has) != 1:
        which = "both submission/ and generate.py" if has else "neither submission/ nor generate.py"
        faults.add(str(folder), f"it has {which}", "one of them says what is handed in")
    expectation = read_expectation(folder / "expect.toml", faults)
    if expectation is None or len(has) != 1:
        return None
    return Attack(id=folder.name, letter=folder.parent.name[0], folder=folder, expectation=expectation)


def check_courses(attacks: Iterable[Attack], courses: Path, faults: Faults) -> None:
    """Every attack's course is there."""
    known = [path.name for path in list_folders(courses)]
    for attack in attacks:
        if attack.expectation.course not in known:
            path = str(attack.folder / "expect.toml")
            faults.add(f"{path}: course", f"no course {attack.expectation.course!r}", f"there are {', '.join(known)}")


def check_ids(attacks: Sequence[Attack], faults: Faults) -> None:
    """Ids and titles are there once."""
    for what, values in (("id", [a.id for a in attacks]), ("title", [a.title for a in attacks])):
        for value in sorted({value for value in values if values.count(value) > 1}):
            faults.add(f"{what} {value!r}", "more than one attack has it")


def list_folders(parent: Path) -> list[Path]:
    """The folders in a folder, sorted."""
    if not parent.is_dir():
        return []
    return sorted(path for path in parent.iterdir() if path.is_dir() and not path.name.startswith(("_", ".")))


def pick_attacks(corpus: Corpus, *, letters: Sequence[str] = (), ids: Sequence[str] = ()) -> tuple[Attack, ...]:
    """Those of some classes and with some ids; all where neither is given.

    Raises:
        UsageError: there is no such class or attack.
    """
    known = {attack.id for attack in corpus.attacks}
    for letter in letters:
        if letter.upper() not in CLASSES:
            raise UsageError(f"no class {letter!r}", details=tuple(describe_classes()))
    for id in ids:
        if id not in known:
            near = suggest_name(id, known)
            raise UsageError(f"no attack {id!r}", details=(f"Did you mean {near!r}?",) if near else ())
    wanted = {letter.upper() for letter in letters}
    return tuple(
        attack for attack in corpus.attacks if (not wanted or attack.letter in wanted) and (not ids or attack.id in ids)
    )


def describe_classes() -> Iterable[str]:
    """A line for each class."""
    return (f"{letter}  {words}" for letter, words in CLASSES.items())
