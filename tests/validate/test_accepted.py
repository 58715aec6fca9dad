"""The lists of accepted mutants of this repository's own assignments, and what docs/validation.md says of them."""

import re
from pathlib import Path

import pytest

from grader.jobs import running_questions
from grader.spec import load_assignment
from grader.validate.mutation.accepted import read_accepted
from grader.validate.mutation.make import make_mutants
from grader.validate.mutation.reach import find_entries
from tests.house.reading import CHECKOUT

LISTS = sorted((CHECKOUT / "reference").glob("*/accepted.toml"))


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.parent.name)
def test_every_accepted_mutant_can_be_made(path: Path) -> None:
    """A line of the solution that changes takes its entries with it."""
    slug = path.parent.name
    assignment = load_assignment(CHECKOUT / "assignments" / slug, reference=path.parent)
    probe = (assignment.folder / "probe.py").read_text("utf-8")
    entries = find_entries(probe, [question.id for question in running_questions(assignment)])
    solution = (path.parent / "solution" / assignment.files[0]).read_text("utf-8")

    assert set(read_accepted(assignment)) <= {mutant.name for mutant in make_mutants(solution, entries)}


def test_the_page_lists_those_of_hw1() -> None:
    """The survivors that it explains are those that are accepted."""
    text = (CHECKOUT / "docs/validation.md").read_text("utf-8").split("## hw1")[1]
    assignment = load_assignment(CHECKOUT / "assignments/hw1", reference=CHECKOUT / "reference/hw1")

    assert set(re.findall(r"^\| `([\w.-]+)` \|", text, flags=re.MULTILINE)) == set(read_accepted(assignment))
