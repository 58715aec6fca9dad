from decimal import Decimal
from pathlib import Path

import pytest

from grader.errors import SpecError
from grader.limits import Limits
from grader.spec import Standing, Visibility, load_assignment
from grader.spec.digest import digest_file
from tests.spec.building import PROBE, QUESTION, faults_of, load, write

HEAD = 'title = "T"\n'
ONE = f"{HEAD}[[questions]]\n{QUESTION}"


def question(**keys: str) -> str:
    """An assignment of one question with these keys on top; a key that is "" is left out."""
    lines = {"id": '"q"', "points": "2", "checks": '[{ use = "close", of = "logits" }]', **keys}
    return HEAD + "[[questions]]\n" + "".join(f"{name} = {value}\n" for name, value in lines.items() if value)


def test_a_small_assignment(tmp_path: Path) -> None:
    """What isn't said has its default."""
    assignment = load(tmp_path, ONE)

    assert (assignment.slug, assignment.title, assignment.framework) == ("hw9", "T", "none")
    assert assignment.files == ("hw9.py",)
    assert assignment.limits == Limits()
    assert assignment.points == Decimal(2)
    (only,) = assignment.questions
    assert (only.title, only.kind, only.visibility) == ("q", "probe", Visibility.SHOWN)
    (check,) = only.checks
    assert (check.id, check.use, check.of, check.standing) == ("close", "close", "logits", Standing.FACT)
    assert check.parameters == {}


def test_everything_said(tmp_path: Path) -> None:
    """Every key of the top and of a check reaches its place, numbers as their types."""
    toml = """
title = "T"
framework = "torch"
files = ["a.py", "b.py"]
load = "once"
weights = ["torchvision/resnet18/IMAGENET1K_V1"]
data = ["d.bin"]
draws = 8
attempts = 3
level = "hard"
minutes = 90
[limits]
wall_seconds = 12.5
processes = 128
[variants]
classes = [3, 4]
rate = [0.1, 0.2]
[[questions]]
id = "q"
title = "Q"
points = 2.50
extra = true
wall_seconds = 90
hint = "h"
visibility = "after_deadline"
checks = [
  { use = "close", of = "logits", relative = 1e-2, points = 1.25 },
  { use = "parameters", of = "m", count = "total", points = 1.25, needs = ["close"], visibility = "hidden" },
]
"""
    place = write(tmp_path, toml)
    (place / "data").mkdir()
    (place / "data" / "d.bin").write_bytes(b"d")
    assignment = load_assignment(place)

    assert (assignment.draws, assignment.attempts, assignment.level, assignment.minutes) == (8, 3, "hard", 90)
    assert assignment.limits.wall_seconds == 12.5
    assert assignment.limits.processes == 128
    assert assignment.variants == {"classes": (3, 4), "rate": (0.1, 0.2)}
    assert assignment.data_digests == {
        "d.bin": "sha256:18ac3e7343f016890c510e93f935261169d9e3f565436429830faf0934f4f8e4"
    }
    assert assignment.points == 0
    first, second = assignment.questions[0].checks
    assert first.parameters == {"relative": 0.01}
    assert type(first.parameters["relative"]) is float
    assert (first.points, first.visibility) == (Decimal("1.25"), Visibility.AFTER_DEADLINE)
    assert (second.parameters, second.visibility) == ({"count": "total"}, Visibility.HIDDEN)


def test_a_pinned_file_has_the_content_that_its_digest_names(tmp_path: Path) -> None:
    """`name@sha256:…` is the file `name`; another content is a fault, which says what the digest would be."""
    digest = "sha256:18ac3e7343f016890c510e93f935261169d9e3f565436429830faf0934f4f8e4"  # of "d"
    place = write(tmp_path, f'data = ["d.bin@{digest}"]\n' + ONE)
    (place / "data").mkdir()
    (place / "data" / "d.bin").write_bytes(b"d")
    assignment = load_assignment(place)
    (place / "data" / "d.bin").write_bytes(b"e")
    with pytest.raises(SpecError) as caught:
        load_assignment(place)

    assert assignment.data == ("d.bin",)
    assert assignment.data_digests == {"d.bin": digest}
    (fault,) = caught.value.faults
    assert fault.path == "data[0]"
    assert f'"d.bin@{digest_file(place / "data/d.bin")}"' in str(fault.suggestion)


