"""docs/validation.md lists what there is."""

import ast
import re

from grader.check_assignment import TrialKind
from grader.validate.mutation.operators import OPERATORS
from tests.house.reading import CHECKOUT, read_package

TEXT = (CHECKOUT / "docs/validation.md").read_text("utf-8")


def list_codes() -> set[str]:
    """The code of every finding, by the source."""
    found = {"unsound", *(f"trial_{kind.value}" for kind in TrialKind)}  # the default, and those of trials
    for module in (module for module in read_package() if module.name.startswith("grader.validate")):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.keyword) and node.arg == "code":
                found |= {str(part.value) for part in ast.walk(node.value) if isinstance(part, ast.Constant)}
    return found - {"trial_"}


def test_every_finding_is_listed() -> None:
    """The table of findings has each code, and no other."""
    rows = re.findall(r"^\|[^|\n]*\| (`\w+`(?:, `\w+`)*) \| (?:error|warning|note)", TEXT, flags=re.MULTILINE)

    assert {code for row in rows for code in re.findall(r"`(\w+)`", row)} == list_codes()


def test_every_operator_is_listed() -> None:
    """The table of operators has each, in their order."""
    names = [operator.__name__ for operator in OPERATORS]

    assert re.findall(r"^\| `(\w+)` \| [^|]* \|$", TEXT.split("## Generated mutants")[1], flags=re.MULTILINE) == names
