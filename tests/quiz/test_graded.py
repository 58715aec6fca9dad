"""A quiz to be graded: kept at once, gone on with, never written over."""

import tomllib
from pathlib import Path

import pytest

from grader.cli.quiz_graded import GradedSession
from grader.cli.status import ExitStatus
from grader.errors import UsageError
from tests.quiz.sitting import Sitting, load_asks
from tests.quiz.test_practice import QUESTIONS, letter

ASKS = load_asks()
BLUE, RED = letter(QUESTIONS["colour"], "Blue"), letter(QUESTIONS["colour"], "Red")


def sit(path: Path, *lines: str, again: bool = False) -> tuple[Sitting, ExitStatus]:
    """A sitting in which these lines are typed."""
    sitting = Sitting(ASKS, *lines)
    return sitting, GradedSession(sitting.talk, ASKS, path=path, place=Path("asks")).take(ASKS.questions, again=again)


def read(path: Path) -> dict[str, object]:
    """What is written down."""
    return tomllib.loads(path.read_text("utf-8"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where answers go: in a folder that isn't there yet."""
    return tmp_path / "asks/answers.toml"


def test_answers_are_written_down(path: Path) -> None:
    """As the options' own text, in a sheet that shows the questions; nothing is said of right or wrong."""
    sitting, status = sit(path, RED, "", "5050", "(3, 4)", letter(QUESTIONS["pairs"], "moos"), "")

    assert status is ExitStatus.DONE
    assert read(path) == {"colour": "Red", "total": 5050, "grid": [3, 4], "pairs": {"cat": "moos"}}
    assert "Which colour has a clear sky at noon?" in path.read_text("utf-8")
    assert "ight" not in sitting.text.replace("Right is", "")
    assert "4 of 5 answered" in sitting.text
    assert "Not answered: primes" in sitting.text


@pytest.mark.parametrize("line", ["^C", "quit", None])
def test_an_end_in_the_middle_loses_nothing(line: str | None, path: Path) -> None:
    """Each answer is in the file before the next question is asked."""
    sitting, status = sit(path, BLUE, *([line] if line else []))

    assert read(path) == {"colour": "Blue"}
    assert status is (ExitStatus.INTERRUPTED if line == "^C" else ExitStatus.DONE)
    assert "1 of 5 answered" in sitting.text


def test_going_on(path: Path) -> None:
    """It asks first, then for what isn't answered yet, by its number in the quiz."""
    sit(path, BLUE, "quit")
    sitting, _ = sit(path, "y", "", "5050")

    assert "has answers to 1 of 5 questions. Go on with it?" in sitting.prompts[0]
    assert "2 of 5" in sitting.text
    assert "1 of 5 - colour" not in sitting.text
    assert read(path) == {"colour": "Blue", "total": 5050}


def test_not_going_on(path: Path) -> None:
    """Leaves the file as it is."""
    sit(path, BLUE, "quit")
    before = path.read_bytes()
    sitting, status = sit(path, "n", RED)

    assert status is ExitStatus.DONE
    assert path.read_bytes() == before
    assert "Nothing was changed." in sitting.text


def test_answering_again(path: Path) -> None:
    """With --again what was answered is shown and asked; Enter keeps it, an answer takes its place."""
    sit(path, BLUE, "", "5050", "quit")
    sitting, _ = sit(path, "y", "", "", "4", "quit", again=True)

    assert "So far: Blue" in sitting.text
    assert read(path) == {"colour": "Blue", "total": 4}


def test_back(path: Path) -> None:
    """A question that was just answered can be answered again."""
    sitting, _ = sit(path, RED, "back", BLUE, "quit")

    assert "So far: Red" in sitting.text
    assert read(path) == {"colour": "Blue"}


def test_pairs_are_kept_one_by_one(path: Path) -> None:
    """Those that were given stay where one stops in the middle, or answers the other later."""
    pairs = QUESTIONS["pairs"]
    sit(path, "", "", "", "", letter(pairs, "meows"), "quit")
    first = read(path)
    sit(path, "y", "", "", "", "", "", letter(pairs, "barks"), again=True)

    assert first == {"pairs": {"cat": "meows"}}
    assert read(path) == {"pairs": {"cat": "meows", "dog": "barks"}}


@pytest.mark.parametrize("content", [b"colour = blue\n", b"\xff\xfe", b"a = '" + b"x" * 300_000 + b"'"])
def test_a_file_that_cannot_be_read_is_left_alone(content: bytes, path: Path) -> None:
    """With what is wrong in it, and how to go on."""
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(UsageError, match="can't be gone on with") as caught:
        sit(path, BLUE)

    assert path.read_bytes() == content
    assert "--to FILE" in caught.value.details[-1]


def test_a_persons_own_lines_stay(path: Path) -> None:
    """Comments, other lines and their order."""
    path.parent.mkdir()
    path.write_text("# mine\ntotal = 1  # a guess\n\n[notes]\nx = 'y'\n", "utf-8")
    sit(path, "y", BLUE, "quit")

    assert path.read_text("utf-8").endswith("# mine\ntotal = 1  # a guess\n\n[notes]\nx = 'y'\n")
    assert read(path) == {"colour": "Blue", "total": 1, "notes": {"x": "y"}}


def test_what_a_terminal_sends_is_made_harmless(path: Path) -> None:
    """Control characters and halves of characters don't reach the file."""
    sit(path, f"{BLUE}\x1b[A", f"{BLUE}\x00", "quit")

    assert read(path) == {"colour": "Blue"}


def test_a_folder_that_cannot_be_written(path: Path) -> None:
    """Is told, with what is kept."""
    path.parent.write_text("a file stands where the folder should")
    with pytest.raises(UsageError, match="can't be written"):
        sit(path, BLUE)
