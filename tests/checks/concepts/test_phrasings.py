"""Windows of stems: gaps, alternatives, exact forms, numbers, words that mustn't follow."""

from pathlib import Path

import pytest

from grader.checks.concepts import Finding
from tests.checks.concepts.building import finding_of, make_rules

RULES = """
[words]
vague = ["thing", "image"]
few = ["few", "not many", "=it learned"]
[[questions]]
id = "why"
[[questions.concepts]]
id = "one"
title = "One"
phrasings = [{}]
"""


@pytest.mark.parametrize(
    ("phrasing", "text", "found"),
    [
        ("fewer epochs", "It takes fewer epochs.", True),
        ("fewer epochs", "It takes fewer of those long epochs.", True),
        ("fewer epochs", "It takes fewer of those long and very tedious, costly training epochs.", False),
        ("fewer epochs", "The epochs are fewer than before.", False),
        ("fewer & epochs", "The epochs are fewer than before.", True),
        ("fewer ... epochs", "It takes fewer of those long and very tedious training epochs.", True),
        ("fewer ... epochs", "It has fewer errors because it has more epochs.", False),
        ("fewer epochs", "It takes fewer. Epochs are good.", False),
        ("fewer|less epochs", "It takes less epochs.", True),
        ("<few> epochs", "It takes not many epochs.", True),
        ("<few>|less epochs", "It takes less epochs.", True),
        ("<few> all", "It learned all of it.", True),
        ("<few> all", "It learns all of it.", False),
        ("=learned", "It has learned.", True),
        ("=learned", "It is learning.", False),
        ("learned", "It is learning.", True),
        ("fewer + epochs", "It has fewer epochs.", True),
        ("fewer + epochs", "It has fewer training epochs.", False),
        ("less training !data", "It takes less training for me.", True),
        ("less training !data", "It takes less training data.", False),
        ("# images", "It takes 20 images.", True),
        ("# images", "It takes some images.", False),
        ("<=100 images", "It takes twenty images.", True),
        ("<=100 images", "It takes 2,000 images.", False),
        ("<=100 images", "It takes one image.", False),
        ("sort *<vague>", "It can sort stamps.", True),
        ("sort + *<vague>", "It can sort images.", False),
        ("sort *", "It can sort the 5.", False),
    ],
)
def test_a_phrasing(tmp_path: Path, phrasing: str, text: str, found: bool) -> None:
    """Each sign of the language finds what it says, and not what it doesn't."""
    rules = make_rules(tmp_path, RULES.format(f'"{phrasing}", "<few> <few> <few> <few> *<vague>"'))

    assert (finding_of(rules, text, "one") is Finding.FOUND) == found
