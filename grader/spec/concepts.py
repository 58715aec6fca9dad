"""`concepts.toml`, in the private folder: which thoughts an explanation is to hold, and how each may be said.

Read strictly, every fault told at once, like `assignment.toml`. It never enters a sandbox or a release.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.errors import SpecError
from grader.spec.faults import Faults, join_path, read_fields, suggest_name
from grader.spec.model import Question
from grader.spec.phrasings import GROUP, Phrasing, Words, read_phrasing
from grader.spec.text_rules import Concept, Misconception, TextRules
from grader.spec.toml import read_toml
from grader.spec.values import REQUIRED, Field, Flag, Table, Text, Texts, describe_value, shorten
from grader.spec.vocabulary import IDENTIFIER

__all__ = [
    "CONCEPT",
    "CONCEPTS_FILE",
    "MISCONCEPTION",
    "QUESTION_RULES",
    "read_concepts",
]

CONCEPTS_FILE = "concepts.toml"
MOST_CONCEPTS = 12
HINT = Text(longest=160)
PHRASINGS = Texts(item=Text(longest=200), least=1, most=200)
EXPRESSION = Text(
    pattern=r"=?[a-z0-9]+(?:['-][a-z0-9]+)*(?: [a-z0-9]+(?:['-][a-z0-9]+)*){0,5}",
    form="one to six words of small letters, with = before them for these very forms",
    longest=80,
)
EXPRESSIONS = Texts(item=EXPRESSION, least=1, most=400)

TOP: tuple[Field, ...] = (
    Field("words", Table("a table, [words]: name = [expressions]"), None, "Lists of words that mean the same here."),
    Field("questions", Table("tables, [[questions]]"), REQUIRED, "One for each question that is scored by concepts."),
)
QUESTION_RULES: tuple[Field, ...] = (
    Field("id", IDENTIFIER, REQUIRED, "The question of assignment.toml, of kind text."),
    Field("topic", EXPRESSIONS, (), "What the answer speaks of: said again, it ends what `baseline` began."),
    Field("baseline", EXPRESSIONS, (), "What it is compared with: of that, a phrasing says the opposite."),
    Field("concepts", Table("tables, [[questions.concepts]]"), REQUIRED, "The thoughts that score, one part each."),
    Field("misconceptions", Table("tables, [[questions.misconceptions]]"), None, "Mistakes that a person looks at."),
)
CONCEPT: tuple[Field, ...] = (
    Field("id", IDENTIFIER, REQUIRED, "Its name, in samples and in the instructor's report."),
    Field("title", Text(longest=60), REQUIRED, "What a student reads where it is found."),
    Field("hint", HINT, None, "What a student reads where it is missing; left out: nothing."),
    Field("phrasings", PHRASINGS, REQUIRED, "Ways to say it."),
    Field("opposites", PHRASINGS, (), "Ways to say its opposite; negated they say it."),
    Field("compared", Flag(), True, "Whether, said of the baseline, it is the opposite; false: then it is nothing."),
    Field("deniable", Flag(), True, "Whether a negation turns it round; false: it is named all the same."),
)
MISCONCEPTION: tuple[Field, ...] = (
    Field("id", IDENTIFIER, REQUIRED, "Its name."),
    Field("hint", HINT, None, "What a student reads who says it."),
    Field("phrasings", PHRASINGS, REQUIRED, "Ways to say it."),
)


def read_concepts(path: Path, questions: Sequence[Question], faults: Faults) -> dict[str, TextRules]:
    """The rules of each question that has some; faults are told as "concepts.toml: questions[0].id"."""
    try:
        document = read_toml(path)
    except SpecError as error:
        faults.add(CONCEPTS_FILE, error.message, None)
        return {}
    found = Faults()
    rules = read_document(document, questions, found)
    for fault in found.found:
        faults.add(f"{CONCEPTS_FILE}: {fault.path}", fault.message, fault.suggestion)
    return rules


def read_document(document: Mapping[str, Any], questions: Sequence[Question], faults: Faults) -> dict[str, TextRules]:
    """The whole document."""
    values = read_fields(document, TOP, "", faults)
    words = read_words(values["words"], faults)
    tables = read_tables(values.get("questions"), "questions", faults)
    rules: dict[str, TextRules] = {}
    for path, table in tables:
        rule = read_rules(table, words, path, faults)
        if rule.question in rules:
            faults.add(f"{path}.id", f"{rule.question!r} stands there twice", "put the concepts together")
        elif rule.question:
            rules[rule.question] = rule
            check_question(rule.question, questions, f"{path}.id", faults)
    report_unused(words, document.get("questions"), faults)
    asked = {question.id: question for question in questions}
    return {name: complete_rule(rule, asked[name]) for name, rule in rules.items() if name in asked}


def complete_rule(rule: TextRules, question: Question) -> TextRules:
    """The rules with what `assignment.toml` says of the question."""
    return replace(rule, prompt=question.content.get("prompt", ""), words=question.content.get("words"))


def read_words(table: Any, faults: Faults) -> Words:
    """The lists of [words], by name."""
    if table is None:
        return {}
    if not isinstance(table, dict):
        faults.add("words", f"{describe_value(table)} where a table belongs", '[words] and few = ["few", "little"]')
        return {}
    read = {}
    for name, value in table.items():
        path = join_path("words", shorten(name))
        IDENTIFIER.read(name, faults.at(path))
        read[name] = EXPRESSIONS.read(value, faults.at(path))
    return read


def read_tables(value: Any, path: str, faults: Faults) -> list[tuple[str, Mapping[str, Any]]]:
    """A list of tables, each with its path."""
    if value is None:
        return []
    if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
        faults.add(path, f"{describe_value(value)} where tables belong", f"begin each with [[{strip_numbers(path)}]]")
        return []
    return [(f"{path}[{number}]", item) for number, item in enumerate(value)]


def strip_numbers(path: str) -> str:
    """A path as TOML's headings write it."""
    return ".".join(part.split("[")[0] for part in path.split("."))


