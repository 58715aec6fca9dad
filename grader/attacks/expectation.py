"""`expect.toml`: what must come of one attack. Read strictly, every fault told; its page is tests/attacks/README.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from grader.errors import SpecError
from grader.spec.faults import Faults, read_fields
from grader.spec.toml import read_toml
from grader.spec.values import REQUIRED, Choice, Complain, Field, Text, Texts, describe_value

__all__ = ["NEEDS", "Expectation", "Outcome", "read_expectation"]


class Outcome(Enum):
    """What must come of an attack, beside what holds for every one."""

    BLOCKED = "blocked"  # the code ran and tried, and nothing that it tried worked
    HARMLESS = "harmless"  # graded as an honest submission: the attack changes nothing
    FAIL = "fail"  # the question finished, and its checks failed
    STUDENT_ERROR = "student_error"  # the question didn't finish, for a reason that is the student's
    REJECT = "reject"  # refused at the door, or what came out can't be read
    FLAG = "flag"  # a note or a state that a person looks at
    INFRA = "infra"  # our fault: no score, never a zero


NEEDS: Mapping[str, str] = {
    "control_groups": "control groups, which count a run's memory and processes",
    "host_kernel": "this machine's own kernel: gVisor's is another, and answers calls as it likes",
    "warm": "a sandbox that keeps guests warm between runs",
    "gpu": "an NVIDIA graphics processor",
}
"""What an attack may need of the machine or the sandbox, in words."""

WITH_KINDS = (Outcome.STUDENT_ERROR, Outcome.REJECT, Outcome.FLAG)
"""Outcomes that say more by `kind`."""


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """What `expect.toml` says. `question` is None where it is the course's first; `points_at_most` None by outcome."""

    title: str
    course: str
    outcome: Outcome
    kinds: tuple[str, ...] = ()
    question: str | None = None
    points_at_most: Decimal | None = None
    spared: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    never_shown: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    path: str | None = None


@dataclass(frozen=True)
class OneOrMore:
    """A text, or a list of texts of which any will do."""

    words: str = "a text or a list of texts"

    def read(self, value: Any, complain: Complain) -> tuple[str, ...]:
        """The texts."""
        return Texts(least=1).read([value] if isinstance(value, str) else value, complain)

    def schema(self) -> dict[str, Any]:
        """A string or an array of strings."""
        return {"anyOf": [Text().schema(), Texts(least=1).schema()]}


@dataclass(frozen=True)
class MostPoints:
    """A number of points, zero among them."""

    words: str = "a number of points, 0 or more"

    def read(self, value: Any, complain: Complain) -> Decimal:
        """The number, exactly."""
        right = isinstance(value, int | Decimal) and not isinstance(value, bool)
        number = Decimal(value) if right else Decimal("NaN")
        if number.is_finite() and number >= 0:
            return number
        complain(f"{describe_value(value)} where {self.words} belongs", None)
        return Decimal(0)

    def schema(self) -> dict[str, Any]:
        """A number."""
        return {"type": "number", "minimum": 0}


IDENTIFIER = Text(pattern=r"[a-z][a-z0-9_]*", form="small letters, digits, _")
FIELDS = (
    Field("title", Text(longest=100), REQUIRED, "what is tried, in a line for people"),
    Field("course", IDENTIFIER, "plain", "which course it is handed in for"),
    Field("outcome", Choice(tuple(outcome.value for outcome in Outcome)), REQUIRED, "what must come of it"),
    Field("kind", OneOrMore(), (), "which error, refusal or note; of several, any will do"),
    Field("question", IDENTIFIER, None, "the question that is attacked"),
    Field("points_at_most", MostPoints(), None, "of the whole submission"),
    Field("spared", Texts(item=IDENTIFIER), (), "questions that keep all their points"),
    Field("shown", Texts(item=Text(lines=True)), (), "texts that the student's screen shows"),
    Field("never_shown", Texts(item=Text(lines=True)), (), "texts that it doesn't"),
    Field("needs", Texts(item=IDENTIFIER), (), "without which the attack is skipped"),
    Field("path", Text(), None, "what in the folder is handed in"),
)


def read_expectation(path: Path, faults: Faults) -> Expectation | None:
    """One attack's expectation; None, and faults added, where it is wrong."""
    before = len(faults.found)
    try:
        document = read_toml(path)
    except SpecError as error:
        faults.add(str(path), error.message)
        return None
    own = Faults()
    values = read_fields(document, FIELDS, "", own)
    if not own.found:
        check_together(values, own)
    for fault in own.found:
        faults.add(f"{path}: {fault.path}", fault.message, fault.suggestion)
    return None if len(faults.found) > before else make_expectation(values)


def check_together(values: Mapping[str, Any], faults: Faults) -> None:
    """What one key says must fit the others."""
    outcome = Outcome(values["outcome"])
    if outcome in WITH_KINDS and not values["kind"]:
        faults.add("kind", "it is missing", f'outcome = "{outcome.value}" says which')
    if values["kind"] and outcome not in WITH_KINDS:
        faults.add("kind", f'outcome = "{outcome.value}" has none')
    for name in values["needs"]:
        if name not in NEEDS:
            faults.add("needs", f"{name!r} isn't known here", f"known: {', '.join(NEEDS)}")
    path = values["path"]
    if path is not None and (path.startswith("/") or ".." in Path(path).parts):
        faults.add("path", f"{path!r} leads out of the submission")


def make_expectation(values: Mapping[str, Any]) -> Expectation:
    """The expectation that these values make."""
    given = {name: value for name, value in values.items() if name not in ("outcome", "kind")}
    return Expectation(outcome=Outcome(values["outcome"]), kinds=values["kind"], **given)
