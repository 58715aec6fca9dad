"""What turns a statement round: a negation before it in its clause, or a subject that is the other thing.

"doesn't need many images" says less data, "does not learn faster" denies it, and "from scratch it needs many images"
says it again. Each turn counts once, and an even number is none.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property

from grader.checks.concepts.english import BLOCKED_BY_SUBJECT, CONTRASTS, DISARMING, NEGATORS, NO_NEGATION, SUBJECTS
from grader.checks.concepts.matching import Match, find_expressions
from grader.checks.concepts.rules import Rules
from grader.checks.concepts.sentences import Sentence

__all__ = ["Turns"]

LOOK_BACK = 4
"""Words before the other thing among which "than" or "compared" makes it no subject."""
REACH = 15
"""Words before a match among which a negation reaches it."""


class Turns:
    """The turns of one sentence."""

    def __init__(self, sentence: Sentence, rules: Rules) -> None:
        self._words = sentence.words
        self._clauses = sentence.clauses
        self._rules = rules

    def is_turned(self, match: Match) -> bool:
        """Whether what a match says is said to be otherwise."""
        of_baseline = self.speaks_of_baseline[match.first] and match.used.isdisjoint(self.baseline_words)
        return (len(self.list_negations(match)) + of_baseline) % 2 == 1

    def is_muddled(self, match: Match) -> bool:
        """Whether a phrasing with a negation of its own reaches over another one: nobody can tell what that says."""
        inner = self.negators[bisect_left(self.negators, match.first) : bisect_right(self.negators, match.last)]
        own = [number for number in inner if number in match.used]
        return bool(own) and len(own) < len(inner)

    def list_negations(self, match: Match) -> list[int]:
        """The negations that reach the match: before it in its clause, or within it and no part of it."""
        first = match.first
        while first > max(match.first - REACH, 0) and self._clauses[first - 1] == self._clauses[match.first]:
            first -= 1
        inner = self.negators[bisect_left(self.negators, first) : bisect_right(self.negators, match.last)]
        return [number for number in inner if number not in match.used and not self.is_blocked(number, match)]

    def is_blocked(self, negator: int, match: Match) -> bool:
        """Whether a new subject ends the reach of "instead of" and its like, or "nor" only goes on with a list."""
        if negator > match.first and self._words[negator].text == "nor":
            return True
        between = self._words[negator + 1 : match.last]
        return self._words[negator].text in BLOCKED_BY_SUBJECT and any(word.text in SUBJECTS for word in between)

    @cached_property
    def negators(self) -> list[int]:
        """Where the sentence's negations stand; "without pre-training" names the other thing and negates nothing."""
        texts = [word.text for word in self._words]
        return [
            number
            for number in range(len(texts))
            if number not in self.baseline_words
            and begins_with(texts, number, NEGATORS)
            and not begins_with(texts, number, NO_NEGATION)
        ]

    @cached_property
    def baseline(self) -> dict[int, int]:
        """Where the other thing is named: first word and last."""
        found = find_expressions(self._words, self._rules.baseline.expressions)
        return {first: last for first, (last, _) in found}

    @cached_property
    def baseline_words(self) -> frozenset[int]:
        """The words that name the other thing."""
        return frozenset(number for first, last in self.baseline.items() for number in range(first, last + 1))

    @cached_property
    def speaks_of_baseline(self) -> list[bool]:
        """For each word, whether what stands there is said of the other thing."""
        topic = {first for first, _ in find_expressions(self._words, self._rules.topic.expressions)}
        speaking: list[bool] = []
        begins = {last + 1 for first, last in self.baseline.items() if not self.is_disarmed(first)}
        state = False
        for number, word in enumerate(self._words):
            state = state or number in begins
            if (number in topic and number not in self.baseline_words) or word.text in CONTRASTS:
                state = False
            speaking.append(state)
        return speaking

    def is_disarmed(self, first: int) -> bool:
        """Whether the other thing is only compared with ("than from scratch"), or denied ("isn't trained from
        scratch")."""
        before = range(max(first - LOOK_BACK, 0), first)
        if any(self._words[number].text in DISARMING for number in before if number not in self.baseline_words):
            return True
        at = bisect_left(self.negators, first) - 1
        return at >= 0 and self._clauses[self.negators[at]] == self._clauses[first]


def begins_with(texts: Sequence[str], number: int, expressions: Sequence[tuple[str, ...]]) -> bool:
    """Whether one of the expressions stands here."""
    return any(tuple(texts[number : number + len(expression)]) == expression for expression in expressions)
