"""What the libraries do in a run without a network: they find the vault's files where they keep their caches."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from grader.evidence import read_evidence
from grader.evidence.model import QuestionEvidence
from grader.limits import GIB, Limits
from grader.sandbox import (
    Interpreter,
    Job,
    Launch,
    ProcessSandbox,
    RunRequest,
    Sandbox,
    choose_sandbox,
    find_interpreter,
)
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.weights import Vault, find_checkpoint
from grader.weights.provision import make_standin
from tests.weights.places import MOBILENET, RESNET18

pytestmark = pytest.mark.slow

PROBE = """
def look(student, given, record):
    record.model("model", student.load())
"""
TORCHVISION = """
import torchvision

def load():
    return torchvision.models.resnet18(weights="IMAGENET1K_V1")
"""
KERAS = """
import keras

def load():
    return keras.applications.MobileNetV2(weights="imagenet", include_top=False, input_shape=(96, 96, 3))
"""
SANDBOXES = [
    pytest.param(
        "bubblewrap",
        marks=[
            pytest.mark.bubblewrap,
            pytest.mark.skipif(find_bubblewrap_trouble() is not None, reason=str(find_bubblewrap_trouble())),
        ],
    ),
    "process",
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for the module: a stand-in is made once."""
    return tmp_path_factory.mktemp("home")


def expect_interpreter(framework: str) -> Interpreter:
    """The environment of a framework; a test that has none is skipped with what would make one."""
    from grader.errors import ProvisionError

    try:
        return find_interpreter(framework)
    except ProvisionError as error:
        pytest.skip(error.message)


def look(sandbox: Sandbox, interpreter: Interpreter, vault: Vault, name: str, source: str) -> QuestionEvidence:
    """What a run that loads a model with its weights leaves."""
    limits = Limits(wall_seconds=120, load_seconds=120, memory_bytes=4 * GIB)
    launch = Launch(
        interpreter=interpreter, mounts=vault.mounts([name]), environment=vault.environment([name]), limits=limits
    )
    header = {
        "role": "grade",
        "framework": interpreter.framework,
        "program": {"path": "hw.py", "kind": "script", "source": source},
        "probe": PROBE,
        "load": "each",
        "load_seconds": 120.0,
        "questions": [{"id": "look", "function": "look", "wall_seconds": 120.0}],
        "draw": "00" * 16,
        "seed": 1,
        "values": {},
        "variant": {},
        "weights": vault.inside([name]),
        "threads": 1,
        "parallel": 1,
        "evidence_bytes": limits.evidence_bytes,
        "output_bytes": limits.output_bytes,
        "fork": True,
    }
    result = sandbox.run(RunRequest(launch=launch, job=Job(header=header)))
    evidence = read_evidence(result.frames, questions=("look",), exit=result.exit, fault=result.frames_fault)
    left = evidence.questions["look"]
    assert left.finished, (left.problem, left.output, result.guest_stderr)
    return left


def count_digests(left: QuestionEvidence) -> Mapping[str, int]:
    """The digests of a recorded model's tensors, and how many have each."""
    digests = [tensor["digest"] for tensor in left.records["model"]["tensors"]]
    return {digest: digests.count(digest) for digest in digests}


@pytest.mark.parametrize("named", SANDBOXES)
def test_torchvision_finds_its_checkpoint(home: Path, named: str) -> None:
    """A student's `resnet18(weights="IMAGENET1K_V1")` has the vault's very tensors."""
    interpreter, vault = expect_interpreter("torch"), Vault(home)
    make_standin(RESNET18, vault=vault, sandbox=ProcessSandbox(), interpreter=interpreter)
    left = look(choose_sandbox(named), interpreter, vault, RESNET18, TORCHVISION)

    assert count_digests(left) == vault.checkpoints([RESNET18])[RESNET18]


@pytest.mark.tensorflow
@pytest.mark.parametrize("named", SANDBOXES)
def test_keras_finds_its_checkpoint(home: Path, named: str) -> None:
    """A student's `MobileNetV2(weights="imagenet")` has the vault's very tensors."""
    interpreter, vault = expect_interpreter("tensorflow"), Vault(home)
    make_standin(MOBILENET, vault=vault, sandbox=ProcessSandbox(), interpreter=interpreter)
    left = look(choose_sandbox(named), interpreter, vault, MOBILENET, KERAS)

    assert find_checkpoint(MOBILENET).framework == "tensorflow"
    assert set(count_digests(left)) == set(vault.checkpoints([MOBILENET])[MOBILENET])