def test_a_file_is_named_once(tmp_path: Path) -> None:
    """With and without a digest it is the same file."""
    place = write(tmp_path, f'data = ["d.bin", "d.bin@sha256:{"0" * 64}"]\n' + ONE)
    (place / "data").mkdir()
    (place / "data" / "d.bin").write_bytes(b"d")
    with pytest.raises(SpecError) as caught:
        load_assignment(place)

    assert "stands there twice" in caught.value.faults[0].message


def test_every_fault_at_once(tmp_path: Path) -> None:
    """A file with many faults is told all of them, each with its path."""
    toml = """
titel = "T"
framework = "pytorch"
draws = "8"
[limits]
processes = 500
[[questions]]
id = "Q 1"
points = -1
checks = [{ use = "clos", of = "logits" }, { use = "learned", of = "epochs" }]
[[questions]]
points = 1.234
visibility = "secret"
"""
    paths = {fault.path for fault in faults_of(tmp_path, toml)}

    assert paths >= {
        "titel",
        "framework",
        "draws",
        "limits.processes",
        "questions[0].id",
        "questions[0].points",
        "questions[0].checks[0].use",
        "questions[0].checks[1].accuracy",
        "questions[1].id",
        "questions[1].points",
        "questions[1].visibility",
        "questions[1].checks",
    }


