"""Every attack of the corpus, in every sandbox, warm and cold: nothing comes of any of them but what is expected."""

import re
from collections import Counter

import pytest

from grader.attacks import CLASSES, Corpus, Verdict, find_corpus
from grader.sandbox.candidates import GVISOR
from tests.attacks.conftest import Results

BACKENDS = ("bubblewrap, warm", "bubblewrap, cold", "docker, warm", "docker, cold")
GVISOR_BACKEND = "docker:runsc, cold"
IN_GVISOR = ("A-escape", "D-poisoning")
"""Classes that are tried in gVisor too, where the daemon has it: what keeps code in is another there, and slower."""
PATHS = sorted(find_corpus().glob("[A-F]-*/*/expect.toml"), key=lambda path: path.parent.name)
IDS = [path.parent.name for path in PATHS]
HERE = [(backend, id) for backend in BACKENDS for id in IDS]
IN_ANOTHER_KERNEL = [(GVISOR_BACKEND, path.parent.name) for path in PATHS if path.parts[-3] in IN_GVISOR]
AT_LEAST = {"A": 25, "B": 10, "C": 10, "D": 12, "E": 10, "F": 5}


# A sandbox's attacks stand together: the corpus is run there once, for all of them.
@pytest.mark.parametrize(("backend", "id"), HERE + (IN_ANOTHER_KERNEL if GVISOR.find_trouble() is None else []))
def test_nothing_comes_of_an_attack(results: Results, backend: str, id: str) -> None:
    """Everything that holds for every attack holds, and the outcome is the expected one."""
    result = results(backend, id)
    if result.verdict is Verdict.SKIPPED:
        pytest.skip(result.detail)

    assert result.verdict is Verdict.AS_EXPECTED, "\n".join(result.findings)


def test_there_are_enough_attacks_of_each_class(corpus: Corpus) -> None:
    """A hundred or more; ids and titles are there once, which the reader holds; each class has its share."""
    counts = Counter(attack.letter for attack in corpus.attacks)

    assert len(corpus.attacks) >= 100
    assert counts.keys() == CLASSES.keys()
    assert {letter: count for letter, count in counts.items() if count < AT_LEAST[letter]} == {}
    assert len(IDS) == len(corpus.attacks)


def test_ids_and_titles_are_fit_to_be_shown(corpus: Corpus) -> None:
    """Ids of small letters, digits and "-"; titles without a dot at their end."""
    for attack in corpus.attacks:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", attack.id), attack.id
        assert not attack.title.endswith("."), attack.title


def test_the_page_of_the_corpus_names_every_key(corpus: Corpus) -> None:
    """README.md has a row for each key of expect.toml, each outcome, each need and each placeholder."""
    from grader.attacks.canaries import PLACES
    from grader.attacks.expectation import FIELDS, NEEDS, Outcome

    text = (find_corpus() / "README.md").read_text("utf-8")
    names = [field.name for field in FIELDS] + [outcome.value for outcome in Outcome] + list(NEEDS)

    assert [name for name in names if f"`{name}`" not in text] == []
    assert [name for name in PLACES if f"`@{name}@`" not in text] == []
