"""concepts.toml and samples.toml are read strictly, and all their faults are told at once."""

from decimal import Decimal
from pathlib import Path

import pytest

from grader.errors import Fault, SpecError
from grader.spec.concepts import CONCEPT, MISCONCEPTION, QUESTION_RULES
from grader.spec.model import Assignment
from grader.spec.read import load_assignment
from grader.spec.samples import SAMPLE, read_samples
from tests.checks.concepts.building import QUESTION, RULES
from tests.spec.building import write

PAGE = (Path(__file__).parents[2] / "docs" / "explanations.md").read_text("utf-8")
SAMPLES = '[[samples]]\nquestion = "why"\ntext = "Because it does."\nconcepts = ["data"]\n'


def load(folder: Path, rules: str, question: str = QUESTION) -> Assignment:
    """An assignment with these concepts."""
    private = folder / "reference"
    private.mkdir(exist_ok=True)
    (private / "solution").mkdir(exist_ok=True)
    (private / "concepts.toml").write_text(rules, "utf-8")
    return load_assignment(write(folder, question, ""), reference=private)


def faults_of(folder: Path, rules: str, question: str = QUESTION) -> list[Fault]:
    """What is wrong with them."""
    with pytest.raises(SpecError) as caught:
        load(folder, rules, question)
    return list(caught.value.faults)


def test_concepts_are_a_part_of_the_assignment(tmp_path: Path) -> None:
    """With what assignment.toml says of the question; the points are shared by the concepts."""
    assignment = load(tmp_path, RULES)
    rules = assignment.concepts["why"]
    (check,) = assignment.questions[0].checks

    assert [one.id for one in rules.concepts] == ["features", "data", "sooner"]
    assert (rules.words, rules.topic, rules.baseline) == (
        (3, 60),
        ("pretrained",),
        ("from scratch", "without pretraining"),
    )
    assert rules.prompt.startswith("Why does")
    assert [one.compared for one in rules.concepts] == [False, True, True]
    assert (check.use, check.of, check.points) == ("text", "why", Decimal(3))


def test_they_are_private(tmp_path: Path) -> None:
    """Without the private folder there are none, and what is shown of an assignment has none of them."""
    assignment = load(tmp_path, RULES)

    assert load_assignment(assignment.folder).concepts == {}
    assert "already" not in repr(assignment)
    assert assignment.digest == load_assignment(assignment.folder).digest


def test_all_faults_at_once(tmp_path: Path) -> None:
    """Each with its path, and what would be right."""
    rules = (
        RULES.replace('id = "why"', 'id = "wyh"').replace('title = "what it knows"\n', "").replace("hint", "hnit", 1)
    )
    rules = rules.replace('"fewer layers"', '"fewer <lots>"') + "\n[other]\nx = 1\n"
    faults = {fault.path: (fault.message, fault.suggestion) for fault in faults_of(tmp_path, rules)}

    assert faults == {
        "concepts.toml: other": ("unknown key", "known here: words, questions"),
        "concepts.toml: questions[0].concepts[0].title": ("it is missing", "text of one line is right"),
        "concepts.toml: questions[0].concepts[0].hnit": ("unknown key", 'did you mean "hint"?'),
        "concepts.toml: questions[0].misconceptions[0].phrasings[0]": (
            "there is no list 'lots' in [words]",
            "there are data, few, many",
        ),
        "concepts.toml: questions[0].id": ("the assignment has no question 'wyh'", None),
    }


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ('few = ["few", "fewer", "less", "not many"]', "few = 3", "words.few", "the number 3"),
        ('few = ["few", "fewer", "less", "not many"]', 'few = ["Few"]', "words.few", "'Few' can't be used here"),
        ('data = ["data", ', 'rest = ["rest"]\ndata = ["data", ', "words.rest", "no phrasing uses it"),
        ('id = "sooner"', 'id = "data"', "questions[0]", "are called 'data'"),
        ('"fewer + epochs"', '"fewer +"', "questions[0].concepts[2].phrasings[1]", "it ends with +"),
        ('"fewer + epochs"', '"... epochs"', "questions[0].concepts[2].phrasings[1]", "it begins with"),
        ('"fewer + epochs"', '"fewer & "', "questions[0].concepts[2].phrasings[1]", "a part of it is empty"),
        ('"fewer + epochs"', '"a & b & c & d"', "questions[0].concepts[2].phrasings[1]", "4 parts in any order"),
        ('"fewer + epochs"', '"a b c d e f g h i"', "questions[0].concepts[2].phrasings[1]", "9 parts"),
        ('"fewer + epochs"', '"Fewer epochs"', "questions[0].concepts[2].phrasings[1]", "'Fewer' can't be read"),
        ('"fewer + epochs"', '"fewer *<moor>"', "questions[0].concepts[2].phrasings[1]", "there is no list 'moor'"),
        (
            '["need <many> <data>"]',
            '["need <many> <data>", "<few> <data>"]',
            "questions[0].concepts[1].opposites",
            "is a phrasing as well",
        ),
        ("compared = false", 'compared = "no"', "questions[0].concepts[0].compared", 'the text "no"'),
        ("[[questions.misconceptions]]", "[questions.misconceptions]", "questions[0].misconceptions", "a table"),
    ],
)
def test_a_fault(tmp_path: Path, old: str, new: str, path: str, message: str) -> None:
    """Whatever can't be meant is told where it stands."""
    assert old in RULES
    faults = faults_of(tmp_path, RULES.replace(old, new))

    assert [fault.path for fault in faults] == [f"concepts.toml: {path}"]
    assert message in faults[0].message


