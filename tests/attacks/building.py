"""Small corpora for tests of the runner, whose attacks harm nothing: they run without a sandbox."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from grader.attacks import AttackResult, Ground, find_corpus, open_ground, read_corpus, run_attack
from grader.sandbox import Interpreter, ProcessSandbox, find_interpreter
from grader.sandbox.request import Sandbox

__all__ = ["HONEST", "change_course", "make_attack", "make_corpus", "open_small", "run_one"]

HONEST = """
def double(number):
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
"""


def make_corpus(folder: Path) -> Path:
    """A corpus without attacks, whose course's honest submission looks around for nothing: without a sandbox, much of
    what it would see changes from run to run."""
    shutil.copytree(find_corpus() / "courses" / "plain", folder / "courses" / "plain")
    (folder / "courses" / "plain" / "honest" / "plain.py").write_text(HONEST)
    return folder


def make_attack(
    corpus: Path,
    source: str,
    *,
    expect: str = 'outcome = "blocked"',
    id: str = "tried",
    letter: str = "A-escape",
    clean: str | None = None,
) -> Path:
    """An attack with a source, and perhaps a clean submission of its own."""
    folder = corpus / letter / id
    (folder / "submission").mkdir(parents=True)
    (folder / "submission" / "plain.py").write_text(source)
    (folder / "expect.toml").write_text(f'title = "Trial of {id}"\n{expect}\n')
    if clean is not None:
        (folder / "next").mkdir()
        (folder / "next" / "plain.py").write_text(clean)
    return folder


def change_course(corpus: Path, name: str, before: str, after: str) -> None:
    """Change a file of the course."""
    path = corpus / "courses" / "plain" / name
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


@contextmanager
def open_small(
    corpus: Path,
    *,
    sandbox: Sandbox | None = None,
    fresh: Sandbox | None = None,
    warm: bool = False,
    find: Callable[[str], Interpreter] | None = None,
) -> Iterator[Ground]:
    """The ground of a small corpus; without a sandbox unless one is given."""
    plain = ProcessSandbox()
    with open_ground(
        read_corpus(corpus),
        sandbox=sandbox or plain,
        fresh=fresh or plain,
        warm=warm,
        find_interpreter=find or partial(find_interpreter, overrides={}),
    ) as ground:
        yield ground


def run_one(corpus: Path, *, sandbox: Sandbox | None = None) -> AttackResult:
    """Run the only attack of a small corpus."""
    with open_small(corpus, sandbox=sandbox) as ground:
        return run_attack(ground.corpus.attacks[0], ground)
