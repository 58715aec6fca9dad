"""A sound course gives no finding; each unsound one gives its own."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.collect import Workshop
from grader.draws import load_data, name_draw
from grader.errors import SandboxError
from grader.sandbox import BubblewrapSandbox, FakeSandbox, ProcessSandbox, RunRequest
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.validate import Options, Place, Severity, Stage, validate_assignment
from grader.validate.bench import Bench
from grader.validate.mutation.make import make_mutants
from tests.validate.courses import QUICK, SLUG, SOLUTION, Course, make_course, open_workshop

Unsound = Callable[[Course], None]
WHOLE = Options(seeds=3, draws=2, mutants=60)
HIDDEN_CHANCE = '''

import random


def learn(points):
    """One epoch of a perceptron on five points: what it gets right afterwards."""
    weights = [random.uniform(-1, 1), random.uniform(-1, 1)]
    right = 0
    for one, two, label in points:
        said = 1 if weights[0] * one + weights[1] * two > 0 else 0
        right += said == label
        weights = [weights[0] + 0.001 * (label - said) * one, weights[1] + 0.001 * (label - said) * two]
    return right / len(points)
'''


def ask_for_accuracy(course: Course) -> None:
    """The practice problem whose printed accuracy is 0.20 under one seed and 0.00 under another."""
    course.change("reference:solution/tides.py", "def centre", HIDDEN_CHANCE.lstrip() + "\n\ndef centre")
    course.change("tides:assignment.toml", 'id = "centre"', 'id = "learn"\npoints = 1\nchecks = [{ use = "cases", '
                  'of = "accuracies", at_least = 0.5 }]\n\n[[questions]]\nid = "centre"')  # fmt: skip
    probe = '\n\ndef learn(student, given, record):\n    """One accuracy."""\n'
    probe += (
        '    points = [[given.rate("x", 0.1, 9, case=c), -given.rate("y", 0.1, 9, case=c), c % 2] for c in range(5)]\n'
    )
    probe += '    record.answers("accuracies", [student.learn(points), 1])\n'
    course.write("tides:probe.py", (course.public / "probe.py").read_text("utf-8") + probe)
    course.change("reference:variants/sums/tides.py", "def centre", HIDDEN_CHANCE.lstrip() + "\n\ndef centre")
    for name in ("triples", "includes_the_border", "adds_up"):
        course.change(f"reference:mutants/{name}/tides.py", "def centre", HIDDEN_CHANCE.lstrip() + "\n\ndef centre")


def let_seed_decide(course: Course) -> None:
    """The same, every case of it counted: under another seed the solution loses its points."""
    ask_for_accuracy(course)
    course.change("tides:assignment.toml", ", at_least = 0.5", "")


def spoil_check(course: Course) -> None:
    """The solution is held to a rule that it breaks."""
    course.change("tides:assignment.toml", '{ use = "cases", of = "doubles" }', '{ use = "cases", of = "doubles" }, '
                  '{ use = "curve", of = "doubles", high = 1 }')  # fmt: skip


def ask_one_thing(course: Course) -> None:
    """Every interval is wide."""
    course.change("reference:data.py", "[1, 2, 3, 4, 5, 6] * 4", "[4, 5, 6, 7] * 6")


def let_one_number_decide(course: Course) -> None:
    """All intervals begin at 0, so their end alone decides."""
    course.change("reference:data.py", "draw.rng.integers(0, 40, 24)", "[0] * 24")


def publish_array(course: Course) -> None:
    """What is kept is the public data."""
    heights = np.random.default_rng(3).normal(5, 2, (4, 6))
    course.write("tides:handout/heights.bin", b"head" + (heights[::-1] + 0.25).tobytes())
    course.change("reference:data.py", "draw.rng.normal(5, 2, (4, 6))", "np.random.default_rng(3).normal(5, 2, (4, 6))")
    course.change("reference:data.py", "\n\n\ndef data", "\n\nimport numpy as np\n\n\ndef data")


def print_values(course: Course) -> None:
    """The same, rounded, in a text."""
    publish_array(course)
    (course.public / "handout/heights.bin").unlink()
    heights = np.random.default_rng(3).normal(5, 2, (4, 6))
    course.write("tides:handout/notes.md", f"Heights: {', '.join(f'{one:.4f}' for one in heights[1] + 0.25)}\n")


def print_answers(course: Course) -> None:
    """Expected words, in order, in the notebook's neighbour."""
    course.change(
        "reference:data.py",
        "draw.rng.permutation([1, 2, 3, 4, 5, 6] * 4)",
        "np.random.default_rng(7).permutation([1, 6] * 12)",
    )
    course.change("reference:data.py", "\n\n\ndef data", "\n\nimport numpy as np\n\n\ndef data")
    gaps = np.random.default_rng(7).permutation([1, 6] * 12)
    course.write("tides:handout/notes.md", str(["wide" if gap > 3 else "narrow" for gap in gaps]))


