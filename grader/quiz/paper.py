"""Writes an `answers.toml`: a blank one with every question in it as comments, and one answer at a time into a file
that a person may have written in, whose every other line stays as it is.
"""

import re
import textwrap
from collections.abc import Iterator
from typing import Any

import tomlkit

from grader.spec.model import Assignment, Question

__all__ = ["blank_sheet", "put_answer"]

WIDTH = 96
FORMS = {
    "choice": ('""', "the option's text, or its number"),
    "choices": ('["", ""]', "every right option, by text or number"),
    "number": ("0", "a number"),
    "shape": ("[0, 0]", "a shape"),
    "text": ('""', "your explanation, between quotes"),
}
HOW = (
    "Take the # away before a question's last line, and write your answer behind the equals sign.",
    "A question without an answer stays as it is.",
)


def blank_sheet(assignment: Assignment) -> str:
    """The text of an `answers.toml` in which nothing is answered yet."""
    lines = [*comment(f"{assignment.title} ({assignment.slug})"), "#"]
    for sentence in HOW:
        lines += comment(sentence)
    lines += comment(f"Or answer in a terminal:  grade quiz {assignment.slug} --graded")
    answered = [question for question in assignment.questions if question.is_answered]
    for number, question in enumerate(answered, 1):
        lines += ["", *describe_question(question, number)]
    return "\n".join(lines) + "\n"


def describe_question(question: Question, number: int) -> Iterator[str]:
    """A question as comments, and the line for its answer."""
    content = question.content
    yield from comment(f"{number}. {question.title}")
    for paragraph in str(content["prompt"]).split("\n"):
        yield from comment(paragraph)
    if content.get("code"):
        yield from comment(f"The program is {content['code']}, beside this file.")
    for position, option in enumerate(content.get("options", ()), 1):
        yield from comment(option, f"  {position:>2}  ")
    if question.kind == "match":
        pairs = ", ".join(f'{tomlkit.item(term).as_string()} = ""' for term in content["terms"])
        yield from comment("For each an option's text, or its number:")
        yield f"# {question.id} = {{ {pairs} }}"
        return
    form, meaning = FORMS[question.kind]
    unit = f" of {content['unit']}" if content.get("unit") else ""
    yield f"# {question.id} = {form}  # {meaning}{unit}"


def comment(text: str, lead: str = "") -> list[str]:
    """A text as lines of comments; further lines stand under the first one's."""
    if not text.strip():
        return ["#"]
    under = " " * len(lead)
    return textwrap.wrap(text, WIDTH, initial_indent=f"# {lead}", subsequent_indent=f"# {under}")


def put_answer(text: str, name: str, answer: Any) -> str:
    """The text of an `answers.toml` with one answer more, or another one in place of what it had.

    Raises:
        ValueError: the text isn't TOML.
    """
    document = tomlkit.parse(text)
    line = f"{name} = {make_item(answer).as_string()}"
    if name in document:
        wanted = {**document.unwrap(), name: answer}
        document[name] = make_item(answer)
        filled = tomlkit.dumps(document)
        if tomlkit.parse(filled).unwrap() == wanted:
            return filled
        document.remove(name)  # a table between others, in whose place a line would belong to the one above it
        return f"{line}\n{tomlkit.dumps(document)}"
    pattern = re.compile(rf"^# {re.escape(name)} = .*$", re.MULTILINE)
    if pattern.search(text):
        filled = pattern.sub(lambda _found: line, text, count=1)
        if name in tomlkit.parse(filled):  # it wasn't within a text or below a table
            return filled
    return f"{line}\n{text}"  # at the top, where no table has begun yet


def make_item(answer: Any) -> Any:
    """An answer as TOML writes it, on one line."""
    if isinstance(answer, dict):
        table = tomlkit.inline_table()
        for key, value in answer.items():
            table.append(tomlkit.key(key) if not key.isidentifier() else key, value)
        return table
    return tomlkit.item(answer)
