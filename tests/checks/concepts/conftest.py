from pathlib import Path

import pytest

from grader.spec.text_rules import TextRules
from tests.checks.concepts.building import make_rules


@pytest.fixture(scope="session")
def rules(tmp_path_factory: pytest.TempPathFactory) -> TextRules:
    """The small rules."""
    folder: Path = tmp_path_factory.mktemp("rules")
    return make_rules(folder)