@pytest.mark.parametrize(
    ("toml", "path", "said"),
    [
        ('titel = "T"\n' + ONE.removeprefix(HEAD), "titel", 'unknown key (did you mean "title"?)'),
        (question(ponits="2"), "questions[0].ponits", "unknown key"),
        (question(points="", ponits="2"), "questions[0].ponits", 'did you mean "points"?'),
        (question(points='"2"'), "questions[0].points", "without quotes"),
        (question(points="true"), "questions[0].points", "true where points belong"),
        (question(points="2.505"), "questions[0].points", "more than two decimal places"),
        (question(points="0"), "questions[0].points", "isn't positive"),
        (question(points="inf"), "questions[0].points", "no number of points"),
        (question(points="1e999999999999999999999"), "questions[0].points", "no number of points"),
        (question(id='"Load it"'), "questions[0].id", "small letters"),
        (question(title='"a\\u001b[31m"'), "questions[0].title", "control character"),
        (question(kind='"essay"'), "questions[0].kind", '"probe", "choice"'),
        (question(prompt='"Why?"'), "questions[0].prompt", 'a question of kind "probe" has no \'prompt\''),
        (question(needs='["p"]'), "questions[0].needs", "there is no question 'p'"),
        (question(needs='["q"]'), "questions[0].needs", "needs itself"),
        (question(wall_seconds="0"), "questions[0].wall_seconds", "above 0"),
        (question(checks="[]"), "questions[0].checks", "nothing is graded"),
        (question(checks='"close"'), "questions[0].checks", "list of tables"),
        (question(checks='[{ of = "x" }]'), "questions[0].checks[0].use", "missing"),
        (question(checks='[{ use = "close" }]'), "questions[0].checks[0].of", "name the record"),
        (question(checks='[{ use = "close", of = "x", relativ = 1 }]'), "questions[0].checks[0].relativ", '"relative"'),
        (question(checks='[{ use = "close", of = "x", relative = -1 }]'), "questions[0].checks[0].relative", "bounds"),
        (question(checks='[{ use = "source", of = "x", forbid = ["eval"] }]'), "questions[0].checks[0].of", "unknown"),
        (question(checks='[{ use = "python" }]'), "questions[0].checks[0].id", "function of checks.py"),
        ("questions = []\n" + HEAD, "questions", "[[questions]]"),
        ("questions = 3\n" + HEAD, "questions", "[[questions]]"),
        (HEAD, "questions", "missing"),
        ('files = "hw9.py"\n' + ONE, "files", 'write ["hw9.py"]'),
        ('files = ["../hw9.py"]\n' + ONE, "files", "without a folder"),
        ('files = ["a.py", "a.ipynb"]\n' + ONE, "files[1]", "the same program"),
        ('files = ["a.py", "a.py"]\n' + ONE, "files", "twice"),
        ('weights = ["resnet18"]\n' + ONE, "weights", "family/model/name"),
        ('weights = ["torchvision/resnet18/V1"]\n' + ONE, "weights[0]", 'needs framework = "torch"'),
        ('data = ["palette.npy"]\n' + ONE, "data[0]", "data/ has no file 'palette.npy'"),
        ('data = ["palette.npy@sha256:12"]\n' + ONE, "data", "where its content is pinned"),
        ("draws = 0\n" + ONE, "draws", "from 1 to 1,000"),
        ("[limits]\nmemory_bytes = \"4 GiB\"\n" + ONE.replace(HEAD, ""), "limits.memory_bytes", "a whole number"),
        ("[limits]\nprocesses = 129\n" + ONE.replace(HEAD, ""), "limits.processes", "to 128"),
        ("[limits]\ngpu_memory_bytes = 1_000_000_000\n" + ONE.replace(HEAD, ""), "limits.gpu_memory_bytes", "gpus = 1"),
        ("[limits]\ngpu_share = 2\n" + ONE.replace(HEAD, ""), "limits.gpu_share", "gpus = 1"),
        ("[limits]\ngpus = 1\ngpu_share = 2\n" + ONE.replace(HEAD, ""), "limits.gpu_share", "gpu_memory_bytes"),
        ('load = "once"\n[limits]\ngpus = 1\n' + ONE.replace(HEAD, ""), "load", "each"),
        ("[variants]\nn = 3\n" + ONE.replace(HEAD, ""), "variants.n", "n = [3, 4, 5]"),
        ("[variants]\nn = [1, 1]\n" + ONE.replace(HEAD, ""), "variants.n", "twice"),
        ("[variants]\nn = [1, {a = 1}]\n" + ONE.replace(HEAD, ""), "variants.n[1]", "a table"),
        ("defaults = { id = \"x\" }\n" + ONE, "defaults.id", "single question"),
        ("defaults = { ponits = 1 }\n" + ONE, "defaults.ponits", '"points"'),
        ("defaults = 3\n" + ONE, "defaults", "a table"),
    ],
)  # fmt: skip
def test_a_fault_has_its_path_and_says_what_is_right(toml: str, path: str, said: str, tmp_path: Path) -> None:
    """One fault: where it stands, and words that help."""
    faults = {fault.path: str(fault) for fault in faults_of(tmp_path, toml)}

    assert path in faults
    assert said in faults[path]


@pytest.mark.parametrize("value", ["2026-11-20T23:59:00", "2026-11-20", "23:59:00"])
def test_a_local_time_is_refused_anywhere(value: str, tmp_path: Path) -> None:
    """A time without a zone is refused, wherever it stands."""
    top = faults_of(tmp_path, f"due = {value}\n{ONE}")
    deep = faults_of(tmp_path, f"[variants]\nn = [1, {value}]\n{ONE.replace(HEAD, '')}")

    assert any(fault.path == "due" and "without a zone" in fault.message for fault in top)
    assert any(fault.path == "variants.n[1]" and "without a zone" in fault.message for fault in deep)


def test_needs_in_a_circle(tmp_path: Path) -> None:
    """A circle of needs is shown as it runs."""
    part = '[[questions]]\nid = "{0}"\npoints = 1\nneeds = ["{1}"]\nchecks = [{{ use = "cases", of = "x" }}]\n'
    toml = HEAD + part.format("a", "b") + part.format("b", "c") + part.format("c", "a")
    probe = "".join(f"def {name}(student, given, record): pass\n" for name in "abc")

    (fault,) = faults_of(tmp_path, toml, probe)

    assert fault.path == "questions[0].needs"
    assert fault.message == "a circle: 'a' needs 'b' needs 'c' needs 'a'"