def give_solution_away(course: Course) -> None:
    """A function of the handout is the solution's."""
    course.change(
        "tides:handout/tides.py",
        '    """The mean."""\n',
        '    """Mean."""\n' + SOLUTION.split('    """The mean."""\n')[1],
    )


def quote_reference(course: Course) -> None:
    """A line of the reference's data in the notes: no value, no function."""
    course.write("tides:handout/notes.md", "Then  gap = interval['high'] - interval['low']  is found.\n")
    course.change("reference:solution/tides.py", 'interval["high"] - interval["low"]',
                  "interval['high'] - interval['low']")  # fmt: skip


def answer_in_handout(course: Course) -> None:
    """A question's answer, otherwise put: no search finds it."""
    course.change(
        "tides:handout/tides.py",
        '    """The mean."""\n',
        '    """The mean."""\n    import statistics\n\n    return statistics.fmean(numbers)\n',
    )


def let_handout_drift(course: Course) -> None:
    """The solution has marked parts, and the handout isn't what it gives."""
    course.change("reference:solution/tides.py", "    return 2 * number",
                  "    # BEGIN SOLUTION\n    return 2 * number\n    # END SOLUTION")  # fmt: skip


def make_slow(course: Course) -> None:
    """The solution takes half of its time."""
    course.change("tides:assignment.toml", "points = 1\n", "points = 1\nwall_seconds = 2\n")
    course.change("reference:solution/tides.py", "    return 2 * number", "    import time\n\n    time.sleep(0.15)\n"
                  "    return 2 * number")  # fmt: skip


def break_variant(course: Course) -> None:
    """A right solution that isn't."""
    course.change("reference:variants/sums/tides.py", "number + number", "number + 1")


def break_mutant(course: Course) -> None:
    """A mutant that is the solution."""
    course.write("reference:mutants/triples/tides.py", SOLUTION)


def forget_mutant(course: Course) -> None:
    """Nobody wrote a mutant for a question."""
    for path in (course.private / "mutants/triples").iterdir():
        path.unlink()
    (course.private / "mutants/triples").rmdir()


def add_idle_check(course: Course) -> None:
    """A check that no mutant fails."""
    course.change("tides:assignment.toml", '{ use = "close", of = "centres" }', '{ use = "close", of = "centres" }, '
                  '{ use = "same_shape", of = "centres" }')  # fmt: skip


def add_twin(course: Course) -> None:
    """Two checks of one thing."""
    course.change("tides:assignment.toml", '{ use = "cases", of = "doubles" }', '{ use = "cases", of = "doubles" }, '
                  '{ use = "cases", of = "doubles", id = "again" }')  # fmt: skip
    course.add_mutant("triples", "2 * number", "3 * number", "double.cases", "double.again")


