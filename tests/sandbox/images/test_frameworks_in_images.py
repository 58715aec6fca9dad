"""Real images: runs of a framework in the one that `grade image build` made, and what lies in it."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from grader.errors import ProvisionError
from grader.sandbox import DockerSandbox, Launch, RunRequest, WarmSandbox, find_interpreter
from grader.sandbox.docker.daemon import Daemon, connect_daemon, find_docker_trouble
from grader.sandbox.images import Image, choose_image, list_images
from tests.evidence.same import list_differences
from tests.sandbox.test_warm_frameworks import KERAS, KERAS_PROBE, LIMITS, NOTEBOOK, RIG, TORCH, TORCH_PROBE, run

LIST_FOREIGN = """
find / -xdev \\( -name '*.whl' -o -name 'pip.conf' -o -name '.netrc' \\) -not -path '/usr/share/python-wheels/*' ;
find / -xdev -type f -perm /6000 ;
find / -xdev \\( -name 'assignment.toml' -o -path '*/reference/*/solution*' -o -path '/build*' \\) ;
"""


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    """This machine's daemon."""
    trouble = find_docker_trouble()
    if trouble is not None:
        pytest.skip(trouble.message)
    found = connect_daemon()
    with closing(found.api):
        yield found


def expect_image(daemon: Daemon, framework: str) -> Image:
    """The image for a framework's runs, or a skip that says what makes one."""
    image = choose_image(list_images(daemon, framework))
    if image is None:
        pytest.skip(f"there is no image of {framework} with this guest; run scripts/make-images")
    return image


@pytest.mark.slow
@pytest.mark.parametrize(
    ("framework", "source", "changes"),
    [("tensorflow", KERAS, {}), ("torch", TORCH, {}), ("torch", "", {"program": NOTEBOOK})],
    ids=["keras", "torch", "notebook"],
)
def test_a_framework_runs_in_its_image(daemon: Daemon, framework: str, source: str, changes: dict[str, Any]) -> None:
    """Operations while loading, training, workers, a notebook: finished, warm as cold, with the pinned packages."""
    image = expect_image(daemon, framework)
    try:
        launch = Launch(interpreter=find_interpreter(framework), limits=LIMITS)
    except ProvisionError as error:
        pytest.skip(error.message)
    probe = KERAS_PROBE if framework == "tensorflow" else TORCH_PROBE
    job = RIG.make_job(source, probe, {"train": 240.0}, LIMITS, framework=framework, **changes)
    request = RunRequest(launch=launch, job=job)
    sandbox = DockerSandbox(image={framework: image.id})
    cold, bound = run(sandbox, request), run(DockerSandbox(), request)
    with WarmSandbox(sandbox) as warm:
        forked = run(warm, request)

    assert cold.questions["train"].finished, cold.questions["train"]
    assert list_differences(cold, forked) == []
    assert cold.packages == bound.packages


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_nothing_else_is_in_an_image(daemon: Daemon, framework: str) -> None:
    """No wheel, no setting of pip's, nothing of an assignment, no rights to gain; no layer tells of an index."""
    image = expect_image(daemon, framework)
    history = [str(step.get("CreatedBy")) for step in daemon.api.history(image.id)]
    configuration = daemon.api.inspect_image(image.id)["Config"]

    assert run_shell(daemon, image, LIST_FOREIGN) == ""
    assert run_shell(daemon, image, "id -u; /opt/venv/bin/python -m pip config list") == "1000\n"
    assert not [step for step in history if "INDEX" in step or "http" in step]
    assert configuration["User"] == "1000:1000"
    assert {line.partition("=")[0] for line in configuration["Env"]} <= {"PATH", "LANG", "GPG_KEY", "PYTHON_VERSION"}


def run_shell(daemon: Daemon, image: Image, script: str) -> str:
    """What a few lines of shell print in an image, as its own user."""
    made = daemon.api.create_container(image.id, ["/bin/sh", "-c", script], network_disabled=True)
    try:
        daemon.api.start(made["Id"])
        daemon.api.wait(made["Id"])
        said: bytes = daemon.api.logs(made["Id"], stderr=False)
    finally:
        daemon.api.remove_container(made["Id"], force=True)
    return said.decode()
