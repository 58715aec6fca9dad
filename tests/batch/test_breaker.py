"""Faults of ours in a batch: tried again, said, never a zero; and after several in a row it stops."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from grader.batch import grade_plan
from grader.batch.collecting import OpenHere
from grader.batch.draw_book import DrawBook
from grader.batch.engines import LocalEngine
from grader.batch.grade_class import grade_class
from grader.batch.grade_plan import MOST_FAULTS, Outcome
from grader.batch.ledger import open_ledger
from grader.batch.model import HandedIn, Intake, Member, Roster, RowState, Student
from grader.batch.plan import make_plan
from grader.batch.rules import ClassRules
from grader.collect import Workshop
from grader.errors import SandboxError
from grader.guest.protocol import Frame
from grader.sandbox import ProcessSandbox, RunRequest, RunResult
from grader.sandbox.fake import FakeSandbox
from grader.sandbox.interpreters import find_interpreter
from grader.spec import load_assignment
from grader.weights import Vault
from tests.batch.classroom import COURSE, RIGHT


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here comes back by itself."""
    monkeypatch.setattr(grade_plan, "PAUSE_SECONDS", 0.0)


class Silent:
    """Nobody watches."""

    def start(self, name: str) -> None: ...

    def end(self, name: str, state: RowState, note: str) -> None: ...

    def skip(self, count: int, state: RowState) -> None: ...

    def pause(self, seconds: float, reason: str) -> None: ...


class Unreliable(FakeSandbox):
    """A process sandbox that fails where a submission's text says so, for as long as `broken` says."""

    name = "process"

    def __init__(self, broken: Callable[[str], bool]) -> None:
        self._real = ProcessSandbox()
        self._broken = broken
        super().__init__(self._answer)

    def _answer(self, request: RunRequest) -> RunResult | Sequence[Frame] | bytes:
        program = request.job.header["program"]
        if program is not None and self._broken(program["source"]):
            raise SandboxError("the sandbox fell over")
        return self._real.run(request)


def grade(tmp_path: Path, count: int, broken: Callable[[str], bool], *, secret: bytes = b"x" * 32) -> Outcome:
    """Grade a class of so many, each with a program of its own that names its student."""
    assignment = load_assignment(COURSE / "assignments/mini", reference=COURSE / "reference/mini")
    students = [f"s{number}" for number in range(count)]
    for student in students:
        (tmp_path / student).mkdir(exist_ok=True)
        (tmp_path / student / "mini.py").write_text(f"{RIGHT}\n# of {student};\n")
    workshop = Workshop(
        sandbox=Unreliable(broken),
        find_interpreter=find_interpreter,
        vault=Vault(tmp_path / "home"),
        home=tmp_path / "home",
        secret=secret,
    )
    book = DrawBook(assignment, secret=workshop.secret)
    place = tmp_path / "out" / "ledger"
    place.mkdir(parents=True, exist_ok=True)
    with open_ledger(place) as ledger:
        plan = make_plan(
            Roster(students=tuple(Student(id=one) for one in students), path=Path("roster.csv"), format="plain"),
            Intake(
                layout="folders",
                handed_in=tuple(
                    HandedIn(student_id=one, members=(Member(path=tmp_path / one, name=one),)) for one in students
                ),
            ),
            assignment=assignment,
            ledger=ledger,
            teams={},
        )
        return grade_class(
            plan,
            assignment,
            rules=ClassRules(),
            workshop=workshop,
            engine=LocalEngine(1),
            opening=OpenHere(assignment=assignment, workshop=workshop, book=book),
            book=book,
            ledger=ledger,
            out=tmp_path / "out",
            watch=Silent(),
        )


def test_one_that_fails_leaves_the_others_graded(tmp_path: Path) -> None:
    """It has no points, and its row says that it was us; every other row has what it earned."""
    outcome = grade(tmp_path, 4, lambda source: "# of s1;" in source)

    assert [grade.state for grade in outcome.grades.values()].count(RowState.GRADED) == 3
    assert outcome.grades["s1"].state is RowState.NOT_GRADED
    assert outcome.grades["s1"].final_points is None
    assert "our fault" in outcome.grades["s1"].note
    assert "the sandbox fell over" in outcome.faults["s1"]
    assert outcome.stopped is None


def test_what_failed_is_tried_again_at_the_end(tmp_path: Path) -> None:
    """A machine that was busy for a moment costs nobody anything."""
    tries: list[str] = []

    def broken(source: str) -> bool:
        tries.append(source)
        return "# of s0;" in source and sum("# of s0;" in one for one in tries) <= 2

    outcome = grade(tmp_path, 2, broken)

    assert {grade.state for grade in outcome.grades.values()} == {RowState.GRADED}
    assert outcome.faults == {}


def test_it_stops_where_everything_fails(tmp_path: Path) -> None:
    """After several faults in a row nothing more is given out; no row has a zero, each says why."""
    outcome = grade(tmp_path, MOST_FAULTS + 5, lambda source: "# of" in source)

    assert outcome.stopped is not None
    assert "the sandbox fell over" in outcome.stopped
    assert {grade.state for grade in outcome.grades.values()} == {RowState.NOT_GRADED}
    assert {grade.final_points for grade in outcome.grades.values()} == {None}
    assert sum("not tried" in fault for fault in outcome.faults.values()) == 4  # one was on its way already


def test_a_sandbox_that_comes_back_grades_the_rest(tmp_path: Path) -> None:
    """A daemon that is being restarted stops nothing: after a pause, what failed and what wasn't tried is."""
    tries: list[str] = []

    def broken(source: str) -> bool:
        tries.append(source)
        return len(tries) <= 2 * (MOST_FAULTS + 1)  # a run that fails is made twice at once

    outcome = grade(tmp_path, MOST_FAULTS + 5, broken)

    assert outcome.stopped is None
    assert outcome.faults == {}
    assert {grade.state for grade in outcome.grades.values()} == {RowState.GRADED}


def test_a_fault_of_ours_takes_no_earlier_points(tmp_path: Path) -> None:
    """A row that had points for the same submission keeps them where a later regrade fails."""
    before = grade(tmp_path, 2, lambda source: False)
    after = grade(tmp_path, 2, lambda source: "# of" in source, secret=b"y" * 32)  # other hidden inputs: all runs anew

    assert after.faults.keys() == {"s0", "s1"}
    assert {one: grade.final_points for one, grade in after.grades.items()} == {
        one: grade.final_points for one, grade in before.grades.items()
    }
