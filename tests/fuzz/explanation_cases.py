"""Explanations: text that a student wrote, judged by rules. Never a zero without a doubt, never an error."""

import tempfile
import unicodedata
from functools import cache
from pathlib import Path

from grader.checks.concepts import judge_answer
from grader.spec.text_rules import TextRules
from tests.checks.concepts.building import make_rules
from tests.fuzz.dice import TEXTS, Dice
from tests.fuzz.mutate import mutate_text
from tests.fuzz.target import TAKEN, Target

__all__ = ["EXPLANATION"]

SENTENCES = (
    "It has already learned useful features.",
    "Therefore it needs fewer images, and it converges sooner.",
    "It doesn't need many examples!",
    "Training from scratch would need thousands of images; a pre-trained one doesn't.",
    "It does not learn faster",
    "fewer epochs, less training, 500 images enough",
    "It has allready lerned featuers becuase of this.",
    "Why does a pre-trained model save time? Explain it in your own words.",
    "Es hat schon etwas gelernt und braucht deshalb nicht mehr so viel.",
    "It has fewer layers.",
    "It need not learn that again, instead of that it learns 98.5 % sooner.",
)
PIECES = (
    "not",
    "nor",
    "without",
    "fewer",
    "images",
    "already",
    "from scratch",
    "but",
    ",",
    ".",
    "?",
    "\n\n",
    "'",
    "pre-",
)


def make_explanation(dice: Dice) -> bytes:
    """Sentences of the rules' own words, in pieces, mixed with what breaks readers of text."""
    parts = [dice.pick(SENTENCES) for _ in range(dice.whole(0, 4))]
    parts += [dice.pick(PIECES) for _ in range(dice.whole(0, 6))]
    parts += [dice.pick(TEXTS) for _ in range(dice.whole(0, 2))]
    text = " ".join(sorted(parts, key=lambda part: dice.real()))
    if dice.chance(0.5):
        text = mutate_text(dice, text, PIECES)
    return text.encode("utf-8", "surrogatepass")


def read_explanation(content: bytes) -> str:
    """Judge an answer; every judgement keeps its promises."""
    text = content.decode("utf-8", "surrogateescape")
    rules = small_rules()
    judgement = judge_answer(text, rules)
    decided = bool(judgement.found) or judgement.copied or judgement.words == 0
    assert decided or judgement.doubts, "a zero without a doubt"
    assert not judgement.findings or len(judgement.findings) == len(rules.concepts)
    for one in judgement.findings:
        shown = one.where or ""
        assert all(unicodedata.category(c) not in ("Cf", "Cc", "Cs") for c in shown), f"it can't be shown: {shown!r}"
    return judgement.doubts[0].code.value if judgement.doubts else "copied" if judgement.copied else TAKEN


@cache
def small_rules() -> TextRules:
    """The rules of three concepts."""
    with tempfile.TemporaryDirectory() as folder:
        return make_rules(Path(folder))


EXPLANATION = Target(
    name="explanation",
    make=make_explanation,
    read=read_explanation,
    reaches=frozenset(
        (
            *(TAKEN, "copied", "too_short", "other_language", "no_sentence", "misconception", "contradiction"),
            *("near_miss", "nothing_found"),
        )
    ),
)
