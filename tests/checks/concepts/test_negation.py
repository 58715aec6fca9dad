"""What turns a statement round."""

import pytest

from grader.checks.concepts import Finding
from grader.spec.text_rules import TextRules
from tests.checks.concepts.building import finding_of

FOUND, DENIED, MISSING = Finding.FOUND, Finding.CONTRADICTED, Finding.MISSING


@pytest.mark.parametrize(
    ("text", "concept", "finding"),
    [
        ("It needs fewer images.", "data", FOUND),
        ("It doesn't need many images.", "data", FOUND),
        ("You don't have to need a lot of examples.", "data", FOUND),
        ("It does not need fewer images.", "data", DENIED),
        ("It needs many images.", "data", DENIED),
        ("From scratch it would need thousands of images.", "data", FOUND),
        ("Training from scratch needs fewer images.", "data", DENIED),
        ("Training from scratch doesn't need many images.", "data", DENIED),
        ("It needs fewer images than training from scratch.", "data", FOUND),
        ("Compared to training from scratch it needs fewer images.", "data", FOUND),
        ("Training from scratch is slow, but a pre-trained one needs fewer images.", "data", FOUND),
        ("Without pre-training it would need thousands of images.", "data", FOUND),
        ("It learns faster.", "sooner", FOUND),
        ("It does not learn faster.", "sooner", DENIED),
        ("It never converges sooner.", "sooner", DENIED),
        ("It isn't only that it learns faster.", "sooner", FOUND),
        ("Not only does it learn faster.", "sooner", FOUND),
        ("It doesn't need many images, and it learns faster.", "sooner", FOUND),
        ("It doesn't need many images because it learns faster.", "sooner", FOUND),
        ("It isn't random but learns faster.", "sooner", FOUND),
        ("Instead of forgetting all of it we see that it learns faster.", "sooner", FOUND),
        ("It need not learn that again.", "features", FOUND),
        ("It knows neither cats nor dogs.", "features", MISSING),
        ("From scratch it must be shown useful features.", "features", MISSING),
        ("It learns faster. It does not learn faster.", "sooner", DENIED),
        ("Does it learn faster?", "sooner", MISSING),
    ],
)
def test_turns(rules: TextRules, text: str, concept: str, finding: Finding) -> None:
    """Negations and another subject turn once each; a clause of its own, a comparison and a question turn nothing."""
    assert finding_of(rules, text, concept) is finding