def raise_in_check(course: Course) -> None:
    """The author's check divides by what it is given."""
    course.change("tides:assignment.toml", '{ use = "cases", of = "doubles" }', '{ use = "cases", of = "doubles" }, '
                  '{ use = "python", id = "ratio" }')  # fmt: skip
    course.write("reference:checks.py", '"""Own."""\n\nfrom grader.checks import passed\n\n\n'
                 'def ratio(student, reference, kept):\n    """A ratio."""\n'
                 '    if student.records["doubles"]["value"][0] is None:\n        raise ValueError("nothing")\n'
                 "    return passed()\n")  # fmt: skip


def break_specification(course: Course) -> None:
    """Two faults at once."""
    course.change("tides:assignment.toml", "draws = 2", 'draws = "two"\nmade_up = 1')


def break_mutant_file(course: Course) -> None:
    """A mutant that names a check which isn't there."""
    course.change("reference:mutants/triples/mutant.toml", "double.cases", "double.case")


def break_handout(course: Course) -> None:
    """A script that doesn't parse."""
    course.change("tides:handout/tides.py", "def width(interval):", "def width(interval:")


def break_notebook(course: Course) -> None:
    """A notebook with a cell that doesn't parse; magics are no fault."""
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
        for source in ("%matplotlib inline\nx = 1\n!ls", "def double(number):\nreturn 2")
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    course.write("tides:handout/tides.ipynb", json.dumps(notebook))


def lose_handout(course: Course) -> None:
    """There is none."""
    (course.public / "handout/tides.py").unlink()


def fail_to_finish(course: Course) -> None:
    """The solution raises."""
    course.change("reference:solution/tides.py", "return total / len(numbers)", "return total / 0")


UNSOUND: dict[str, tuple[Unsound, Options, Severity, str, str]] = {
    "specification": (break_specification, QUICK, Severity.ERROR, "unsound", "made_up"),
    "mutant file": (break_mutant_file, QUICK, Severity.ERROR, "unsound", "mutant.toml"),
    "handout": (break_handout, QUICK, Severity.ERROR, "handout", "handout/tides.py"),
    "notebook": (break_notebook, QUICK, Severity.ERROR, "handout", "handout/tides.ipynb"),
    "no handout": (lose_handout, QUICK, Severity.WARNING, "no_handout", "handout/tides.py"),
    "unfinished": (fail_to_finish, QUICK, Severity.ERROR, "reference", "solution: centre"),
    "reference": (spoil_check, QUICK, Severity.ERROR, "reference", "double.curve"),
    "seed": (let_seed_decide, Options(seeds=8, draws=1, mutants=0), Severity.ERROR, "seed_decides", "learn.cases"),
    "chance": (ask_for_accuracy, Options(seeds=8, draws=1, mutants=0), Severity.ERROR, "chance", "learn.cases"),
    "constant": (ask_one_thing, QUICK, Severity.ERROR, "constant", "width.cases"),
    "one number": (let_one_number_decide, QUICK, Severity.WARNING, "one_number", "width.cases"),
    "bytes": (publish_array, QUICK, Severity.ERROR, "leak", "handout/heights.bin"),
    "values": (print_values, QUICK, Severity.ERROR, "leak", "handout/notes.md"),
    "answers": (print_answers, QUICK, Severity.ERROR, "leak", "handout/notes.md"),
    "solution": (give_solution_away, QUICK, Severity.ERROR, "solution", "handout/tides.py"),
    "quoted": (quote_reference, QUICK, Severity.ERROR, "release", "handout/notes.md"),
    "answered": (answer_in_handout, QUICK, Severity.ERROR, "release", "handout/tides.py"),
    "drifted": (let_handout_drift, QUICK, Severity.ERROR, "release", "assignments/tides/handout"),
    "slow": (make_slow, QUICK, Severity.WARNING, "cost", "double"),
    "variant": (break_variant, QUICK, Severity.ERROR, "trial_variant", "variant sums"),
    "mutant": (break_mutant, QUICK, Severity.ERROR, "trial_mutant", "mutant triples"),
    "question without a mutant": (forget_mutant, QUICK, Severity.WARNING, "no_mutant", "double"),
    "idle check": (add_idle_check, QUICK, Severity.WARNING, "untried", "centre.same_shape"),
    "twin": (add_twin, QUICK, Severity.NOTE, "redundant", "double.again"),
    "raising check": (raise_in_check, WHOLE, Severity.WARNING, "check_raises", "double.ratio"),
}


