"""Personal variants: the combinations of what `[variants]` names, and the fields `{variant.name}` in an author's texts.

Which combination a student has is drawn elsewhere (`draws`), with a secret. Here are the combinations themselves, each
with a number, and what becomes of a text for one of them: in prose a field becomes the value, in code its literal.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from math import prod
from typing import Any

from grader.errors import Fault, SpecError
from grader.spec.faults import suggest_name

__all__ = [
    "Variant",
    "count_combinations",
    "fill_code",
    "fill_file",
    "fill_prose",
    "find_combination",
    "list_cover",
    "list_fields",
    "number_combination",
    "say_variant",
    "suggest_field",
]

Variant = Mapping[str, Any]
"""One value for each name of `[variants]`; empty where an assignment has none."""

FIELD = re.compile(r"\{variant\.([^{}\s]{0,64})\}")
PROSE = (".md", ".txt", ".rst")


def count_combinations(variants: Mapping[str, tuple[Any, ...]]) -> int:
    """How many combinations there are; one, which is empty, where nothing varies."""
    return prod(len(values) for values in variants.values())


def find_combination(variants: Mapping[str, tuple[Any, ...]], number: int) -> dict[str, Any]:
    """The combination of that number: the last name changes fastest."""
    chosen: dict[str, Any] = {}
    for name, values in reversed(list(variants.items())):
        number, place = divmod(number, len(values))
        chosen[name] = values[place]
    return {name: chosen[name] for name in variants}


def number_combination(variants: Mapping[str, tuple[Any, ...]], variant: Variant) -> int | None:
    """The number of a combination; None where there is no such one, or no longer."""
    if variant.keys() != variants.keys():
        return None
    number = 0
    for name, values in variants.items():
        places = [place for place, value in enumerate(values) if same_value(value, variant[name])]
        if not places:
            return None
        number = number * len(values) + places[0]
    return number


def same_value(one: Any, other: Any) -> bool:
    """Whether two values are one, by type too: 1, 1.0 and true are three."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_value, one, other))
    return type(one) is type(other) and bool(one == other)


def list_cover(variants: Mapping[str, tuple[Any, ...]]) -> list[int]:
    """The fewest combinations that have every value of every name once, by number; the first is 0."""
    most = max((len(values) for values in variants.values()), default=1)
    places = ({name: values[turn % len(values)] for name, values in variants.items()} for turn in range(most))
    numbers = [number_combination(variants, variant) for variant in places]
    return [number for number in numbers if number is not None]


def say_variant(variant: Variant) -> str:
    """A variant for a person: "classes = 7, optimizer = adam"."""
    return ", ".join(f"{name} = {spell_prose(value)}" for name, value in variant.items())


def spell_prose(value: Any) -> str:
    """A value as a sentence has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(spell_prose, value)) if isinstance(value, list) else str(value)


def list_fields(text: str) -> list[str]:
    """The names that a text's fields have, each once."""
    return list(dict.fromkeys(FIELD.findall(text)))


def fill_prose(text: str, variant: Variant, *, where: str = "a text") -> str:
    """A text with its fields filled in, as a sentence has them.

    Raises:
        SpecError: a field names nothing that varies.
    """
    return fill(text, variant, spell_prose, where)


def fill_code(text: str, variant: Variant, *, where: str = "a program") -> str:
    """Python source with its fields filled in, as literals: `CLASSES = {variant.classes}` becomes `CLASSES = 7`.

    Raises:
        SpecError: a field names nothing that varies.
    """
    return fill(text, variant, repr, where)


def fill(text: str, variant: Variant, spell: Callable[[Any], str], where: str) -> str:
    """A text with its fields filled in."""
    unknown = [name for name in list_fields(text) if name not in variant]
    if unknown:
        message = f"there is no {unknown[0]!r} in [variants]"
        fault = Fault(where, f"{{variant.{unknown[0]}}}: {message}", suggest_field(unknown[0], variant))
        raise SpecError(f"{where} has a field that can't be filled in: {{variant.{unknown[0]}}}", faults=(fault,))
    return FIELD.sub(lambda match: spell(variant[match[1]]), text)


def suggest_field(name: str, variants: Iterable[str]) -> str:
    """What may have been meant by a field's name."""
    known = list(variants)
    near = suggest_name(name, known)
    return f"did you mean {{variant.{near}}}?" if near else f"[variants] has {', '.join(known) or 'nothing'}"


def fill_file(name: str, content: bytes, variant: Variant) -> bytes:
    """A handout's file with its fields filled in: a script, a notebook, or prose; any other as it is, and so one that
    has no fields.

    Raises:
        SpecError: a field names nothing that varies.
    """
    if b"{variant." not in content:
        return content
    if name.endswith(".py"):
        return fill_code(content.decode("utf-8"), variant, where=name).encode()
    if name.endswith(".ipynb"):
        return fill_notebook(name, content, variant)
    return fill_prose(content.decode("utf-8"), variant, where=name).encode() if name.endswith(PROSE) else content


def fill_notebook(name: str, content: bytes, variant: Variant) -> bytes:
    """A notebook with the fields of its cells filled in."""
    notebook = json.loads(content)
    for cell in notebook.get("cells", ()):
        spell = fill_code if cell.get("cell_type") == "code" else fill_prose
        source = cell.get("source", "")
        lines = [source] if isinstance(source, str) else source
        filled = [spell(line, variant, where=name) for line in lines]
        cell["source"] = filled[0] if isinstance(source, str) else filled
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()
