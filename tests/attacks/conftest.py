"""The grounds on which the corpus is run, one for each sandbox, opened at its first attack. The corpus is no test."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from grader.attacks import Corpus, Ground, find_corpus, open_ground, read_corpus
from grader.errors import SandboxError
from grader.sandbox import WarmSandbox, find_interpreter
from grader.sandbox.choice import choose_sandbox
from grader.sandbox.request import Sandbox

collect_ignore_glob = ["[A-F]-*", "courses/*"]  # among them files that are named to be run by accident

REQUIRED = ("bubblewrap", "docker")


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    """The corpus of this checkout."""
    return read_corpus(find_corpus())


@pytest.fixture(scope="session")
def ground(request: pytest.FixtureRequest, corpus: Corpus) -> Iterator[Ground]:
    """The ground for the sandbox that a test names: "docker, warm"."""
    name, warmth = request.param.split(", ")
    try:
        sandbox = choose_sandbox(name, allow_process=False, warm=False)
    except SandboxError as error:
        if name in REQUIRED and request.config.getoption("--expect-all"):
            raise
        pytest.skip(error.message)
    with ExitStack() as stack:
        tried: Sandbox = sandbox if warmth == "cold" else stack.enter_context(WarmSandbox(sandbox))
        yield stack.enter_context(
            open_ground(
                corpus,
                sandbox=tried,
                fresh=sandbox,
                warm=warmth == "warm",
                find_interpreter=partial(find_interpreter, overrides={}),
            )
        )