def test_checks_in_a_circle(tmp_path: Path) -> None:
    """So is one of checks."""
    checks = '[{ use = "close", of = "x", needs = ["equal"] }, { use = "equal", of = "x", needs = ["close"] }]'

    (fault,) = faults_of(tmp_path, question(checks=checks))

    assert fault.path == "questions[0].checks[0].needs"
    assert "a circle" in fault.message


def test_two_of_one_id(tmp_path: Path) -> None:
    """Two checks, or two questions, of one id are refused at the second."""
    checks = '[{ use = "close", of = "x" }, { use = "close", of = "y" }]'
    twice = question() + "[[questions]]\n" + QUESTION

    assert [fault.path for fault in faults_of(tmp_path / "a", question(checks=checks))] == ["questions[0].checks[1].id"]
    assert [fault.path for fault in faults_of(tmp_path / "b", twice)] == ["questions[1].id"]


@pytest.mark.parametrize(("first", "second", "sound"), [("1", "1", True), ("0.1", "1.9", True), ("1", "0.99", False)])
def test_points_of_checks_add_up_exactly(first: str, second: str, sound: bool, tmp_path: Path) -> None:
    """In decimals, not in floats."""
    checks = f'[{{ use = "close", of = "x", points = {first} }}, {{ use = "cases", of = "y", points = {second} }}]'

    if sound:
        assert load(tmp_path, question(checks=checks)).points == 2
    else:
        (fault,) = faults_of(tmp_path, question(checks=checks))
        assert fault.path == "questions[0].checks"
        assert "add up to 1.99, the question has 2" in fault.message


FACT = '{ use = "close", of = "x" }'
GATED = '{ use = "curve", of = "y", id = "between", needs = ["close"] }'


@pytest.mark.parametrize(
    ("checks", "path", "said"),
    [
        (f'[{FACT}, {{ use = "equal", of = "y", points = 2 }}]', "checks[1].points", 'needs = ["close"]'),
        ('[{ use = "equal", of = "y", points = 2 }]', "checks[0].points", "no check that is a fact"),
        ('[{ use = "equal", of = "y" }]', "checks", "none of them is a fact"),
        (f'[{FACT}, {{ use = "source", forbid = ["eval"], points = 2 }}]', "checks[1].points", "advice"),
        ('[{ use = "python", id = "mine", of = "y" }]', "checks", "none of them is a fact"),
        ('[{ use = "source", forbid = ["eval"] }]', "checks", "none of them is a fact"),
        ('[{ use = "source" }, { use = "close", of = "x" }]', "checks[0]", "asks for nothing"),
    ],
)
def test_claims_give_no_points_alone(checks: str, path: str, said: str, tmp_path: Path) -> None:
    """Points follow from facts; a claim gives some only where it needs a fact."""
    faults = {fault.path: str(fault) for fault in faults_of(tmp_path, question(checks=checks))}

    assert said in faults[f"questions[0].{path}"]


@pytest.mark.parametrize(
    "checks",
    [
        f'[{FACT}, {{ use = "equal", of = "y", points = 2, needs = ["close"] }}]',
        f'[{FACT}, {GATED}, {{ use = "equal", of = "y", points = 2, needs = ["between"] }}]',
        '[{ use = "python", id = "mine", of = "y", standing = "fact", points = 2 }]',
        f'[{FACT}, {{ use = "equal", of = "y" }}, {{ use = "source", forbid = ["eval"] }}]',
    ],
)
def test_claims_with_a_fact_are_sound(checks: str, tmp_path: Path) -> None:
    """Directly, through another, by the author's word, or as a gate without points."""
    assert load(tmp_path, question(checks=checks)).points == 2


def test_a_check_is_not_more_visible_than_its_question(tmp_path: Path) -> None:
    """Else a hidden question would show through its check."""
    toml = question(visibility='"hidden"', checks='[{ use = "close", of = "x", visibility = "shown" }]')

    (fault,) = faults_of(tmp_path, toml)

    assert fault.path == "questions[0].checks[0].visibility"


