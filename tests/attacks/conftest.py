"""The corpus in each sandbox, run when its first test is. The corpus itself is no test.

Theory of operation
-------------------
For each sandbox a thread runs all attacks that this session asks for, two at a time, for many of them only wait; a test
waits for the result of its own. Results that nobody asks for any more are ended.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from functools import partial

import pytest

from grader.attacks import Attack, AttackResult, Corpus, Ground, find_corpus, open_ground, read_corpus, run_attacks
from grader.errors import SandboxError
from grader.sandbox import WarmSandbox, find_interpreter
from grader.sandbox.choice import choose_sandbox
from grader.sandbox.request import Sandbox

collect_ignore_glob = ["[A-F]-*", "courses/*"]  # among them files that are named to be run by accident

REQUIRED = ("bubblewrap", "docker")
AT_A_TIME = 2

Results = Callable[[str, str], AttackResult]


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    """The corpus of this checkout."""
    return read_corpus(find_corpus())


@contextmanager
def open_named(backend: str, corpus: Corpus, sandbox: Sandbox) -> Iterator[Ground]:
    """The ground in a sandbox: "docker, warm"."""
    warm = backend.endswith(", warm")
    with ExitStack() as stack:
        yield stack.enter_context(
            open_ground(
                corpus,
                sandbox=stack.enter_context(WarmSandbox(sandbox)) if warm else sandbox,
                fresh=sandbox,
                warm=warm,
                host_kernel=not backend.startswith("docker:runsc"),
                find_interpreter=partial(find_interpreter, overrides={}),
            )
        )


@pytest.fixture(scope="session")
def results(request: pytest.FixtureRequest, corpus: Corpus) -> Iterator[Results]:
    """What gives the result of an attack in a sandbox. The corpus is run there once, when it is first asked for."""
    with ExitStack() as stack:
        opened: dict[str, Trial | str] = {}

        def ask(backend: str, id: str) -> AttackResult:
            if backend not in opened:
                stack.close()  # the sandbox before, of which all tests have been
                opened[backend] = open_trial(request, corpus, backend, stack)
            trial = opened[backend]
            if isinstance(trial, str):
                pytest.skip(trial)
            return trial.results[id].result()

        yield ask


def open_trial(request: pytest.FixtureRequest, corpus: Corpus, backend: str, stack: ExitStack) -> "Trial | str":
    """The corpus being run in a sandbox, until the stack is closed; or why it can't be."""
    name = backend.split(", ")[0]
    try:
        sandbox = choose_sandbox(name, allow_process=False, warm=False)
    except SandboxError as error:
        if name in REQUIRED and request.config.getoption("--expect-all"):
            raise
        return error.message
    wanted = list_wanted(request.session, backend)
    ground = stack.enter_context(open_named(backend, corpus, sandbox))
    trial = Trial(ground, [attack for attack in corpus.attacks if attack.id in wanted])
    trial.thread.start()
    stack.callback(trial.end)
    return trial


def list_wanted(session: pytest.Session, backend: str) -> set[str]:
    """The ids that this session's tests ask for in a sandbox."""
    calls = (getattr(item, "callspec", None) for item in session.items)
    return {call.params["id"] for call in calls if call is not None and call.params.get("backend") == backend}


class Trial:
    """Attacks that are being run, and a result for each to wait for."""

    def __init__(self, ground: Ground, attacks: list[Attack]) -> None:
        self.ground = ground
        self.attacks = attacks
        self.results: dict[str, Future[AttackResult]] = {attack.id: Future() for attack in attacks}
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self) -> None:
        """Run them; what ends them all is every remaining one's result."""
        try:
            run_attacks(self.attacks, self.ground, jobs=AT_A_TIME, on_start=self.go_on, on_result=self.keep)
        except BaseException as error:
            for future in self.results.values():
                if not future.done():
                    future.set_exception(error)

    def end(self) -> None:
        """Run no more, and wait for what is running."""
        self.over.set()
        self.thread.join()

    def go_on(self, attack: Attack) -> None:
        """Run no more of them where nobody waits."""
        if self.over.is_set():
            raise InterruptedError("the tests are over")

    def keep(self, result: AttackResult) -> None:
        """A result is there."""
        self.results[result.attack.id].set_result(result)