def read_rules(table: Mapping[str, Any], words: Words, path: str, faults: Faults) -> TextRules:
    """One question's rules."""
    values = read_fields(table, QUESTION_RULES, path, faults)
    concepts = [
        read_concept(item, words, where, faults)
        for where, item in read_tables(values.get("concepts"), f"{path}.concepts", faults)
    ]
    misconceptions = [
        read_misconception(item, words, where, faults)
        for where, item in read_tables(values["misconceptions"], f"{path}.misconceptions", faults)
    ]
    if len(concepts) > MOST_CONCEPTS:
        faults.add(f"{path}.concepts", f"there are {len(concepts)}", f"at most {MOST_CONCEPTS} are taken")
    report_twins([*(item.id for item in concepts), *(item.id for item in misconceptions)], path, faults)
    return TextRules(
        question=values.get("id", ""),
        topic=values["topic"],
        baseline=values["baseline"],
        concepts=tuple(concepts),
        misconceptions=tuple(misconceptions),
    )


def read_concept(table: Mapping[str, Any], words: Words, path: str, faults: Faults) -> Concept:
    """One concept."""
    values = read_fields(table, CONCEPT, path, faults)
    phrasings, opposites = (
        read_phrasings(values.get(key, ()), words, f"{path}.{key}", faults) for key in ("phrasings", "opposites")
    )
    both = {item.text for item in phrasings} & {item.text for item in opposites}
    for text in sorted(both):
        faults.add(f"{path}.opposites", f"{text!r} is a phrasing as well", "it can't say both")
    about = {key: values[key] for key in ("hint", "compared", "deniable")}
    return Concept(
        id=values.get("id", ""), title=values.get("title", ""), phrasings=phrasings, opposites=opposites, **about
    )


def read_misconception(table: Mapping[str, Any], words: Words, path: str, faults: Faults) -> Misconception:
    """One misconception."""
    values = read_fields(table, MISCONCEPTION, path, faults)
    phrasings = read_phrasings(values.get("phrasings", ()), words, f"{path}.phrasings", faults)
    return Misconception(id=values.get("id", ""), hint=values["hint"], phrasings=phrasings)


def read_phrasings(texts: Sequence[str], words: Words, path: str, faults: Faults) -> tuple[Phrasing, ...]:
    """The phrasings of a list, each fault with its item's path."""
    return tuple(
        phrasing
        for number, text in enumerate(texts)
        for phrasing in read_phrasing(text, words, faults.at(f"{path}[{number}]"))
    )


def report_twins(names: Sequence[str], path: str, faults: Faults) -> None:
    """Complain about a name that stands there a second time."""
    for number, name in enumerate(names):
        if name and name in names[:number]:
            faults.add(path, f"two concepts or misconceptions are called {name!r}", "choose another name for one")


def check_question(name: str, questions: Sequence[Question], path: str, faults: Faults) -> None:
    """The question is there, and is one that is answered in words."""
    kinds = {question.id: question.kind for question in questions}
    if name not in kinds:
        near = suggest_name(name, [other for other, kind in kinds.items() if kind == "text"])
        faults.add(path, f"the assignment has no question {name!r}", f'did you mean "{near}"?' if near else None)
    elif kinds[name] != "text":
        faults.add(path, f'{name!r} is a question of kind "{kinds[name]}"', 'only kind "text" is scored by concepts')


def report_unused(words: Words, questions: Any, faults: Faults) -> None:
    """Complain about a list that no phrasing names: a typo, as a rule."""
    used = set(GROUP.findall(str(questions)))
    for name in words:
        if name not in used:
            faults.add(join_path("words", shorten(name)), "no phrasing uses it", f"write <{name[:60]}> or remove it")
