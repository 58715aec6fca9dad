"""A release: what is in it, the same bytes each time, and that nothing hidden goes out, in whatever file it lies."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from grader.draws import load_data, name_draw
from grader.errors import SpecError
from grader.release import Recipient, find_leaks, find_stale, gather_hidden, practise, search_release, write_handout
from tests.release.course import RIGHT, SECRET, SOLUTION, Course, write_course


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grader's home that these tests share."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def course(tmp_path: Path, home: Path) -> Course:
    """A course of its own."""
    return write_course(tmp_path / "course", home)


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory, home: Path) -> dict[str, bytes]:
    """The members of a release."""
    return unpack(write_course(tmp_path_factory.mktemp("course"), home).release().content)


def unpack(content: bytes) -> dict[str, bytes]:
    """The members of a zip."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def refuse(course: Course) -> str:
    """What a release is refused for."""
    with pytest.raises(SpecError) as caught:
        course.release()
    return "\n".join((caught.value.message, *caught.value.details))


def test_everything_is_there(members: dict[str, bytes]) -> None:
    """The folder to work in, and in `.grade` what `grade submit` needs: the public folder byte for byte."""
    assert list(members) == [
        "sums/README.md",
        "sums/requirements.txt",
        "sums/sums.ipynb",
        "sums/sums.py",
        "sums/data/table.csv",
        "sums/.grade/course.toml",
        "sums/.grade/sums/assignment.toml",
        "sums/.grade/sums/data/table.csv",
        "sums/.grade/sums/handout/sums.ipynb",
        "sums/.grade/sums/handout/sums.py",
        "sums/.grade/sums/probe.py",
        "sums/.grade/practice/practice.json",
        "sums/.grade/practice/0.frames",
        "sums/.grade/practice/0.given",
    ]
    assert members["sums/sums.py"] == members["sums/.grade/sums/handout/sums.py"]
    assert members["sums/data/table.csv"] == members["sums/.grade/sums/data/table.csv"]
    assert b"BEGIN SOLUTION" not in b"".join(members.values())


def test_the_readme_says_what_to_do(members: dict[str, bytes]) -> None:
    """Title, questions, how to try it, where to hand in and how often; what is hidden isn't named."""
    text = " ".join(members["sums/README.md"].decode().split())

    assert text.startswith("# Sums Work in `sums.ipynb` or `sums.py`.")
    assert "| `double` | Double a number | 2 | in part |" in text
    assert "| `total` | Add up | 2 | yes |" in text
    assert "| `late` | Shown later | 1 | no |" in text
    assert "The folder `data` comes with it and lies beside your code in every run." in text
    assert "grade submit ." in text
    assert "the box in room 7. You may hand in 3 times." in text
    assert "large" not in text
    assert members["sums/requirements.txt"].decode().splitlines()[1].startswith("grader==")


def test_only_what_shown_checks_need_is_in_it(members: dict[str, bytes]) -> None:
    """No answer to a hidden or later check, none that is the same in every draw, no output, no time."""
    practice = json.loads(members["sums/.grade/practice/practice.json"])
    frames = members["sums/.grade/practice/0.frames"]

    assert practice["shown"] == {"double": ["cases"], "total": ["cases"]}
    assert b'"doubles"' in frames and b'"totals"' in frames
    assert not any(name in frames for name in (b'"large"', b'"greetings"', b'"answers", "value": 1', b'"guess"'))
    assert practice["mistakes"] == [{"fails": ["double.cases"], "hint": "How often is the number in it?"}]


def test_practice_draws_are_never_those_that_count(course: Course) -> None:
    """Their keys and their data are others, with one secret."""
    practised = practise(course.load(), Recipient(variant={}), workshop=course.open_workshop(), draws=3)
    counting = [name_draw(course.load(), number, secret=SECRET) for number in range(2)]
    lists = [load_data(course.load(), draw).values["lists"] for draw in (*practised.draws, *counting)]

    assert practised.counting_draws == tuple(counting)
    assert len({draw.key for draw in (*practised.draws, *counting)}) == 5
    assert len({draw.data_key for draw in (*practised.draws, *counting)}) == 5
    assert all(one != other for number, one in enumerate(lists) for other in lists[:number])


