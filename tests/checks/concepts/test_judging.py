"""A whole answer: what is found and where, what is missing, and what is left to a person."""

from pathlib import Path

import pytest

from grader.checks.concepts import DoubtCode, Finding
from grader.spec.text_rules import TextRules
from tests.checks.concepts.building import RULES, doubts_of, finding_of, judge, make_rules

GOOD = "It has already learned useful features. Therefore it needs fewer images, and it converges sooner."


def test_everything_is_found(rules: TextRules) -> None:
    """Each concept, with the student's own words."""
    judgement = judge(rules, GOOD)

    assert [(one.id, one.where) for one in judgement.found] == [
        ("features", "already learned"),
        ("data", "fewer images"),
        ("sooner", "converges sooner"),
    ]
    assert judgement.doubts == ()
    assert (judgement.words, judgement.copied) == (15, False)


def test_a_part_is_found(rules: TextRules) -> None:
    """What isn't said is missing, and nothing is in doubt about it."""
    judgement = judge(rules, "Because it needs fewer images than others do.")

    assert [one.finding for one in judgement.findings] == [Finding.MISSING, Finding.FOUND, Finding.MISSING]
    assert judgement.doubts == ()


def test_a_denial_is_shown_with_its_negation(rules: TextRules) -> None:
    """From the word that denies on."""
    (doubt,) = judge(rules, "It does not need fewer images, as I think.").doubts

    assert (doubt.code, doubt.where) == (DoubtCode.CONTRADICTION, "not need fewer images")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("fewer images", DoubtCode.TOO_SHORT),
        ("It needs more images than before, as it has to learn.", DoubtCode.NOTHING_FOUND),
        ("It has fewer layers and it needs fewer images.", DoubtCode.MISCONCEPTION),
        ("It does not need fewer images at all.", DoubtCode.CONTRADICTION),
        ("It needs fewer images, but it needs many examples.", DoubtCode.CONTRADICTION),
        ("It needs fewer eaxmlpes than the other one.", DoubtCode.NEAR_MISS),
        ("learned features, fewer images, fewer epochs, already learned", DoubtCode.NO_SENTENCE),
        ("Es hat schon etwas gelernt und braucht deshalb nicht mehr so viel.", DoubtCode.OTHER_LANGUAGE),
        ("Il a déjà appris des choses et il faut moins de données pour cela.", DoubtCode.OTHER_LANGUAGE),
        ("Он уже знает полезные признаки, нужно меньше данных.", DoubtCode.OTHER_LANGUAGE),
        ("它已经学会了有用的特征，因此需要更少的数据。", DoubtCode.TOO_SHORT),
        ("x" * 20_001, DoubtCode.TOO_LONG),
    ],
)
def test_doubts(rules: TextRules, text: str, code: DoubtCode) -> None:
    """Whatever a program can't decide is a person's, and never a zero."""
    assert doubts_of(rules, text)[0] is code


def test_a_misconception_that_is_denied_is_none(rules: TextRules) -> None:
    """Who says that it hasn't fewer layers is right."""
    assert doubts_of(rules, "It doesn't have fewer layers, it needs fewer images.") == []


@pytest.mark.parametrize(
    "text",
    [
        "Why does a pre-trained model save time? Explain it in your own words.",
        "WHY DOES A PRETRAINED MODEL SAVE TIME? EXPLAIN IT IN YOUR OWN WORDS",
        "Why does a pre-trained model save time? explain it in your own words: yes.",
    ],
)
def test_the_question_is_no_answer(rules: TextRules, text: str) -> None:
    """Whatever its letters."""
    judgement = judge(rules, text)

    assert judgement.copied
    assert judgement.findings == ()


def test_what_is_copied_counts_for_nothing(tmp_path: Path) -> None:
    """A concept that stands in the question isn't found in its copy, and is found in words of one's own."""
    question = 'title = "T"\n[[questions]]\nid = "why"\nkind = "text"\npoints = 1\n'
    question += 'prompt = "Say why a pre-trained model needs fewer images than others."\n'
    rules = make_rules(tmp_path, RULES, question)
    copied = "I say why a pre-trained model needs fewer images than others. It has learned and learned."

    assert finding_of(rules, copied, "data") is Finding.MISSING
    assert finding_of(rules, f"{copied} So fewer examples do.", "data") is Finding.FOUND


def test_a_misspelt_answer_is_read(rules: TextRules) -> None:
    """Clear misspellings don't cost a point."""
    judgement = judge(rules, "It has allready lerned usefull featuers and it need less exampels becuase of this.")

    assert [one.id for one in judgement.found] == ["features", "data"]


def test_an_answer_is_judged_alike_each_time(rules: TextRules) -> None:
    """Nothing depends on chance or on what was judged before."""
    assert judge(rules, GOOD) == judge(rules, GOOD)


def test_letter_case_and_line_breaks_say_nothing(rules: TextRules) -> None:
    """Shouted or wrapped, it is the same answer."""
    found = [one.id for one in judge(rules, GOOD).found]

    assert [one.id for one in judge(rules, GOOD.upper()).found] == found
    assert [one.id for one in judge(rules, GOOD.replace(" ", "\n")).found] == found
