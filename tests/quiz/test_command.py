"""`grade quiz` as a process of its own, its answers through a pipe."""

import fcntl
import os
import pty
import shutil
import subprocess
import sys
import termios
import tomllib
from pathlib import Path

import pytest

from tests.quiz.sitting import COURSE
from tests.quiz.test_practice import QUESTIONS, letter

ASKS = str(COURSE / "assignments/asks")
BLUE = letter(QUESTIONS["colour"], "Blue")


def run(
    folder: Path, *arguments: str, typed: str = "", home: Path | None = None, student: str | None = "ada"
) -> subprocess.CompletedProcess[str]:
    """Run `grade quiz` in a folder, as a student."""
    environment = {**os.environ, "GRADER_HOME": str(home or folder / "home"), "COLUMNS": "80"}
    environment["GRADER_STUDENT"] = student or ""
    return subprocess.run(
        [sys.executable, "-m", "grader", "quiz", *arguments],
        cwd=folder,
        env=environment,
        input=typed,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_graded_through_a_pipe(tmp_path: Path) -> None:
    """Answers are written beside where one stands, and the way on is told."""
    done = run(tmp_path, ASKS, "--graded", typed=f"{BLUE}\n\n5050\n")

    assert (done.returncode, done.stderr) == (0, "")
    assert tomllib.loads((tmp_path / "asks/answers.toml").read_text("utf-8")) == {"colour": "Blue", "total": 5050}
    assert "2 of 5 answered" in done.stdout
    assert "grade submit asks" in done.stdout


def test_to_another_file(tmp_path: Path) -> None:
    """With the command that hands in that one."""
    done = run(tmp_path, ASKS, "--graded", "--to", "mine.toml", "--question", "total", typed="7\n")

    assert tomllib.loads((tmp_path / "mine.toml").read_text("utf-8")) == {"total": 7}
    assert "grade submit mine.toml --assignment asks" in done.stdout


@pytest.mark.slow
def test_practice_computes_the_key(tmp_path: Path) -> None:
    """The reference runs, and what it computed is the key: 5,050 is written nowhere in the assignment."""
    done = run(tmp_path, ASKS, "--question", "total", "--sandbox", "process", typed="5049\n")

    assert done.returncode == 0, done.stderr
    assert "Right: 5,050. The numbers from 0 to 100: 50 pairs of 101." in " ".join(done.stdout.split())


def test_a_blank_sheet(tmp_path: Path) -> None:
    """Is printed, and nothing is asked."""
    done = run(tmp_path, ASKS, "--blank")

    assert done.returncode == 0
    assert tomllib.loads(done.stdout) == {}
    assert '# colour = ""' in done.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ((ASKS, "--question", "color"), 2, "has no question 'color'"),
        ((ASKS, "--again"), 2, "--to and --again belong to --graded"),
        (("nothing",), 2, "no assignment 'nothing'"),
        ((str(COURSE.parents[1] / "end_to_end/course/assignments/mini"),), 2, "is no quiz"),
    ],
)
def test_wrong_use(arguments: tuple[str, ...], status: int, message: str, tmp_path: Path) -> None:
    """Is told in a line, and ends with its status."""
    done = run(tmp_path, *arguments)

    assert done.returncode == status
    assert message in done.stderr


def test_practice_without_the_key(tmp_path: Path) -> None:
    """Where the reference isn't, one can answer to be graded."""
    shutil.copytree(ASKS, tmp_path / "assignments/asks")
    done = run(tmp_path, "asks")

    assert done.returncode == 3
    assert "its key isn't on this machine" in done.stderr
    assert "grade quiz asks --graded" in done.stderr


def test_an_interrupt_in_a_real_terminal(tmp_path: Path) -> None:
    """Ctrl-C at a prompt: what was answered is in the file, the sum is printed, the status says what happened."""
    terminal, inside = pty.openpty()
    environment = {**os.environ, "GRADER_HOME": str(tmp_path / "home"), "GRADER_STUDENT": "ada", "COLUMNS": "80"}
    asking = subprocess.Popen(
        [sys.executable, "-m", "grader", "quiz", ASKS, "--graded"],
        cwd=tmp_path,
        env={**environment, "TERM": "dumb"},
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
        preexec_fn=take_terminal,
    )
    os.close(inside)
    screen = read_until(terminal, b"(a letter):")
    os.write(terminal, f"{BLUE}\n".encode())
    screen += read_until(terminal, b"(letters):")
    os.write(terminal, b"\x03")
    screen += read_until(terminal, None)
    os.close(terminal)

    assert asking.wait(timeout=60) == 130
    assert tomllib.loads((tmp_path / "asks/answers.toml").read_text("utf-8")) == {"colour": "Blue"}
    assert b"interrupted: every answer so far is kept" in screen
    assert b"1 of 5 answered" in screen


def take_terminal() -> None:
    """Make standard input the terminal that Ctrl-C is typed at."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def read_until(terminal: int, end: bytes | None) -> bytes:
    """What a terminal shows up to some text, or to its end."""
    shown = b""
    while end is None or end not in shown:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # the other side is closed
            piece = b""
        if not piece:
            assert end is None, shown
            return shown
        shown += piece
    return shown