def test_a_sound_course_gives_no_finding(course: Course, workshop: Workshop) -> None:
    """Every stage is there and says what it looked at; all generated mutants are caught."""
    validation = course.validate(workshop, WHOLE)
    mutation = next(stage for stage in validation.stages if stage.stage is Stage.MUTATION)

    assert validation.findings == ()
    assert validation.sound and not validation.hindered
    assert [stage.stage for stage in validation.stages] == list(Stage)
    assert len(mutation.facts["tried"]) > 15
    assert all(mutant["caught_by"] for mutant in mutation.facts["tried"])


@pytest.mark.parametrize("name", UNSOUND)
def test_an_unsound_course_gives_its_finding(name: str, course: Course, workshop: Workshop) -> None:
    """It is named, with where it is, how much it matters and what to do; an error makes the assignment unsound."""
    change, options, severity, code, where = UNSOUND[name]
    change(course)
    validation = course.validate(workshop, options)
    found = [finding for finding in validation.findings if finding.code == code and where in finding.where]

    assert found, [(finding.code, finding.where, finding.what) for finding in validation.findings]
    assert all(finding.severity is severity for finding in found)
    assert all(finding.what for finding in found)
    assert validation.sound == (severity is not Severity.ERROR)


def test_all_faults_of_a_specification_at_once(course: Course, workshop: Workshop) -> None:
    """Both are told, and nothing is run."""
    break_specification(course)
    validation = course.validate(workshop)

    assert {finding.where for finding in validation.findings} == {"draws", "made_up"}
    assert [stage.stage for stage in validation.stages] == [Stage.SPECIFICATION]


def test_the_accuracy_of_one_epoch_is_found(course: Course, workshop: Workshop) -> None:
    """What it was under the seeds is told: an author sees that no value is right."""
    ask_for_accuracy(course)
    validation = course.validate(workshop, Options(seeds=8, draws=1, mutants=0))
    finding = next(finding for finding in validation.findings if finding.code == "chance")

    assert "changes from seed to seed" in finding.what
    assert "times" in finding.details[0]
    assert not any(finding.code == "chance" and "double" in finding.where for finding in validation.findings)


def test_a_survivor_is_told_with_its_difference(course: Course, workshop: Workshop) -> None:
    """Where the border is never asked, moving it survives; accepted with a reason, it is silent; else it goes stale."""
    course.change("reference:data.py", "[1, 2, 3, 4, 5, 6] * 4", "[1, 2, 5, 6] * 6")
    validation = course.validate(workshop, WHOLE)
    survivors = [finding for finding in validation.findings if finding.code == "survivor"]
    names = [finding.what.split()[0] for finding in survivors]

    assert names
    assert validation.stages[-2].summary.startswith(f"{27 - len(names)} of 27 caught (")
    assert any("+    if gap >= 3:" in finding.details for finding in survivors)
    assert all("(width)" in finding.where for finding in survivors)

    entries = "".join(f'[[accepted]]\nmutant = "{name}"\nreason = "No such gap."\n' for name in [*names, "gone.x.1"])
    course.write("reference:accepted.toml", entries)
    again = course.validate(workshop, WHOLE)
    stale = [finding for finding in again.findings if finding.code == "stale"]

    assert not [finding for finding in again.findings if finding.code == "survivor"]
    assert [finding.where for finding in stale] == ["accepted.toml: gone.x.1"]


