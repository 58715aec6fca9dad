from pathlib import Path

import pytest

from grader.cli.find import find_assignment
from grader.errors import SpecError, UsageError

Tree = Path


def make(root: Path, *paths: str) -> Path:
    """Files with these paths; those that end in a slash are folders."""
    for path in paths:
        place = root / path
        if path.endswith("/"):
            place.mkdir(parents=True, exist_ok=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text('title = "T"\n' if place.name == "assignment.toml" else "", "utf-8")
    return root


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with three assignments, one of them with its reference, and a student's folder in it."""
    slugs = ("hw1", "hw2", "quiz1")
    return make(
        tmp_path / "course",
        *(f"assignments/{slug}/assignment.toml" for slug in slugs),
        "reference/hw1/solution/hw1.py",
        "examples/hw1/hw1.py",
        "examples/hw1.py",
        "examples/quiz1.zip",
        "examples/HW1.ipynb",
    )


@pytest.mark.parametrize("given", ["examples/hw1", "examples/hw1/", "examples/hw1/../hw1", "examples/hw1.py"])
def test_by_the_name_of_folder_or_file(course: Path, given: str) -> None:
    """hw1/, hw1.py and hw1.zip are for hw1; its reference is the sibling's."""
    found = find_assignment(course / given, here=course)

    assert found.folder == course / "assignments/hw1"
    assert found.reference == course / "reference/hw1"


def test_by_a_dot(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`grade submit .` in the homework's folder."""
    monkeypatch.chdir(course / "examples/hw1")

    assert find_assignment(Path(), here=Path.cwd()).folder == course / "assignments/hw1"


def test_from_anywhere(course: Path, tmp_path: Path) -> None:
    """The way up from the submission is looked along too, whatever the current folder."""
    elsewhere = make(tmp_path / "elsewhere", "x/")

    assert find_assignment(course / "examples/hw1", here=elsewhere).folder == course / "assignments/hw1"


@pytest.mark.parametrize("named", ["hw2", "hw2/", "assignments/hw2", "assignments/hw2/", "assignments\\hw2\\", "hw2\\"])
def test_by_option(course: Path, named: str) -> None:
    """--assignment takes a name or a path, with a slash at its end or Windows' slashes."""
    found = find_assignment(course / "examples/hw1", named=named, here=course)

    assert found.folder == course / "assignments/hw2"
    assert found.reference is None


def test_no_name_leads_out_of_assignments(course: Path) -> None:
    """A name is a name: dots aren't."""
    make(course, "assignment.toml")
    with pytest.raises(UsageError):
        find_assignment(course / "examples/hw1", named="..", here=course / "examples/hw1")
    with pytest.raises(UsageError):
        find_assignment(course / "examples/quiz1.zip", named="nothing", here=course)


def test_unknown(course: Path) -> None:
    """The message says which there are and which was meant, with the command."""
    make(course, "examples/homework1/")
    with pytest.raises(UsageError) as caught:
        find_assignment(course / "examples/homework1", here=course)

    assert caught.value.message == "no assignment 'homework1'"
    assert caught.value.details[0].startswith("The folder you gave is homework1/; an assignment has its folder's name")
    assert caught.value.details[1] == "Here: hw1, hw2, quiz1 (in assignments/)"
    assert caught.value.details[2].startswith("Did you mean:  grade submit")
    assert caught.value.details[2].endswith("--assignment hw1")


def test_no_course_at_all(tmp_path: Path) -> None:
    """Where there is no assignments/ anywhere, that is what is said."""
    make(tmp_path, "hw1/hw1.py")
    with pytest.raises(UsageError, match="no assignment 'hw1'") as caught:
        find_assignment(tmp_path / "hw1", here=tmp_path)

    assert "No folder assignments/ was found" in caught.value.details[1]


def test_an_inbox_of_the_course(course: Path) -> None:
    """course.toml names the inbox, from its own folder."""
    (course / "course.toml").write_text('title = "Deep Learning"\ninbox = "inbox"\n', "utf-8")
    found = find_assignment(course / "examples/hw1", here=course)

    assert found.course.title == "Deep Learning"
    assert found.course.inbox == course / "inbox"


def test_a_broken_course(course: Path) -> None:
    """A course.toml that can't be read is told, not passed over: something might not be handed in."""
    (course / "course.toml").write_text("inbox = ", "utf-8")
    with pytest.raises(SpecError):
        find_assignment(course / "examples/hw1", here=course)


def test_packed_with_the_submission(tmp_path: Path) -> None:
    """A .grade/ folder brings the public folder of the assignment, on a machine without a course."""
    make(tmp_path, "homework/hw1.py", "homework/.grade/hw1/assignment.toml", "homework/.grade/hw1/probe.py")
    found = find_assignment(tmp_path / "homework", here=tmp_path)

    assert found.folder == tmp_path / "homework/.grade/hw1"
    assert found.reference is None


def test_packed_as_the_public_folder_itself(tmp_path: Path) -> None:
    """.grade/ may be the public folder; the submission's name is then the assignment's."""
    make(tmp_path, "hw1/hw1.py", "hw1/.grade/assignment.toml")
    found = find_assignment(tmp_path / "hw1", here=tmp_path)

    assert (found.folder, found.slug) == (tmp_path / "hw1/.grade", "hw1")


def test_packed_name(course: Path) -> None:
    """.grade/course.toml may only name the assignment, whatever the folder is called."""
    make(course, "examples/my homework/hw.py", "examples/my homework/.grade/")
    (course / "examples/my homework/.grade/course.toml").write_text('assignment = "hw2"\n', "utf-8")

    assert find_assignment(course / "examples/my homework", here=course).folder == course / "assignments/hw2"


def test_a_course_stands_above_what_is_packed(course: Path) -> None:
    """An assignment that is here is taken from here: a student can't bring an easier one."""
    make(course, "examples/hw1/.grade/assignment.toml", "examples/hw1/.grade/hw1/assignment.toml")

    assert find_assignment(course / "examples/hw1", here=course).folder == course / "assignments/hw1"


def test_nothing_in_a_submission_is_a_course(course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference's data.py runs outside every sandbox: one inside the submission is never taken."""
    brought = ("hw1.py", "assignments/hw1/assignment.toml", "reference/hw1/data.py", "reference/hw1/solution/hw1.py")
    student = make(tmp_path / "students/hw1", *brought)

    assert find_assignment(student, here=course).folder == course / "assignments/hw1"
    assert find_assignment(student / "hw1.py", here=course).folder == course / "assignments/hw1"
    for here in (student, student / "assignments", tmp_path):
        with pytest.raises(UsageError):
            find_assignment(student, here=here)


def test_packed_references_are_never_taken(tmp_path: Path) -> None:
    """Not even where .grade/ looks like a course."""
    make(
        tmp_path,
        "hw1/hw1.py",
        "hw1/.grade/assignments/hw1/assignment.toml",
        "hw1/.grade/reference/hw1/data.py",
        "hw1/.grade/hw1/assignment.toml",
        "hw1/reference/hw1/data.py",
    )

    assert find_assignment(tmp_path / "hw1", here=tmp_path).reference is None
