"""An explanation by the author's concepts: a part of the points for each that is found, a person where there is doubt.

The rules are the author's and stay outside (`Kept.concepts`); the reading of the text is `grader.checks.concepts`.
"""

from decimal import Decimal
from typing import Any

from grader.checks.comparison import shorten, unwrap
from grader.checks.concepts import Doubt, DoubtCode, Judgement, judge_answer
from grader.checks.records import Stop, check, find_record
from grader.checks.result import CheckNote, CheckResult, Kept, Verdict, fail, succeed
from grader.evidence.model import QuestionEvidence
from grader.spec.text_rules import TextRules

__all__ = ["explanation"]

MOST_SHOWN = 80
"""Characters of the student's own words shown for each concept."""


@check
def explanation(student: QuestionEvidence, reference: QuestionEvidence, kept: Kept, *, of: str) -> CheckResult:
    """The answer holds the author's concepts, each said in one of many ways."""
    answer = read_text(student, of)
    rules = kept.concepts.get(of)
    if rules is None:
        return CheckResult(verdict=Verdict.ERROR, code="no_concepts")
    judgement = judge_answer(answer, rules)
    facts = describe_judgement(judgement, rules)
    notes = note_words(judgement, rules)
    share = Decimal(len(judgement.found)) / Decimal(len(rules.concepts))
    if judgement.copied:
        return fail("copied_question", share=Decimal(0), notes=notes, **facts)
    if judgement.doubts:
        doubt = judgement.doubts[0]
        language = doubt.about if doubt.code is DoubtCode.OTHER_LANGUAGE else None
        facts |= {"doubt": doubt.code.value, "language": language, "said": cut(doubt.where), "hint": doubt.hint}
        return CheckResult(
            verdict=Verdict.ERROR,
            code="explanation_in_doubt",
            actual=[describe_doubt(one) for one in judgement.doubts],
            facts=facts,
            notes=notes,
        )
    if share == 1:
        return succeed(actual=facts["found"], share=share, notes=notes, **facts)
    return fail("concepts_missing", actual=facts["found"], share=share, notes=notes, **facts)


def read_text(student: QuestionEvidence, of: str) -> str:
    """The answer's text.

    Raises:
        Stop: there is none.
    """
    answer = unwrap(find_record(student, of, "answers")["value"])
    if answer is None or (isinstance(answer, str) and not answer.strip()):
        raise Stop(fail("not_answered"))
    if not isinstance(answer, str):
        raise Stop(fail("not_understood", actual=shorten(answer), wanted="text"))
    return answer


def describe_judgement(judgement: Judgement, rules: TextRules) -> dict[str, Any]:
    """What was found, in the student's own words, and the author's hint at the first thing that is missing."""
    found = {one.title: cut(one.where) for one in judgement.found}
    missing = [one for one in judgement.findings if one not in judgement.found]
    hint = next((one.hint for one in missing if one.hint), None)
    return {"right": len(found), "of": len(rules.concepts), "found": found, "hint": hint}


def describe_doubt(doubt: Doubt) -> dict[str, str]:
    """A doubt for whoever decides about it. The concept isn't named: students read this too."""
    where = cut(doubt.where)
    return {"why": doubt.code.value} | ({} if where is None else {"where": where})


def note_words(judgement: Judgement, rules: TextRules) -> tuple[CheckNote, ...]:
    """That an answer has fewer or more words than are asked for."""
    too_long = any(doubt.code is DoubtCode.TOO_LONG for doubt in judgement.doubts)
    if rules.words is None or too_long or rules.words[0] <= judgement.words <= rules.words[1]:
        return ()
    least, most = rules.words
    return (CheckNote("words_outside", {"words": judgement.words, "least": least, "most": most}),)


def cut(where: str | None) -> str | None:
    """The student's words, short enough to show."""
    if where is None or len(where) <= MOST_SHOWN:
        return where
    half = (MOST_SHOWN - 3) // 2
    return f"{where[:half]} … {where[-half:]}"
