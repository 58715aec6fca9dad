"""Rules of three concepts, small enough to see through, and what is found by them."""

from pathlib import Path

from grader.checks.concepts import DoubtCode, Finding, Judgement, judge_answer
from grader.spec.concepts import read_concepts
from grader.spec.faults import Faults
from grader.spec.model import Question
from grader.spec.text_rules import TextRules
from tests.spec.building import load

__all__ = ["QUESTION", "RULES", "doubts_of", "finding_of", "judge", "make_rules"]

QUESTION = """
title = "T"
[[questions]]
id = "why"
kind = "text"
points = 3
prompt = "Why does a pre-trained model save time? Explain it in your own words."
words = [3, 60]
"""
RULES = """
[words]
few = ["few", "fewer", "less", "not many"]
many = ["many", "a lot of", "thousands of"]
data = ["data", "image", "example"]
[[questions]]
id = "why"
topic = ["pretrained"]
baseline = ["from scratch", "without pretraining"]
[[questions.concepts]]
id = "features"
title = "what it knows"
hint = "What do its weights hold?"
compared = false
phrasings = ["already know|learned", "=learned features", "not ... learn again", "useful & features"]
[[questions.concepts]]
id = "data"
title = "less data"
hint = "How much data does it take?"
phrasings = ["<few> <data>", "<=500 <data> enough"]
opposites = ["need <many> <data>"]
[[questions.concepts]]
id = "sooner"
title = "learns sooner"
phrasings = ["learn|converge faster|sooner", "fewer + epochs", "less + training !data"]
[[questions.misconceptions]]
id = "smaller"
hint = "It is as large as before."
phrasings = ["fewer layers"]
"""


def make_rules(folder: Path, rules: str = RULES, question: str = QUESTION) -> TextRules:
    """The rules of the one question."""
    (folder / "concepts.toml").write_text(rules, "utf-8")
    questions: tuple[Question, ...] = load(folder, question, probe="").questions
    faults = Faults()
    read = read_concepts(folder / "concepts.toml", questions, faults)
    assert faults.found == []
    return read["why"]


def judge(rules: TextRules, text: str) -> Judgement:
    """What is found in an answer."""
    return judge_answer(text, rules)


def finding_of(rules: TextRules, text: str, concept: str) -> Finding:
    """What became of one concept."""
    return next(one.finding for one in judge(rules, text).findings if one.id == concept)


def doubts_of(rules: TextRules, text: str) -> list[DoubtCode]:
    """Why a person should look."""
    return [doubt.code for doubt in judge(rules, text).doubts]
