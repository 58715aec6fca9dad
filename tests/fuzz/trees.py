"""Values as JSON has them: made, changed in places, and written down in ways that JSON allows or doesn't."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from tests.fuzz.dice import Dice
from tests.fuzz.mutate import mutate_text

__all__ = ["PIECES", "change_tree", "copy_tree", "make_tree", "mutate_json", "nest", "write_json"]

PIECES = (
    *(
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        '"',
        "\\",
        "null",
        "true",
        "false",
        "NaN",
        "Infinity",
        "-Infinity",
        "-",
        "0",
        "1e999",
    ),
    *("1e-999", "01", "1.", ".5", "+1", "0x10", "9" * 20, "9" * 5000, "1" + "0" * 400 + ".0", "1E400", "-0", "-0.0"),
    *("9007199254740992", "9007199254740993", "9007199254740992.0", '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"'),
    *(
        '"\\ud83d\\ude00"',
        '"\\x"',
        '"\\u12"',
        "'a'",
        "//x\n",
        "/*x*/",
        "\ufeff",
        "\0",
        "\x01",
        '"\n"',
        "\u2028",
        "[" * 40,
    ),
    *(
        '{"a":' * 40,
        '"a":1,"a":2',
        '{"a":1,"a":1}',
        '{"a":1,"\\u0061":2}',
        '"' + "x" * 2000 + '"',
        "[[],[],[]]",
        " " * 50,
    ),
)


def make_tree(dice: Dice, depth: int = 3) -> Any:
    """Any value, of a few levels at most."""
    kind = dice.whole(0, 9 if depth else 6)
    if kind == 0:
        return None
    if kind == 1:
        return dice.chance(0.5)
    if kind in (2, 3):
        return dice.number()
    if kind == 4:
        return dice.pick((0.0, -0.0, 0.5, 1e308, 5e-324, 1.0, -1.5, 2.0**53, float("nan"), float("inf")))
    if kind in (5, 6):
        return dice.text()
    if kind == 7:
        return [make_tree(dice, depth - 1) for _ in range(dice.whole(0, 3))]
    return {dice.text(): make_tree(dice, depth - 1) for _ in range(dice.whole(0, 3))}


def nest(dice: Dice, inner: Any) -> Any:
    """A value inside many others."""
    for _ in range(dice.pick((1, 3, 12, 14, 16, 17, 50, 99, 101, 150))):
        inner = [inner] if dice.chance(0.7) else {"a": inner}
    return inner


def copy_tree(tree: Any) -> Any:
    """A tree whose lists and dicts are its own."""
    if isinstance(tree, dict):
        return {key: copy_tree(value) for key, value in tree.items()}
    return [copy_tree(value) for value in tree] if isinstance(tree, list | tuple) else tree


def list_places(tree: Any) -> list[tuple[Any, Any]]:
    """Every place in a tree: its container, and the key or number in that."""
    places: list[tuple[Any, Any]] = []
    waiting = [tree]
    while waiting and len(places) < 400:
        value = waiting.pop()
        items = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
        for key, item in items:
            places.append((value, key))
            if isinstance(item, dict | list):
                waiting.append(item)
    return places


def change_tree(dice: Dice, tree: Any, words: Sequence[Any] = ()) -> None:
    """One change somewhere in a tree of lists and dicts, in place. `words` are values that mean something here."""
    places = list_places(tree)
    if places:
        container, key = dice.pick(places)
        dice.pick(TREE_CHANGES)(dice, container, key, words)


def replace(dice: Dice, container: Any, key: Any, words: Sequence[Any]) -> None:
    container[key] = copy_tree(dice.pick(words)) if words and dice.chance(0.4) else make_tree(dice, 2)


def shift(dice: Dice, container: Any, key: Any, words: Sequence[Any]) -> None:
    value = container[key]
    if isinstance(value, str):
        at = dice.whole(0, len(value))
        container[key] = value[:at] + dice.text() + value[at:]
    elif type(value) is int:
        container[key] = dice.pick(
            (value + 1, value - 1, -value, value * 2, float(value) if value < 2**60 else 0, str(value))
        )
    else:
        container[key] = dice.number()


def remove(dice: Dice, container: Any, key: Any, words: Sequence[Any]) -> None:
    del container[key]


def rename(dice: Dice, container: Any, key: Any, words: Sequence[Any]) -> None:
    if isinstance(container, dict):
        container[dice.text()] = container.pop(key)
    else:
        dice.rotate(container)


def add(dice: Dice, container: Any, key: Any, words: Sequence[Any]) -> None:
    if isinstance(container, dict):
        container[dice.pick((*[word for word in words if isinstance(word, str)], dice.text()))] = make_tree(dice, 1)
    else:
        container.insert(dice.whole(0, len(container)), dice.pick((copy_tree(container[key]), make_tree(dice, 1))))


def deepen(dice: Dice, container: Any, key: Any, words: Sequence[Any]) -> None:
    container[key] = nest(dice, container[key])


def multiply(dice: Dice, container: Any, key: Any, words: Sequence[Any]) -> None:
    times = dice.pick((1, 2, 9, 30)) if dice.chance(0.9) else 300
    if isinstance(container, list):
        container[key:key] = [container[key]] * times
    else:
        container[key] = [container[key]] * times


def swap(dice: Dice, container: Any, key: Any, words: Sequence[Any]) -> None:
    other = dice.pick(list(container)) if isinstance(container, dict) else dice.whole(0, len(container) - 1)
    container[key], container[other] = container[other], container[key]


Change = Callable[[Dice, Any, Any, Sequence[Any]], None]
TREE_CHANGES: tuple[Change, ...] = (
    *(replace, replace, replace, shift, shift, shift, remove, rename, add, deepen, multiply, swap),
)


def write_json(dice: Dice, tree: Any) -> str:
    """A tree as text: tight or wide, in ASCII or not, and at times with a key that stands there twice."""
    text = json.dumps(
        tree,
        ensure_ascii=dice.chance(0.5),
        indent=dice.pick((None, None, None, 0, 1)),
        separators=dice.pick(((",", ":"), (", ", ": "))),
    )
    if dice.chance(0.05):
        quotes = [at for at in range(min(len(text), 2000)) if text.startswith('":', at)]
        if quotes:
            end = dice.pick(quotes)
            start = text.rfind('"', 0, end)
            text = f'{text[:start]}{text[start:end]}":0,{text[start:]}'
    return text


def mutate_json(dice: Dice, tree: Any, words: Sequence[Any] = (), most: int = 3) -> str:
    """A tree that was changed in a few places, or in none, as text that may be changed as well."""
    holder = [tree]
    for _ in range(dice.whole(0, most)):
        change_tree(dice, holder, words)
    text = write_json(dice, holder[0] if holder else None)
    return mutate_text(dice, text, PIECES, 2) if dice.chance(0.3) else text