def test_the_same_release_has_the_same_bytes(course: Course, tmp_path: Path) -> None:
    """Made again, from the cache or anew, it is the same zip; another number of draws is another."""
    first, again = course.release(), course.release()
    anew = write_course(tmp_path / "other", tmp_path / "empty").release()

    assert first.content == again.content == anew.content
    assert first.content != course.release(draws=2).content
    assert first.not_at_home == ("double.large_ones", "greet.cases", "late.cases", "own.near")
    assert any("'seven'" in name for name in first.unsearched)


def test_a_clean_release_is_clean(course: Course, members: dict[str, bytes]) -> None:
    """The search, as `grade validate` calls it, finds nothing in the release, and everything in the reference."""
    practised = practise(course.load(), Recipient(variant={}), workshop=course.open_workshop(), draws=1)
    hidden = gather_hidden(course.load(), practised, secret=SECRET)
    private = {path.name: path.read_bytes() for path in course.private.rglob("*.*") if path.is_file()}

    assert find_leaks(members, hidden) == []
    assert {leak.path.partition(" > ")[0] for leak in find_leaks(private, hidden)} == set(private)


def plant(course: Course, name: str, content: bytes) -> None:
    """Put a file into the public folder."""
    (course.public / name).parent.mkdir(exist_ok=True)
    (course.public / name).write_bytes(content)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("name", ["labels", "pictures", "kinds", "factor"])
def test_a_kept_value_in_the_handout_is_refused(course: Course, name: str, number: int) -> None:
    """Of any draw that counts: as text, as .npy, and named with the file that holds it."""
    value = load_data(course.load(), name_draw(course.load(), number, secret=SECRET)).kept[name]
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(value))
    plant(course, "handout/notes.txt", f"see {value.tolist() if isinstance(value, np.ndarray) else value}".encode())
    as_text = refuse(course)
    (course.public / "handout/notes.txt").unlink()
    plant(course, "data/extra.npy", buffer.getvalue())

    assert f"sums/notes.txt: it holds the kept value '{name}' of draw {number}" in as_text
    if name != "kinds":
        assert f"sums/.grade/sums/data/extra.npy > array: it holds the kept value '{name}'" in refuse(course)


def test_a_solution_part_outside_the_markers_is_refused(course: Course) -> None:
    """A line of a marked part that stands in the handout besides: in a comment, in a cell, in another file."""
    solution = course.private / "solution/sums.py"
    solution.write_text(SOLUTION.replace("import math\n", "import math\n\n# doubled_by_hand = number + number\n"))
    stale = refuse(course)
    written = write_handout(course.load())
    said = refuse(course)

    assert "isn't what its solution gives" in stale
    assert sorted(written) == ["sums.ipynb", "sums.py"]
    assert "sums/sums.py: it holds a line of solution/sums.py of the reference (doubled_by_hand" in said
    assert "sums/sums.ipynb > cell" in said


def test_a_solution_without_markers_is_refused(course: Course) -> None:
    """A part that isn't marked goes out as it is: no search knows it, but it earns points, and that is found."""
    solution = course.private / "solution/sums.py"
    unmarked = "    # BEGIN SOLUTION\n    return int(math.fsum(numbers))\n    # END SOLUTION\n"
    assert unmarked in SOLUTION
    solution.write_text(SOLUTION.replace(unmarked, "    return int(math.fsum(numbers))\n"))
    write_handout(course.load())
    said = refuse(course)

    assert "handout/sums.py: it holds the answer to 'total': as it is given out it earns points" in said
    assert "handout/sums.ipynb: it holds the answer to 'total'" in said
    assert "'double'" not in said


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("handout/hint.md", b"Three is taken for two, everywhere\nit matters.", "the mistake of mutant 'triple'"),
        ("handout/hint.md", b"a concept that nobody is to read beforehand", "a phrase of samples.toml"),
        ("data/x.bin", b"\0" * 9 + SECRET, "the grader's secret"),
        ("data/x.txt", SECRET.hex().encode(), "the grader's secret"),
        ("handout/old.py", b"tripled_out_of_habit = 3 * number\n", "a line of mutants/"),
    ],
)
def test_whatever_is_private_is_refused(course: Course, name: str, content: bytes, said: str) -> None:
    """Mistakes, concepts, the secret, mutants' sources."""
    plant(course, name, content)

    assert said in refuse(course)


