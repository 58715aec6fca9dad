"""What is found in an answer, what is missing, and what is in doubt. Pure: the same answer, the same judgement."""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from grader.checks.concepts.english import GLUE, OTHER_LANGUAGES
from grader.checks.concepts.matching import NEAR_SURE, Match, Searched
from grader.checks.concepts.negation import Turns
from grader.checks.concepts.rules import Rules, Window, make_rules
from grader.checks.concepts.sentences import Sentence, split_sentences
from grader.checks.concepts.spelling import correct_words
from grader.checks.concepts.words import Word, clean_answer, list_words
from grader.spec.text_rules import TextRules

__all__ = ["ConceptFinding", "Doubt", "DoubtCode", "Finding", "Judgement", "judge_answer"]

MOST_CHARACTERS = 20_000
MOST_MATCHES = 50
"""Of one phrasing in one sentence: more say nothing more."""
COPIED_WORDS = 6
"""So many words in a row as in the question are copied from it."""
LEAST_OF_ONES_OWN = 3
LEAST_LATIN = 0.7
LITTLE_GLUE, NO_GLUE = 0.2, 0.1
"""Of the words of English prose about half are small ones that hold it together; of a list, next to none."""
LEAST_IN_SENTENCES = 0.5


class Finding(Enum):
    """What became of one concept."""

    FOUND = "found"
    MISSING = "missing"
    CONTRADICTED = "contradicted"  # the opposite is said, or both
    NEAR = "near"  # only with a word that is perhaps a misspelling


class DoubtCode(Enum):
    """Why a person should look."""

    TOO_LONG = "too_long"  # not read at all
    TOO_SHORT = "too_short"
    OTHER_LANGUAGE = "other_language"
    NO_SENTENCE = "no_sentence"  # words in a row
    MISCONCEPTION = "misconception"
    CONTRADICTION = "contradiction"
    NEAR_MISS = "near_miss"
    NOTHING_FOUND = "nothing_found"


