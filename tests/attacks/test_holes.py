"""The corpus has teeth: in a sandbox with one hole, attacks of the corpus come through and are told.

Each hole is made in bubblewrap alone, and everything else of it stays as it is: what comes through reaches traps and
places that harm nobody.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from grader.attacks import AttackResult, Corpus, Verdict, open_ground, run_attack
from grader.sandbox import BubblewrapSandbox, WarmSandbox, bubblewrap, find_interpreter, policy
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.sandbox.running import GUEST_FOLDER

pytestmark = [
    pytest.mark.bubblewrap,
    pytest.mark.skipif(find_bubblewrap_trouble() is not None, reason="bubblewrap doesn't work here"),
]

Words = list[str]
ALLOW_ALL = b"\x06\x00\x00\x00\x00\x00\xff\x7f"  # one instruction: return ALLOW
ALL_BUT_NETWORK = ["--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup"]


def replace_words(words: Words, before: Words, after: Words) -> Words:
    """Other words in place of some that stand side by side."""
    place = next(n for n in range(len(words)) if words[n : n + len(before)] == before)
    return words[:place] + after + words[place + len(before) :]


HOLES: dict[str, Callable[[Words], Words]] = {
    "network": lambda words: replace_words(words, ["--unshare-all"], ALL_BUT_NETWORK),
    "variables": lambda words: [*words, "--setenv", "GRADER_HOME", "/somewhere"],
    "writable": lambda words: replace_words(words, ["--remount-ro", "/dev", "--remount-ro", "/"], []),
    "rights": lambda words: replace_words(words, ["--cap-drop", "ALL"], ["--cap-add", "CAP_NET_RAW"]),
}


def try_one(corpus: Corpus, id: str, sandbox: Any, fresh: Any) -> AttackResult:
    """One attack of the corpus in a sandbox."""
    attack = next(attack for attack in corpus.attacks if attack.id == id)
    find = partial(find_interpreter, overrides={})
    with open_ground(corpus, sandbox=sandbox, fresh=fresh, find_interpreter=find) as ground:
        return run_attack(attack, ground)


@pytest.mark.parametrize(
    ("hole", "id", "words"),
    [
        ("network", "loopback-services", "the TCP service of this machine was reached"),
        ("network", "network-interfaces", "BREACH"),
        ("variables", "environment", "BREACH own variables"),
        ("writable", "write-to-read-only", "BREACH a file in /"),
        ("rights", "become-root", "BREACH capabilities held"),
    ],
)
def test_a_hole_in_the_sandbox_is_found(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch, hole: str, id: str, words: str
) -> None:
    """By the attack that tries it, and by the traps."""
    make = bubblewrap.bubblewrap_arguments
    monkeypatch.setattr(bubblewrap, "bubblewrap_arguments", lambda *a, **k: HOLES[hole](make(*a, **k)))
    result = try_one(corpus, id, BubblewrapSandbox(), BubblewrapSandbox())

    assert result.verdict is Verdict.UNEXPECTED
    assert words in "\n".join(result.findings)


@pytest.fixture
def home_elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A home folder that isn't below /tmp: nothing that is bound there is seen inside, hole or not."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setenv("HOME", folder)
        yield


@pytest.mark.usefixtures("home_elsewhere")
def test_a_file_too_many_is_found(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trap in the home folder is bound beside what a run needs; its text comes out, and that is told too."""

    def make_policy(*arguments: Any, **options: Any) -> policy.Policy:
        made = policy.make_policy(*arguments, **options)
        traps = (policy.Bind(path, str(path)) for path in Path.home().glob(".grader.*/canary"))
        return replace(made, binds=(*made.binds, *traps))

    monkeypatch.setattr(bubblewrap, "make_policy", make_policy)
    result = try_one(corpus, "host-files", BubblewrapSandbox(), BubblewrapSandbox())

    assert result.verdict is Verdict.UNEXPECTED
    assert "BREACH" in "\n".join(result.findings)
    assert "the run's file student.frames holds the home's canary" in result.findings


@pytest.mark.parametrize(
    ("id", "words"),
    [
        ("namespaces", "BREACH unshare user"),
        ("forbidden-calls", "BREACH unshare"),
        ("socket-families", "BREACH AF_NETLINK"),
        ("filter-undone", "BREACH a filter with a listener"),
    ],
)
def test_a_missing_filter_is_found(corpus: Corpus, monkeypatch: pytest.MonkeyPatch, id: str, words: str) -> None:
    """With a filter that lets everything through, and a bubblewrap that is too old to forbid namespaces."""
    monkeypatch.setattr(bubblewrap, "compile_filter", lambda *arguments: ALLOW_ALL)
    monkeypatch.setattr(bubblewrap, "read_help", lambda executable: "")
    result = try_one(corpus, id, BubblewrapSandbox(), BubblewrapSandbox())

    assert result.verdict is Verdict.UNEXPECTED
    assert words in "\n".join(result.findings)


@pytest.mark.parametrize("id", ["shared-memory-files", "posix-objects", "start-up-files"])
def test_what_a_careless_fork_leaves_is_found(corpus: Corpus, tmp_path: Path, id: str) -> None:
    """With a guest whose forks share the zygote's folders, the next submission isn't on a fresh machine."""
    guest = tmp_path / "guest"
    shutil.copytree(GUEST_FOLDER, guest, ignore=shutil.ignore_patterns("__pycache__"))
    module = guest / "namespaces.py"
    source = module.read_text("utf-8")
    assert "    for target, size in place.tmpfs:\n" in source
    module.write_text(source.replace("in place.tmpfs:", "in ():"), "utf-8")
    for folder in (guest, *guest.parents):
        if folder.is_relative_to(tmp_path.parent):
            folder.chmod(0o755)
    inner = BubblewrapSandbox(guest=guest)
    with WarmSandbox(inner) as sandbox:
        result = try_one(corpus, id, sandbox, inner)

    assert result.verdict is Verdict.UNEXPECTED
    assert "the clean submission after it" in "\n".join(result.findings)
