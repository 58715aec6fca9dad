"""`expect.toml` and the corpus are read strictly, and every fault is told at once."""

from decimal import Decimal
from pathlib import Path

import pytest

from grader.attacks import Outcome, pick_attacks, read_corpus
from grader.attacks.expectation import read_expectation
from grader.errors import SpecError, UsageError
from grader.spec.faults import Faults
from tests.attacks.building import HONEST, make_attack, make_corpus


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus with a course and no attack."""
    return make_corpus(tmp_path / "corpus")


def read(folder: Path, text: str) -> Faults:
    """The faults of one file."""
    path = folder / "expect.toml"
    path.write_text(text)
    faults = Faults()
    read_expectation(path, faults)
    return faults


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    """Each key, and a kind as a text or a list."""
    path = tmp_path / "expect.toml"
    path.write_text(
        'title = "T"\ncourse = "torch"\noutcome = "student_error"\nkind = ["a", "b"]\nquestion = "build"\n'
        'points_at_most = 1.5\nspared = ["count"]\nshown = ["x"]\nnever_shown = ["y"]\n'
        'needs = ["warm"]\npath = "a.zip"\n'
    )
    read = read_expectation(path, Faults())

    assert read is not None
    assert (read.outcome, read.kinds, read.points_at_most) == (Outcome.STUDENT_ERROR, ("a", "b"), Decimal("1.5"))
    assert (read.course, read.question, read.spared, read.needs, read.path) == (
        "torch",
        "build",
        ("count",),
        ("warm",),
        "a.zip",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('outcome = "fail"', "title: it is missing"),
        ('title = "T"', "outcome: it is missing"),
        ('title = "T"\noutcome = "failed"', "outcome: 'failed' isn't known here"),
        ('title = "T"\noutcome = "fail"\ntitel = "T"', "titel: unknown key"),
        ('title = "T"\noutcome = "student_error"', "kind: it is missing"),
        ('title = "T"\noutcome = "fail"\nkind = "x"', 'kind: outcome = "fail" has none'),
        ('title = "T"\noutcome = "fail"\nneeds = ["luck"]', "needs: 'luck' isn't known here"),
        ('title = "T"\noutcome = "fail"\npath = "../x"', "path: '../x' leads out"),
        ('title = "T"\noutcome = "fail"\npoints_at_most = -1', "points_at_most: "),
        ('title = "T"\noutcome = "fail"\nspared = "x"', "spared: "),
        ("title = ", "expect.toml"),
    ],
)
def test_a_fault_is_told(tmp_path: Path, text: str, words: str) -> None:
    """What is wrong, and where."""
    faults = read(tmp_path, text)

    assert [words in str(fault) for fault in faults.found] == [True]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """As a fault like any other."""
    faults = Faults()

    assert read_expectation(tmp_path / "expect.toml", faults) is None
    assert len(faults.found) == 1


def test_every_fault_of_a_corpus_is_told_at_once(corpus: Path) -> None:
    """Attacks without files or with two kinds of them, unknown courses and classes, twins."""
    make_attack(corpus, HONEST, id="both")
    (corpus / "A-escape" / "both" / "generate.py").write_text("")
    (corpus / "B-forging" / "neither").mkdir(parents=True)
    (corpus / "B-forging" / "neither" / "expect.toml").write_text('title = "N"\noutcome = "fail"\n')
    make_attack(corpus, HONEST, id="elsewhere", expect='outcome = "fail"\ncourse = "biology"')
    make_attack(corpus, HONEST, id="twice")
    make_attack(corpus, HONEST, id="twice", letter="C-exhaustion")
    (corpus / "X-unknown").mkdir()

    with pytest.raises(SpecError) as caught:
        read_corpus(corpus)
    told = "\n".join(caught.value.details)
    assert "both submission/ and generate.py" in told
    assert "neither submission/ nor generate.py" in told
    assert "no course 'biology'" in told
    assert "there is no class 'X'" in told
    assert "id 'twice': more than one attack has it" in told
    assert "title 'Trial of twice': more than one attack has it" in told


def test_attacks_are_picked_by_class_and_by_id(corpus: Path) -> None:
    """Both narrow; a name that isn't there is an error, with what was probably meant."""
    for letter, id in (("A-escape", "one"), ("A-escape", "two"), ("D-poisoning", "three")):
        make_attack(corpus, HONEST, letter=letter, id=id)
    found = read_corpus(corpus)

    assert [attack.id for attack in pick_attacks(found)] == ["one", "two", "three"]
    assert [attack.id for attack in pick_attacks(found, letters=["a"])] == ["one", "two"]
    assert [attack.id for attack in pick_attacks(found, letters=["A"], ids=["two", "three"])] == ["two"]
    with pytest.raises(UsageError, match="no class 'Z'"):
        pick_attacks(found, letters=["Z"])
    with pytest.raises(UsageError, match="no attack 'thre'") as caught:
        pick_attacks(found, ids=["thre"])
    assert caught.value.details == ("Did you mean 'three'?",)