def test_files_of_the_reference_are_refused(course: Course) -> None:
    """Each of them whole, packed too; what begins with _ or a dot stays with the author."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(course.private.rglob("*.*")):
            if path.is_file():
                archive.write(path, path.relative_to(course.private))
    plant(course, "_notes/all.zip", buffer.getvalue())
    course.release()
    plant(course, "data/all.zip", buffer.getvalue())
    found = search_release(course.load(), Recipient(variant={}), workshop=course.open_workshop()).leaks
    names = {leak.path.rpartition(" > ")[2] for leak in found}

    assert "and " in refuse(course)
    assert {"data.py", "checks.py", "samples.toml", "solution/sums.py"} <= names


def test_what_a_hidden_check_expects_is_refused(course: Course) -> None:
    """The reference's answers to a check that isn't shown, for a draw that counts."""
    practised = practise(course.load(), Recipient(variant={}), workshop=course.open_workshop(), draws=1)
    answers = practised.counting[1].questions["double"].records["large"]["value"]
    plant(course, "handout/table.csv", ",".join(map(str, answers)).encode())

    assert "what double.large_ones expects for draw 1" in refuse(course)


def test_what_is_public_on_purpose_goes_out(course: Course) -> None:
    """A mutant's line that the probe has too or a hint quotes, and kept values that a shown check's answers are."""
    probe, data = course.public / "probe.py", course.private / "data.py"
    probe.write_text(probe.read_text() + "\n\ndef thrice(number):\n    tripled_out_of_habit = 3 * number\n")
    specification = course.public / "assignment.toml"
    specification.write_text(specification.read_text().replace("All of them.", "No: return tripled_out_of_habit"))
    data.write_text(data.read_text().replace('"seven": 7', '"seven": 7, "sums": [sum(numbers) for numbers in lists]'))

    assert course.release().files


def test_a_line_that_is_a_part_of_a_public_one_goes_out(course: Course) -> None:
    """What a right variant without markers writes on a line of its own may stand in a longer one of the handout; a line
    that doesn't is refused as ever."""
    part, other = "math.fsum([1.5, 2.5, 3.5, 4.5, 5.5])", "sixteen_in_all = total([4, 4, 4, 4])"
    solution, variant = course.private / "solution/sums.py", course.private / "variants/plain/sums.py"
    solution.write_text(solution.read_text() + f"\n\n# %%\nprint({part})\n")
    variant.parent.mkdir(parents=True)
    variant.write_text(f"{RIGHT}\n\n# %%\nprint(\n    {part}\n)\n{other}\n")
    write_handout(course.load())

    assert course.release().files

    (course.public / "notes.md").write_text(f"{other}\n")
    with pytest.raises(SpecError, match="isn't released"):
        course.release()


def test_a_handout_of_its_own(course: Course) -> None:
    """Where no part of the solution is marked, handout/ is written by hand, and nothing is stale."""
    (course.private / "solution/sums.py").write_text(
        SOLUTION.replace("# BEGIN SOLUTION", "#").replace("# END SOLUTION", "#")
    )

    assert find_stale(course.load()) == []
    assert unpack(course.release().content)["sums/sums.py"].count(b"raise NotImplementedError") == 3


def test_without_a_handout_there_is_no_release(course: Course) -> None:
    """And how to get one is said."""
    for path in (course.public / "handout").iterdir():
        path.unlink()
    (course.private / "solution/sums.py").write_text("def double(n):\n    return 2 * n\n")

    assert "has no handout" in refuse(course)
