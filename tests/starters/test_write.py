"""New assignments: sound as they are, never over something that is there, under a name that works everywhere."""

import tomllib
from pathlib import Path

import pytest

from grader.check_assignment import TrialKind, check_assignment
from grader.cli import app
from grader.collect import Workshop
from grader.errors import ProvisionError, UsageError
from grader.release import Recipient, find_stale, make_release, prepare_release
from grader.sandbox import BubblewrapSandbox, ProcessSandbox, Sandbox, find_interpreter
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.spec import load_assignment
from grader.spec.model import Assignment
from grader.starters import STARTERS, check_name, write_starter
from grader.weights.vault import Vault

SLUG = "first-one"


def write(root: Path, framework: str = "none", kind: str = "code") -> Assignment:
    """A new assignment."""
    write_starter(root, SLUG, kind=kind, framework=framework)
    return load_assignment(root / "assignments" / SLUG, reference=root / "reference" / SLUG)


def open_workshop(home: Path) -> Workshop:
    """A workshop around bubblewrap, where it works."""
    sandbox: Sandbox = ProcessSandbox() if find_bubblewrap_trouble() else BubblewrapSandbox()
    return Workshop(
        sandbox=sandbox, find_interpreter=find_interpreter, vault=Vault(home), home=home, secret=bytes(range(32))
    )


@pytest.mark.parametrize(
    "framework",
    [
        "none",
        pytest.param("torch", marks=pytest.mark.slow),
        pytest.param("tensorflow", marks=[pytest.mark.slow, pytest.mark.tensorflow]),
    ],
)
def test_a_new_assignment_is_sound(tmp_path: Path, framework: str) -> None:
    """In a sandbox its solution and its right variant earn everything, two mutants fail what they name; it can be
    released at once.
    """
    try:
        find_interpreter(framework)
    except ProvisionError as error:
        pytest.skip(error.message)
    assignment, workshop = write(tmp_path, framework), open_workshop(tmp_path / "home")
    results = check_assignment(assignment, workshop=workshop)
    kinds = [result.trial.kind for result in results]
    everybody = Recipient(variant={})
    prepared = prepare_release(assignment, everybody, workshop=workshop)

    assert kinds == [TrialKind.REFERENCE, TrialKind.VARIANT, TrialKind.MUTANT, TrialKind.MUTANT]
    assert [result.trial.name for result in results if not result.sound] == []
    assert all(result.trial.hint for result in results if result.trial.kind is TrialKind.MUTANT)
    assert assignment.framework == framework
    assert make_release(assignment, prepared, everybody).not_at_home == ()


@pytest.mark.parametrize(("kind", "framework"), STARTERS)
def test_every_file_says_what_it_is_for(tmp_path: Path, kind: str, framework: str) -> None:
    """Every key at the top of the specification has a comment, Python parses, and the name is in all of it."""
    assignment = write(tmp_path, framework, kind)
    text = (assignment.folder / "assignment.toml").read_text()
    top = text.partition("[[questions]]")[0]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]

    assert [line for line in top.splitlines() if "=" in line and "#" not in line] == []
    assert not any("SLUG" in path.read_text() or "SLUG" in path.name for path in files)
    assert all(compile(path.read_text(), path.name, "exec") for path in files if path.suffix == ".py")
    assert all(len(tomllib.loads(path.read_text())["fails"]) == 1 for path in files if path.name == "mutant.toml")
    assert all(len(line) <= 120 for path in files if path.suffix != ".ipynb" for line in path.read_text().splitlines())
    assert find_stale(assignment) == []


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """Where either folder is there, nothing is written, and both stay as they were."""
    for parent in ("assignments", "reference"):
        (tmp_path / parent / parent).mkdir(parents=True)
        with pytest.raises(UsageError, match=f"there is {parent}/{parent} already"):
            write_starter(tmp_path, parent, kind="code", framework="none")

    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted(["assignments", "reference"] * 2)


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("HW 1", "hw-1"),
        ("\u00dcbung_2!", "ubung_2"),
        ("../evil", "evil"),
        ("con", "con-1"),
        ("tests", "tests-1"),
        ("-x", "x"),
        ("a" * 90, "a" * 64),
        ("", None),
        ("\u4f5c\u696d", None),
    ],
)
def test_a_bad_name_is_refused(name: str, right: str | None) -> None:
    """With one that would be right, where there is one near; nothing of a path gets through."""
    with pytest.raises(UsageError) as caught:
        check_name(name)

    assert caught.value.command == (None if right is None else f"grade new {right}")
    if right is not None:
        check_name(right)


def test_a_quiz_has_no_framework(tmp_path: Path) -> None:
    """There is one starter for it."""
    with pytest.raises(UsageError) as caught:
        write_starter(tmp_path, "quiz9", kind="quiz", framework="torch")

    assert caught.value.command == "grade new quiz9 --kind quiz"
    assert list(tmp_path.iterdir()) == []


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It writes into the course that we are in, says what, and what to do next."""
    inside = tmp_path / "assignments/other"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    with pytest.raises(SystemExit) as caught:
        app(["new", "hw9"])
    said = capsys.readouterr().out

    assert caught.value.code == 0
    assert (tmp_path / "assignments/hw9/assignment.toml").is_file()
    assert (tmp_path / "reference/hw9/solution/hw9.py").is_file()
    assert "11 files in" in said
    assert "grade check hw9 " in said and "grade release hw9 " in said