def test_defaults_hold_where_a_question_is_silent(tmp_path: Path) -> None:
    """A default is for every question whose kind has the key; a question's own key wins."""
    toml = """
title = "T"
defaults = { kind = "text", points = 4, words = [20, 200], visibility = "hidden" }
[[questions]]
id = "why"
prompt = "Why?"
[[questions]]
id = "count"
kind = "number"
points = 1.5
prompt = "How many?"
tolerance = 0.5
"""
    why, count = load(tmp_path, toml).questions

    assert (why.kind, why.points, why.content["words"]) == ("text", Decimal(4), (20, 200))
    assert (count.kind, count.points, count.visibility) == ("number", Decimal("1.5"), Visibility.HIDDEN)
    assert "words" not in count.content
    assert [(check.id, check.use, check.of, check.parameters) for check in count.checks] == [
        ("answer", "number", "count", {"tolerance": 0.5})
    ]


def test_a_quiz_is_answered_in_a_file_of_answers(tmp_path: Path) -> None:
    """Where an assignment doesn't say which files it grades, its kinds of questions do."""
    quiz = 'title = "T"\n[[questions]]\nid = "s"\nkind = "shape"\npoints = 1\nprompt = "Which?"\n'

    assert load(tmp_path / "quiz", quiz).files == ("answers.toml",)
    assert load(tmp_path / "both", quiz + "[[questions]]\n" + QUESTION).files == ("hw9.py", "answers.toml")


@pytest.mark.parametrize(
    ("keys", "path", "said"),
    [
        ('kind = "choice"\nprompt = "?"', "options", "missing"),
        ('kind = "choice"\nprompt = "?"\noptions = ["a"]', "options", "2 to 50"),
        ('kind = "choices"\nprompt = "?"\noptions = ["a", "a"]', "options", "twice"),
        ('kind = "choices"\nprompt = "?"\noptions = ["a", " "]', "options", "item 1: it is empty"),
        ('kind = "choice"\noptions = ["a", "b"]', "prompt", "missing"),
        ('kind = "number"\nprompt = "?"\ntolerance = "1"', "tolerance", "a number from 0"),
        ('kind = "shape"\nprompt = "?"\nunit = "m"', "unit", 'kind "number" has'),
        ('kind = "match"\nprompt = "?"\nterms = ["a", "b"]\noptions = ["x", "y"]\ncards = 1', "cards", "true or false"),
        ('kind = "match"\nprompt = "?"\nterms = ["a", "b", "c"]\noptions = ["x", "y"]', "options", "2 options for 3"),
        ('kind = "text"\nprompt = "?"\nwords = [200, 20]', "words", "out of order"),
        ('kind = "number"\nprompt = "?"\ncode = "count.py"', "code", "handout/ has no file 'count.py'"),
        ('kind = "number"\nprompt = "?"\nchecks = []', "checks", 'kind "probe" has'),
    ],
)
def test_the_fields_of_a_kind(keys: str, path: str, said: str, tmp_path: Path) -> None:
    """A quiz's questions are read as strictly, though they are graded elsewhere."""
    faults = {
        f.path: str(f) for f in faults_of(tmp_path, f'title = "T"\n[[questions]]\nid = "q"\npoints = 1\n{keys}\n')
    }

    assert said in faults[f"questions[0].{path}"]


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        ("", "probe.py has no function 'q' (add def q(student, given, record))"),
        ("def question(student, given, record): pass", "has no function 'q'"),
        ("def q(student): pass", "can't be called with (student, given, record)"),
        ("def q(student, given, record, *, more): pass", "can't be called"),
        (PROBE + PROBE, "more than once, on lines 1 and 3"),
        ("def q(student given):\n    pass", "line 1"),
    ],
)
def test_the_probe_has_a_function_for_each_question(probe: str, said: str, tmp_path: Path) -> None:
    """Without importing it."""
    assert said in str(faults_of(tmp_path, ONE, probe)[0])


def test_a_misspelt_function_of_the_probe_is_named(tmp_path: Path) -> None:
    """The near miss, with its line."""
    toml = ONE.replace('"q"', '"optimizer"')

    (fault,) = faults_of(tmp_path, toml, "\n\ndef optimiser(student, given, record): pass")

    assert "it has 'optimiser' on line 3; is that a typo?" in str(fault)


