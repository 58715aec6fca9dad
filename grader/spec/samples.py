"""Labelled sample answers, in the private folder: what a person found in each, to measure the rules against.

`samples.toml` is for writing rules with. `held_out.toml` was written before them and is only ever measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import SpecError
from grader.spec.faults import Faults, read_fields, suggest_name
from grader.spec.text_rules import TextRules
from grader.spec.toml import read_toml
from grader.spec.values import REQUIRED, Field, Table, Text, Texts, describe_value
from grader.spec.vocabulary import IDENTIFIER

__all__ = ["HELD_OUT_FILE", "SAMPLE", "SAMPLES_FILE", "Sample", "read_samples"]

SAMPLES_FILE, HELD_OUT_FILE = "samples.toml", "held_out.toml"
TOP: tuple[Field, ...] = (Field("samples", Table("tables, [[samples]]"), REQUIRED, "Sample answers."),)
SAMPLE: tuple[Field, ...] = (
    Field("question", IDENTIFIER, REQUIRED, "Which question it answers."),
    Field("text", Text(lines=True, longest=20_000), REQUIRED, "The answer."),
    Field("concepts", Texts(item=IDENTIFIER), REQUIRED, "The concepts that are in it, by a person's judgement."),
)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One answer, and the concepts that a person finds in it."""

    question: str
    text: str
    concepts: tuple[str, ...]


def read_samples(path: Path, rules: Mapping[str, TextRules]) -> tuple[Sample, ...]:
    """The samples of a file.

    Raises:
        SpecError: there is no such file, or it is unsound; all its faults are in there.
    """
    faults = Faults()
    tables = read_fields(read_toml(path), TOP, "", faults).get("samples", ())
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        faults.add("samples", f"{describe_value(tables)} where samples belong", "begin each with [[samples]]")
        tables = []
    samples = [read_sample(table, rules, f"samples[{number}]", faults) for number, table in enumerate(tables)]
    report_twins(samples, faults)
    if faults.found:
        count = f"{len(faults.found)} faults" if len(faults.found) > 1 else "a fault"
        raise SpecError(f"{path} has {count}", faults=tuple(faults.found))
    return tuple(samples)


def read_sample(table: Mapping[str, Any], rules: Mapping[str, TextRules], path: str, faults: Faults) -> Sample:
    """One sample."""
    values = read_fields(table, SAMPLE, path, faults)
    question = values.get("question", "")
    rule = rules.get(question)
    if question and rule is None:
        near = suggest_name(question, rules)
        hint = f'did you mean "{near}"?' if near else f"there are {', '.join(rules) or 'none'}"
        faults.add(f"{path}.question", f"no question {question!r} is scored by concepts", hint)
    known = [concept.id for concept in rule.concepts] if rule is not None else list(values.get("concepts", ()))
    for name in values.get("concepts", ()):
        if name not in known:
            near = suggest_name(name, known)
            hint = f'did you mean "{near}"?' if near else f"there are {', '.join(known)}"
            faults.add(f"{path}.concepts", f"{question!r} has no concept {name!r}", hint)
    return Sample(question=question, text=values.get("text", ""), concepts=tuple(values.get("concepts", ())))


def report_twins(samples: list[Sample], faults: Faults) -> None:
    """Complain about an answer that stands there twice: it would count twice."""
    seen: dict[tuple[str, str], int] = {}
    for number, sample in enumerate(samples):
        key = (sample.question, sample.text)
        if sample.text and key in seen:
            faults.add(f"samples[{number}].text", f"it is that of samples[{seen[key]}]", "keep one of the two")
        seen.setdefault(key, number)