def test_a_question_of_another_kind(tmp_path: Path) -> None:
    """Only answers in words are scored by concepts."""
    question = QUESTION.replace('kind = "text"', 'kind = "number"').replace("words = [3, 60]\n", "")
    (fault,) = faults_of(tmp_path, RULES, question)

    assert (fault.path, fault.message) == ("concepts.toml: questions[0].id", "'why' is a question of kind \"number\"")


def test_no_toml(tmp_path: Path) -> None:
    """Its place in the file is told."""
    (fault,) = faults_of(tmp_path, "[words\n")

    assert fault.path == "concepts.toml"
    assert "isn't TOML" in fault.message


def test_the_example_of_the_page_is_sound(tmp_path: Path) -> None:
    """An author may begin with it."""
    example = PAGE.split("```toml\n")[1].split("```")[0]

    assert [one.id for one in load(tmp_path, example).concepts["why"].concepts] == ["less_data"]


def test_samples(tmp_path: Path) -> None:
    """Answers with the concepts that a person found."""
    rules = load(tmp_path, RULES).concepts
    (tmp_path / "samples.toml").write_text(SAMPLES + '[[samples]]\nquestion = "why"\ntext = "No."\nconcepts = []\n')
    samples = read_samples(tmp_path / "samples.toml", rules)

    assert [(one.question, one.text, one.concepts) for one in samples] == [
        ("why", "Because it does.", ("data",)),
        ("why", "No.", ()),
    ]


def test_faults_of_samples(tmp_path: Path) -> None:
    """All at once."""
    rules = load(tmp_path, RULES).concepts
    text = SAMPLES + SAMPLES + SAMPLES.replace("why", "hwy").replace("does", "is") + '[[samples]]\ntext = ""\n'
    (tmp_path / "samples.toml").write_text(text + SAMPLES.replace('["data"]', '["date"]').replace("does", "can"))
    with pytest.raises(SpecError) as caught:
        read_samples(tmp_path / "samples.toml", rules)
    faults = [(fault.path, fault.message) for fault in caught.value.faults]

    assert faults == [
        ("samples[2].question", "no question 'hwy' is scored by concepts"),
        ("samples[3].question", "it is missing"),
        ("samples[3].text", "it is empty"),
        ("samples[3].concepts", "it is missing"),
        ("samples[4].concepts", "'why' has no concept 'date'"),
        ("samples[1].text", "it is that of samples[0]"),
    ]


@pytest.mark.parametrize("field", [*QUESTION_RULES, *CONCEPT, *MISCONCEPTION, *SAMPLE], ids=lambda field: field.name)
def test_the_page_has_every_key(field: object) -> None:
    """docs/explanations.md names each in a table."""
    name = getattr(field, "name", "")

    assert any(line.startswith(f"| `{name}` |") for line in PAGE.splitlines()), name