def test_a_mutant_that_never_ends_is_told_apart(course: Course, workshop: Workshop) -> None:
    """It is caught by the clock, and the sum says how many were."""
    course.change(
        "tides:assignment.toml", 'id = "double"\npoints = 1\n', 'id = "double"\npoints = 1\nwall_seconds = 2\n'
    )
    loop = "    twice = 0\n    while twice < 2 * number:\n        twice += 2\n    return twice\n"
    course.change("reference:solution/tides.py", "    return 2 * number\n", loop)
    validation = course.validate(workshop, Options(seeds=1, draws=1, mutants=60))
    stage = next(stage for stage in validation.stages if stage.stage is Stage.MUTATION)
    mutant = next(one for one in stage.facts["tried"] if "-        twice += 2" in one["difference"])

    assert mutant["caught_by"] == ["double"]
    assert mutant["ended"] == {"double": "wall_limit"}
    assert " by their time alone" in stage.summary


def test_an_accepted_mutant_that_is_caught_is_stale(course: Course, workshop: Workshop) -> None:
    """The reason has gone: the entry should, too."""
    made = make_mutants(SOLUTION, {"double": frozenset({"double"})})
    course.write("reference:accepted.toml", f'[[accepted]]\nmutant = "{made[0].name}"\nreason = "None."\n')
    validation = course.validate(workshop, WHOLE)
    stale = [finding for finding in validation.findings if finding.code == "stale"]

    assert [finding.where for finding in stale] == [f"accepted.toml: {made[0].name}"]
    assert "double.cases" in stale[0].what


def test_faults_of_accepted_are_told_with_the_specification(course: Course, workshop: Workshop) -> None:
    """A wrong key, a missing reason, an entry that stands there twice."""
    entry = '[[accepted]]\nmutant = "a.b.c"\n'
    course.write("reference:accepted.toml", f"other = 1\n{entry}reason = 'r'\n{entry}reason = 's'\n{entry}")
    found = course.validate(workshop).findings

    assert {finding.where for finding in found} == {
        "accepted.toml: other",
        "accepted.toml: accepted[1].mutant",
        "accepted.toml: accepted[2].mutant",
        "accepted.toml: accepted[2].reason",
    }


def test_without_a_reference(course: Course, workshop: Workshop) -> None:
    """What isn't here is no fault of the assignment's: it couldn't be looked at whole."""
    course.private.rename(course.root / "elsewhere")
    validation = course.validate(workshop)

    assert validation.hindered
    assert [finding.code for finding in validation.findings] == ["not_here"]


def test_without_its_weights(course: Course, workshop: Workshop) -> None:
    """Weights that aren't in the vault are named, with what gets them."""
    course.change(
        "tides:assignment.toml", "draws = 2", 'framework = "torch"\nweights = ["torchvision/resnet18/IMAGENET1K_V1"]'
    )
    validation = course.validate(workshop)
    finding = next(finding for finding in validation.findings if finding.code == "weights")

    assert validation.hindered
    assert finding.where == "torchvision/resnet18/IMAGENET1K_V1"
    assert "grade weights fetch tides" in finding.remedy


def test_weights_that_nobody_knows(course: Course, workshop: Workshop) -> None:
    """That is a fault of the assignment's, not of this machine's."""
    course.change(
        "tides:assignment.toml", "draws = 2", 'framework = "torch"\nweights = ["torchvision/resnet18/MADE_UP"]'
    )
    validation = course.validate(workshop)

    assert validation.unsound and not validation.hindered
    assert "torchvision/resnet18/MADE_UP" in validation.findings[0].what


def test_another_seed_gives_the_same_inputs(course: Course, workshop: Workshop) -> None:
    """A variation of a draw changes what generators start from, and nothing that is asked."""
    assignment = course.load()
    draw = name_draw(assignment, 0, secret=workshop.secret)
    other = Bench(assignment, workshop).name_draw(0, 3)

    assert (other.key, other.data_key) == (draw.key, draw.data_key)
    assert other.seed != draw.seed
    assert Bench(assignment, workshop).name_draw(0).seed == draw.seed
    assert load_data(assignment, other).values == load_data(assignment, draw).values


