"""docs/class.md and the reader's table say the same."""

import tomllib
from pathlib import Path

import pytest

from grader.batch.rules import read_rules
from grader.batch.rules.words import ACCOMMODATION, CAP, PENALTY, list_class
from grader.batch.rules.zone import Moment
from grader.spec.values import Field

PAGE = Path(__file__).parents[3] / "docs" / "class.md"


@pytest.mark.parametrize("field", [*list_class(Moment()), *PENALTY, *CAP, *ACCOMMODATION], ids=lambda field: field.name)
def test_the_page_names_every_key(field: Field) -> None:
    """Each has a row of a table, and is described for people and editors."""
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(f"| `{field.name}` |")]

    assert len(rows) == 1
    assert field.meaning
    assert field.type.words
    assert isinstance(field.type.schema(), dict)


def test_the_page_names_nothing_else() -> None:
    """A key that isn't read isn't there."""
    rows = [line.split("`")[1] for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]

    assert set(rows) == {field.name for field in (*list_class(Moment()), *PENALTY, *CAP, *ACCOMMODATION)}


def test_the_example_is_right(tmp_path: Path) -> None:
    """What the page shows can be copied."""
    example = PAGE.read_text("utf-8").split("```toml\n")[1].split("```")[0]
    path = tmp_path / "class.toml"
    path.write_text(example, "utf-8")

    for slug in tomllib.loads(example)["assignments"]:
        assert read_rules(path, slug=slug).due is not None