@dataclass(frozen=True, kw_only=True)
class ConceptFinding:
    """One concept, and the student's words in which it was found, or denied."""

    id: str
    title: str
    finding: Finding
    where: str | None = None
    hint: str | None = None


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """A reason to look, about which concept or misconception, and where in the answer."""

    code: DoubtCode
    about: str | None = None
    where: str | None = None
    hint: str | None = None


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """`words` the answer has, `own` of them aren't the question's. `copied`: next to nothing is the student's own."""

    words: int
    own: int
    findings: tuple[ConceptFinding, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    copied: bool = False

    @property
    def found(self) -> tuple[ConceptFinding, ...]:
        """The concepts that were found."""
        return tuple(one for one in self.findings if one.finding is Finding.FOUND)


def judge_answer(text: str, rules: TextRules) -> Judgement:
    """Which of the rules' concepts an answer holds."""
    text = clean_answer(text) if len(text) <= MOST_CHARACTERS else text
    if len(text) > MOST_CHARACTERS:  # also once cleaned: some characters stand for a whole phrase
        return Judgement(words=0, own=0, doubts=(Doubt(code=DoubtCode.TOO_LONG),))
    ready = make_rules(rules)
    plain = list_words(text)
    words = correct_words(plain, ready.vocabulary)
    copied = find_copied(words, ready.prompt)
    count = count_places(words)
    own = count_places([word for number, word in enumerate(words) if number not in copied])
    if own < LEAST_OF_ONES_OWN:
        return few_words(count, own, copied=bool(copied))
    reading = Reading(text, split_sentences(text, words), ready, frozenset(words[number].start for number in copied))
    findings = tuple(reading.find_concepts(rules))
    doubts = [
        *doubt_form(text, plain, own, rules),
        *reading.find_misconceptions(rules),
        *doubt_findings(findings),
    ]
    return Judgement(words=count, own=own, findings=findings, doubts=tuple(doubts))


def few_words(count: int, own: int, *, copied: bool) -> Judgement:
    """The judgement of next to no words: copied ones are no answer, too few of one's own are a person's to read."""
    doubts = () if copied or not count else (Doubt(code=DoubtCode.TOO_SHORT),)
    return Judgement(words=count, own=own, copied=copied, doubts=doubts)


def count_places(words: Sequence[Word]) -> int:
    """How many words a person counts: "doesn't" is one."""
    return len({word.start for word in words})


def find_copied(words: Sequence[Word], prompt: tuple[str, ...]) -> frozenset[int]:
    """The words that stand in a row as they do in the question."""
    runs = {prompt[at : at + COPIED_WORDS] for at in range(len(prompt) - COPIED_WORDS + 1)}
    stems = tuple(word.stem for word in words)
    begins = [at for at in range(len(stems) - COPIED_WORDS + 1) if stems[at : at + COPIED_WORDS] in runs]
    return frozenset(number for at in begins for number in range(at, at + COPIED_WORDS))


class Reading:
    """An answer's sentences, in which the rules are looked for."""

    def __init__(self, text: str, sentences: Sequence[Sentence], rules: Rules, copied: frozenset[int]) -> None:
        self._text = text
        self._rules = rules
        self._sentences = [
            (Searched(one, mask_words(one, copied)), Turns(one, rules)) for one in sentences if not one.is_question
        ]

    def find_concepts(self, rules: TextRules) -> Iterator[ConceptFinding]:
        """What became of each concept."""
        for concept, (phrasings, opposites) in zip(rules.concepts, self._rules.concepts, strict=True):
            said = [
                *self.find(phrasings, said=True, compared=concept.compared),
                *self.find(opposites, said=False, compared=concept.compared),
            ]
            finding, where = decide(said if concept.deniable else [replace(one, agrees=True) for one in said])
            yield ConceptFinding(id=concept.id, title=concept.title, finding=finding, where=where, hint=concept.hint)

    def find_misconceptions(self, rules: TextRules) -> Iterator[Doubt]:
        """The misconceptions that are said, and not denied."""
        for misconception, windows in zip(rules.misconceptions, self._rules.misconceptions, strict=True):
            for statement in self.find(windows, said=True, compared=False):
                if statement.agrees and statement.near <= NEAR_SURE:
                    yield Doubt(
                        code=DoubtCode.MISCONCEPTION,
                        about=misconception.id,
                        where=statement.where,
                        hint=misconception.hint,
                    )
                    break

    def find(self, windows: Sequence[Window], *, said: bool, compared: bool) -> "Iterator[Statement]":
        """Every place in which one of these is said or denied. `said`: what they mean when nothing turns them round.
        Unless they are `compared`, what is said of the baseline is passed over.
        """
        for number, (searched, turns) in enumerate(self._sentences):
            for window in windows:
                for _, match in zip(range(MOST_MATCHES), searched.find(window), strict=False):
                    passed_over = not compared and turns.speaks_of_baseline[match.first]
                    if not passed_over and not turns.is_muddled(match):
                        yield Statement(
                            agrees=turns.is_turned(match) != said,
                            near=match.near,
                            where=self.show(searched.sentence, match, turns.list_negations(match)),
                            place=(number, match.first, match.last),
                        )

    def show(self, sentence: Sentence, match: Match, negations: list[int]) -> str:
        """The student's own words, from the negation on where there is one."""
        first = min([match.first, *negations])
        return " ".join(self._text[sentence.words[first].start : sentence.words[match.last].end].split())


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One place in which a concept is said (`agrees`) or denied, with how sure the spelling is. `place` numbers the
    sentence, and in it the first word and the last.
    """

    agrees: bool
    near: int
    where: str
    place: tuple[int, int, int]


def mask_words(sentence: Sentence, copied: frozenset[int]) -> frozenset[int]:
    """The words of a sentence that are the question's, by their number in it."""
    return frozenset(number for number, word in enumerate(sentence.words) if word.start in copied)


def decide(statements: Sequence[Statement]) -> tuple[Finding, str | None]:
    """What several statements come to, and the shortest words that say so."""
    sure = drop_inner([one for one in statements if one.near <= NEAR_SURE])
    agreeing = [one.where for one in sure if one.agrees]
    denying = [one.where for one in sure if not one.agrees]
    if denying:
        return Finding.CONTRADICTED, min(denying, key=len)
    if agreeing:
        return Finding.FOUND, min(agreeing, key=len)
    if any(one.agrees for one in statements):
        return Finding.NEAR, next(one.where for one in statements if one.agrees)
    return Finding.MISSING, None


def drop_inner(statements: Sequence[Statement]) -> list[Statement]:
    """Without those that lie within a longer one which says the contrary: "edges" within "need not learn edges"."""
    said: dict[tuple[int, int], bool] = {}
    kept: list[Statement] = []
    for one in sorted(statements, key=lambda one: one.place[1] - one.place[2]):
        sentence, first, last = one.place
        if all(said.get((sentence, word), one.agrees) == one.agrees for word in (first, last)):
            kept.append(one)
            for word in range(first, last + 1):
                said.setdefault((sentence, word), one.agrees)
    return kept


def doubt_findings(findings: Sequence[ConceptFinding]) -> Iterator[Doubt]:
    """What is in doubt about the concepts themselves."""
    codes = {Finding.CONTRADICTED: DoubtCode.CONTRADICTION, Finding.NEAR: DoubtCode.NEAR_MISS}
    for one in findings:
        if one.finding in codes:
            yield Doubt(code=codes[one.finding], about=one.title, where=one.where, hint=one.hint)
    if all(one.finding is Finding.MISSING for one in findings):
        yield Doubt(code=DoubtCode.NOTHING_FOUND)


def doubt_form(text: str, words: Sequence[Word], own: int, rules: TextRules) -> Iterator[Doubt]:
    """What is in doubt about the answer as a whole."""
    language = name_language(text, words)
    if language is not None:
        yield Doubt(code=DoubtCode.OTHER_LANGUAGE, about=language)
    elif lacks_sentences(text, words):
        yield Doubt(code=DoubtCode.NO_SENTENCE)
    if rules.words is not None and own < rules.words[0]:
        yield Doubt(code=DoubtCode.TOO_SHORT)


def name_language(text: str, words: Sequence[Word]) -> str | None:
    """Another language than English, where the small words, or the letters, are another's."""
    letters = [character for character in text if character.isalpha()]
    if sum("LATIN" in name_letter(character) for character in letters) < LEAST_LATIN * len(letters):
        return "another script"
    english = share_of(words, GLUE)
    shares = {name: share_of(words, small) for name, small in OTHER_LANGUAGES.items()}
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] > max(english, LITTLE_GLUE) else None


def name_letter(character: str) -> str:
    """A letter's name, which says its script."""
    return "LATIN" if character.isascii() else unicodedata.name(character, "")


def share_of(words: Sequence[Word], small: frozenset[str]) -> float:
    """The part of the words that are among these."""
    counts = Counter(word.text in small for word in words)
    return counts[True] / max(len(words), 1)


def lacks_sentences(text: str, words: Sequence[Word]) -> bool:
    """Whether it is words in a row: few of the small words that English needs, and hardly a sentence with a verb."""
    small = share_of(words, GLUE)
    inside = sum(len(sentence.words) for sentence in split_sentences(text, words) if sentence.is_whole)
    if inside < LEAST_IN_SENTENCES * len(words):
        return small < LITTLE_GLUE
    return small < NO_GLUE
