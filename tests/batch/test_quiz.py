"""A quiz in a batch: marked without a run, kept by content, marked anew when answers or the key change."""

import csv
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from grader.batch.collecting import Order
from grader.batch.engines.wire import pack_value, unpack_value
from grader.draws import Draw, Pick
from grader.ingest import compose_submission
from tests.batch.classroom import Classroom
from tests.quiz.sitting import COURSE

WRITTEN = (COURSE / "reference/asks/variants/written/answers.toml").read_text("utf-8")
COMPUTED = (COURSE / "reference/asks/solution/answers.py").read_text("utf-8")
NO_DOCKER = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
DOUBLE = "def double(number):\n    return 2 * number\n"


class QuizRoom(Classroom):
    """A class that takes a quiz."""

    slug = "asks"

    @property
    def assignment(self) -> Path:
        return self.folder / "assignments" / self.slug

    def set_up_quiz(self, students: Mapping[str, Mapping[str, str]]) -> None:
        """The course, the roster, and everybody's files."""
        shutil.copytree(COURSE, self.folder, dirs_exist_ok=True)
        with (self.folder / "roster.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["student_id"], *([student] for student in students)])
        for student, files in students.items():
            self.give(student, **files)

    def give(self, student: str, **files: str) -> None:
        """Files of a student; `_` is the dot of a name."""
        folder = self.submissions / student
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name.replace("_", ".")).write_text(text, "utf-8")

    def points(self) -> dict[str, str]:
        """Everybody's points."""
        return {student: row["final_points"] for student, row in self.read_gradebook().items()}


class MixedRoom(QuizRoom):
    """A class whose assignment has both kinds of questions."""

    slug = "mixed"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grader's home that these tests share."""
    return tmp_path_factory.mktemp("home")


def test_answers_and_programs_of_answers(tmp_path: Path, home: Path) -> None:
    """Only a program runs; a file that can't be read is a zero with its reason, nothing handed in is missing."""
    room = QuizRoom(tmp_path, home)
    room.set_up_quiz(
        {
            "file": {"answers_toml": WRITTEN},
            "same": {"answers_toml": WRITTEN},
            "program": {"answers_py": COMPUTED},
            "wrong": {"answers_toml": WRITTEN.replace("5050", "5000")},
            "broken": {"answers_toml": "colour = blue\n"},
        }
    )
    (tmp_path / "submissions/nothing").mkdir()
    ran = room.batch()

    assert ran.status == 0, ran.out + ran.err
    assert room.points() == {"file": "6", "same": "6", "program": "6", "wrong": "5", "broken": "0"}
    assert room.count_runs() == 1
    assert room.read_report("broken")["questions"][0]["problem"]["code"] == "answers"


def test_changed_answers_are_marked_anew(tmp_path: Path, home: Path) -> None:
    """And unchanged ones aren't; nothing runs for either."""
    room = QuizRoom(tmp_path, home)
    room.set_up_quiz({"a": {"answers_toml": WRITTEN}, "b": {"answers_toml": WRITTEN}})
    assert room.batch().status == 0
    with room.open_ledger() as ledger:
        before = {student: grade.mark_id for student, grade in ledger.read_grades("asks").items()}
    room.give("a", answers_toml=WRITTEN.replace("5050", "1"))
    assert room.batch().status == 0
    with room.open_ledger() as ledger:
        after = {student: grade.mark_id for student, grade in ledger.read_grades("asks").items()}

    assert room.points() == {"a": "5", "b": "6"}
    assert after["a"] != before["a"]
    assert after["b"] == before["b"]
    assert room.count_runs() == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("solution/answers.py", COMPUTED.replace("range(101)", "range(11)")),
        ("solution/answers.toml", WRITTEN.replace("5050", "55")),
        ("explanations.toml", 'total = "Another way."\n'),
    ],
)
def test_a_changed_key_marks_anew(name: str, text: str, tmp_path: Path, home: Path) -> None:
    """Whichever form it has; so does a changed explanation, which stands in the report."""
    room = QuizRoom(tmp_path, home)
    room.set_up_quiz({"a": {"answers_toml": WRITTEN}})
    assert room.batch().status == 0
    with room.open_ledger() as ledger:
        before = ledger.read_grades("asks")["a"].mark_id
    (tmp_path / "reference/asks" / name).write_text(text, "utf-8")
    assert room.batch().status == 0
    with room.open_ledger() as ledger:
        after = ledger.read_grades("asks")["a"].mark_id

    assert after != before
    assert room.points() == {"a": "6" if "explanations" in name else "5"}


def test_both_kinds_of_questions(tmp_path: Path, home: Path) -> None:
    """Changed answers leave the program's run as it is: in a file they need none, in a program their own."""
    room = MixedRoom(tmp_path, home)
    room.set_up_quiz(
        {
            "file": {"mixed_py": DOUBLE, "answers_toml": "half = 4.5\n"},
            "program": {"mixed_py": DOUBLE, "answers_py": "half = 9 / 2\n"},
            "answers": {"answers_toml": "half = 4.5\n"},
            "neither": {"notes_md": "nothing\n"},
        }
    )
    ran = room.batch()

    assert ran.status == 0, ran.out + ran.err
    assert room.points() == {"file": "3", "program": "3", "answers": "1", "neither": "0"}
    assert room.count_runs() == 2


@pytest.mark.parametrize("files", [{"answers.toml": WRITTEN}, {"answers.py": COMPUTED}, {"answers.toml": "a = b\n"}])
def test_an_order_travels_with_its_answers(files: dict[str, str]) -> None:
    """To another machine and back: as bytes, never as an object."""
    submission = compose_submission({name: text.encode() for name, text in files.items()}, files=("answers.toml",))
    draw = Draw(0, "ab" * 32, data_key="cd" * 32)
    order = Order(name="s1", submission=submission, pick=Pick(0), draw=draw, keys={"answers.py": "k"})

    assert unpack_value(Order, pack_value(order)) == order


def test_no_sandbox_is_asked_for_where_nothing_runs(tmp_path: Path, home: Path) -> None:
    """Answers in files and a key in one are marked on a machine that has no sandbox; code and a key that is code
    aren't, and the reason is the sandbox's."""
    room = QuizRoom(tmp_path, home, options=("--sandbox", "docker"), environment=NO_DOCKER)
    room.set_up_quiz({"right": {"answers_toml": WRITTEN}, "wrong": {"answers_toml": WRITTEN.replace("5050", "1")}})
    computed = room.batch()
    shutil.rmtree(room.results, ignore_errors=True)
    key = tmp_path / "reference/asks/solution"
    (key / "answers.py").unlink()
    (key / "answers.toml").write_text(WRITTEN, "utf-8")
    marked, again = room.batch(), room.regrade()
    points, environment = room.points(), room.read_report("right")["environment"]
    room.give("wrong", answers_py=COMPUTED)
    (room.submissions / "wrong/answers.toml").unlink()
    code = room.batch()

    assert computed.status == code.status == 3
    assert "docker" in computed.err
    assert "docker" in code.err
    assert (marked.status, again.status) == (0, 0), marked.err + again.err
    assert "none needed" in marked.out
    assert points == {"right": "6", "wrong": "5"}
    assert environment["sandbox"] == "none needed"
    assert room.points() == points, "what was graded before stands"