def test_a_second_time_nothing_runs(course: Course, tmp_path: Path) -> None:
    """Results are cached by content: the second validation starts no guest."""
    with open_workshop(tmp_path / "home") as workshop:
        first = course.validate(workshop, WHOLE)
        entries = sorted((tmp_path / "home/reference").iterdir())
        second = course.validate(workshop, WHOLE)

        assert sorted((tmp_path / "home/reference").iterdir()) == entries
    assert second == first


def test_in_several_sandboxes(course: Course, workshop: Workshop, tmp_path: Path) -> None:
    """The solution runs on every draw in each of them; where it fails is told."""
    home = tmp_path / "other"
    other = replace(workshop, sandbox=ProcessSandbox(), home=home)
    place = Place(slug=SLUG, folder=course.public, reference=course.private)
    options = Options(seeds=1, draws=2, mutants=0)
    validation = validate_assignment(place, workshops=[workshop, other], options=options)
    reference = next(stage for stage in validation.stages if stage.stage is Stage.REFERENCE)

    assert validation.findings == ()
    assert [(run["draw"], run["sandbox"]) for run in reference.facts["runs"]] == [
        (0, workshop.sandbox.name),
        (1, workshop.sandbox.name),
        (0, "process"),
        (1, "process"),
    ]
    assert len(list((home / "reference").iterdir())) == 2


def test_a_sandbox_that_fails(course: Course, workshop: Workshop, tmp_path: Path) -> None:
    """Nothing is known then: it is told as ours, and no run is compared."""

    def fail(request: RunRequest) -> bytes:
        raise SandboxError("no room left")

    broken = replace(workshop, sandbox=FakeSandbox(fail), home=tmp_path / "home")
    validation = course.validate(broken, Options(seeds=5, draws=2))
    finding = validation.findings[0]

    assert validation.hindered
    assert (finding.code, finding.what, finding.ours) == ("not_here", "no room left", True)
    assert validation.stages[-1].stage is Stage.REFERENCE


def test_a_quiz_goes_through_every_stage(course: Course, workshop: Workshop) -> None:
    """Its key is the solution's answers; a wrong answer is its mutant; without a key it is unsound."""
    course.write(
        "tides:assignment.toml",
        'title = "Quiz"\n\n[[questions]]\nid = "high"\npoints = 1\nkind = "choice"\n'
        'prompt = "When?"\noptions = ["a", "b"]\n',
    )
    for path in sorted(
        [*(course.private / "mutants").rglob("*"), *(course.private / "variants").rglob("*")], reverse=True
    ):
        path.rmdir() if path.is_dir() else path.unlink()
    without = course.validate(workshop)
    (course.private / "solution" / "answers.toml").write_text('high = "a"\n')
    wrong = course.private / "mutants" / "other"
    wrong.mkdir(parents=True)
    (wrong / "answers.toml").write_text('high = "b"\n')
    (wrong / "mutant.toml").write_text('mistake = "The other one."\nfails = ["high.answer"]\n')
    sound = course.validate(workshop)

    assert [finding.code for finding in without.findings] == ["reference"]
    assert sound.findings == ()
    assert sound.stages[-1].stage is Stage.COVERAGE


@pytest.mark.bubblewrap
def test_in_bubblewrap(tmp_path: Path) -> None:
    """The sound course in the real sandbox, cold guests and all."""
    if trouble := find_bubblewrap_trouble():
        pytest.skip(trouble.text)
    with open_workshop(tmp_path / "home", sandbox=BubblewrapSandbox()) as workshop:
        validation = make_course(tmp_path / "course").validate(workshop, Options(seeds=2, draws=2, mutants=8))

    assert validation.findings == ()
    assert "bubblewrap" in validation.stages[3].summary
