"""quiz1's and recall1's keys, variants and mutants through real sandboxes: each comes out as it says."""

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.answers import NOTHING_RAN, settle_answers
from grader.check_assignment import TrialResult, check_assignment
from grader.collect import Workshop
from grader.draws import load_data, name_draw
from grader.errors import ProvisionError
from grader.guest.torchvision_operators import define_operators
from grader.ingest import read_submission
from grader.quiz import Judge
from grader.reference import obtain_reference
from grader.sandbox import BubblewrapSandbox, ProcessSandbox, find_interpreter
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.weights.vault import Vault
from tests.assignments.course import ROOT
from tests.assignments.test_quizzes_material import QUIZZES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """A workshop in a home of its own, so that the key is computed once."""
    try:
        find_interpreter("torch")
    except ProvisionError as error:
        pytest.skip(error.message)
    home = tmp_path_factory.mktemp("home")
    sandbox = ProcessSandbox() if find_bubblewrap_trouble() else BubblewrapSandbox()
    yield Workshop(sandbox=sandbox, find_interpreter=find_interpreter, vault=Vault(home), home=home, secret=b"tests")


@pytest.mark.parametrize("slug", list(QUIZZES))
def test_everything_comes_out_as_it_says(slug: str, workshop: Workshop) -> None:
    """The key and the right variants earn everything, each mutant fails exactly what it names."""
    results: list[TrialResult] = check_assignment(QUIZZES[slug], workshop=workshop)

    assert len(results) >= 9
    assert [(result.trial.name, result.missed, result.unexpected) for result in results if not result.sound] == []


def test_the_computed_key_is_the_written_one(workshop: Workshop) -> None:
    """What torch says of each question is what the written variant says."""
    quiz = QUIZZES["quiz1"]
    draw = name_draw(quiz, 0, secret=workshop.secret)
    key = Judge(obtain_reference(quiz, draw=draw, data=load_data(quiz, draw), workshop=workshop))
    written = read_submission(ROOT / "reference/quiz1/variants/as_toml", files=quiz.files)
    other = Judge(settle_answers(quiz, written.sheet, NOTHING_RAN, programs=False))
    solutions: dict[str, Any] = {question.id: key.find_solution(question) for question in quiz.questions}

    assert solutions == {question.id: other.find_solution(question) for question in quiz.questions}
    assert (solutions["frozen_count"], solutions["prediction_shape"]) == (5130, [1, 1000])


def test_the_multiplications_of_the_explanation(workshop: Workshop) -> None:
    """The four models, with the numbers of the explanation."""
    define_operators()
    from torchvision import models  # here: what it looks for is defined first

    count = runpy.run_path(str(Path(ROOT / "reference/quiz1/solution/answers.py")))["count_multiplications"]
    text = QUIZZES["quiz1"].questions[18].explanation or ""
    counted = [round(count(build) / 1e9, 1) for build in (models.mobilenet_v2, models.resnet152, models.vgg16)]

    assert counted == [0.3, 11.5, 15.5]
    assert all(str(number) in text for number in counted)
    assert count(models.vit_b_16) > 11e9