@pytest.mark.parametrize("probe", ["from m import q", "from m import *", "q = make()", "def q(*all): pass", PROBE])
def test_a_probe_may_bind_a_question_in_another_way(probe: str, tmp_path: Path) -> None:
    """An import or an assignment is believed: what it is shows when it runs."""
    assert load(tmp_path, ONE, probe).points == 2


def test_the_probe_is_not_run(tmp_path: Path) -> None:
    """Reading an assignment imports nothing of it."""
    assert load(tmp_path, ONE, "raise SystemExit('run')\n" + PROBE).points == 2


def test_a_probe_that_is_not_there(tmp_path: Path) -> None:
    """The missing file is named with what it would define."""
    place = write(tmp_path, ONE)
    (place / "probe.py").unlink()

    with pytest.raises(SpecError) as caught:
        load_assignment(place)

    assert caught.value.faults[0].path == "probe.py"
    assert "it defines q" in str(caught.value.faults[0])


LEARNED = question(checks='[{ use = "learned", of = "e", accuracy = 0.5 }, { use = "python", id = "mine" }]')


def test_the_private_folder_has_what_the_checks_need(tmp_path: Path) -> None:
    """A solution, and the functions of predict.py, checks.py and data.py."""
    reference = tmp_path / "reference"
    absent = {fault.path for fault in faults_of(tmp_path, LEARNED, reference=reference)}
    reference.mkdir()
    empty = {fault.path for fault in faults_of(tmp_path, LEARNED, reference=reference)}
    (reference / "solution").mkdir()
    (reference / "data.py").write_text("def data(draw): ...", "utf-8")
    (reference / "predict.py").write_text("def q(given, tensors): ...", "utf-8")
    (reference / "checks.py").write_text("def mine(student, reference): ...", "utf-8")
    wrong = faults_of(tmp_path, LEARNED, reference=reference)
    (reference / "checks.py").write_text("def mine(student, reference, kept): ...", "utf-8")

    assert absent == {"reference"}
    assert empty == {"reference", "predict.py", "checks.py", "data.py"}
    assert [fault.path for fault in wrong] == ["questions[0].checks[1].id"]
    assert load(tmp_path, LEARNED, reference=reference).reference == reference


def test_a_folder_without_an_assignment(tmp_path: Path) -> None:
    """It is said which file makes a folder an assignment."""
    with pytest.raises(SpecError, match=r"has no assignment\.toml"):
        load_assignment(tmp_path)


def test_a_folder_whose_name_is_no_name(tmp_path: Path) -> None:
    """The folder's name is the assignment's, so it has to be one."""
    place = write(tmp_path, ONE).rename(tmp_path / "home work 1")

    with pytest.raises(SpecError) as caught:
        load_assignment(place)

    assert [fault.path for fault in caught.value.faults] == ["the folder's name"]


def test_the_digest_is_of_what_decides_about_points(tmp_path: Path) -> None:
    """assignment.toml, probe.py and data/ are in it; the handout, caches and the folder's place aren't."""
    place = write(tmp_path, ONE)
    first = load_assignment(place).digest
    (place / "handout").mkdir()
    (place / "handout" / "hw9.py").write_text("pass", "utf-8")
    (place / "data" / "__pycache__").mkdir(parents=True)
    (place / "data" / "__pycache__" / "x.pyc").write_bytes(b"x")
    moved = load_assignment(place.rename(tmp_path / "hw8")).digest
    (tmp_path / "hw8" / "data" / "more.csv").write_text("1", "utf-8")

    assert first == moved
    assert load_assignment(tmp_path / "hw8").digest != first


def test_hw1_is_sound() -> None:
    """The assignment that comes with the project, with its private folder."""
    root = Path(__file__).parents[2]

    assignment = load_assignment(root / "assignments" / "hw1", reference=root / "reference" / "hw1")

    assert assignment.points == 15
    assert [question.id for question in assignment.questions][:2] == ["load", "head"]
