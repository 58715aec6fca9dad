"""The small language of phrasings: how an author says that a sentence holds a thought, whatever its exact words.

    fewer epochs            both words, in this order, with up to three others between them
    fewer|less epochs       one of several words
    <few> epochs            any expression of the list `few` in [words]; `<few>|no` adds a word to it
    =learned                this very form; without the sign "learning" and "learns" are the same word. In a list
                            "=it learned" is an expression of these very forms
    # images                a number from 2; `<=2000 images` a number of at most that
    knows ... image         with up to ten others between them
    has + learned           one right after the other, but for fillers such as "the"
    less training !data     the next word that counts isn't "data"
    classify *<vague>       any word of some meaning that isn't in the list `vague`; `*` any at all
    <few> & epochs          in either order; up to three parts

Words are compared by their stems, so any form of a word will do. Here they are only read; `grader.checks.concepts`
compares.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import permutations

__all__ = ["GROUP", "Gap", "Option", "Part", "Phrasing", "Words", "read_phrasing"]

WORD = re.compile(r"[a-z0-9]+(?:['-][a-z0-9]+)*")
GROUP = re.compile(r"<([a-z][a-z0-9_]*)>")
AT_MOST = re.compile(r"<=(\d{1,9})")
MOST_PARTS = 8
MOST_UNORDERED = 3
Words = Mapping[str, tuple[str, ...]]
Report = Callable[[str, str | None], None]


class Gap(Enum):
    """How many words may stand between two places."""

    NONE = "+"
    SOME = ""
    WIDE = "..."


@dataclass(frozen=True)
class Option:
    """One way to fill a place: words one after the other, `exact` in this very form; a number up to `at_most`; or,
    where `but` isn't None, any word that isn't among those.
    """

    words: tuple[str, ...] = ()
    exact: bool = False
    at_most: int | None = None
    but: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Part:
    """One place of a phrasing, which any of its options fills. `gap`: how far it may stand from the one before.
    `absent`: none of them may come next.
    """

    options: tuple[Option, ...]
    gap: Gap = Gap.SOME
    absent: bool = False


@dataclass(frozen=True)
class Phrasing:
    """Places in order. `text` is what the author wrote; one with `&` makes several of these."""

    text: str
    parts: tuple[Part, ...]


def read_phrasing(text: str, words: Words, report: Report) -> tuple[Phrasing, ...]:
    """The phrasings that a text stands for; what is wrong with it is reported, and gives none."""
    sides = [read_parts(side.split(), words, report) for side in re.split(r"(?:^|\s)&(?:\s|$)", text)]
    if any(side is None for side in sides):
        return ()
    read = [side for side in sides if side]
    if len(read) < len(sides):
        report("a part of it is empty", "words stand on both sides of &")
    elif len(read) > MOST_UNORDERED:
        report(f"{len(read)} parts in any order", f"at most {MOST_UNORDERED} are taken")
    elif sum(map(len, read)) > MOST_PARTS:
        report(f"{sum(map(len, read))} parts", f"at most {MOST_PARTS} are taken; a shorter phrasing finds more")
    elif any(side[0].gap is not Gap.SOME or side[0].absent for side in read):
        report("it begins with ..., + or !", "they stand after a word")
    else:
        orders = permutations(read)
        return tuple(Phrasing(text, tuple(part for side in order for part in side)) for order in orders)
    return ()


def read_parts(written: list[str], words: Words, report: Report) -> list[Part] | None:
    """The places of one side, in order; None where one of them can't be read."""
    parts: list[Part] = []
    gap = Gap.SOME
    for item in written:
        if item in (Gap.NONE.value, Gap.WIDE.value):
            gap = Gap(item)
            continue
        options = tuple(read_options(item.removeprefix("!"), words, report))
        if not options:
            return None
        parts.append(Part(options, gap, item.startswith("!")))
        gap = Gap.SOME
    if gap is not Gap.SOME:
        report(f"it ends with {gap.value}", f"{gap.value} stands between two words")
        return None
    return parts


def read_options(written: str, words: Words, report: Report) -> Iterator[Option]:
    """What may fill one place. Nothing at all where a part of it can't be read."""
    found: list[Option] = []
    for item in written.split("|"):
        options = read_item(item, words)
        if options is None:
            named = GROUP.fullmatch(item.removeprefix("*"))
            if named is not None:
                report(f"there is no list {named[1]!r} in [words]", f"there are {', '.join(sorted(words)) or 'none'}")
            else:
                report(f"{item!r} can't be read", "words of small letters, <list>, *, =form, #, <=2000, | between them")
            return
        found += options
    yield from found


def read_item(item: str, words: Words) -> list[Option] | None:
    """One of the things that may fill a place; None where it can't be read."""
    group, limit = GROUP.fullmatch(item.removeprefix("*")), AT_MOST.fullmatch(item)
    if item == "*" or (item.startswith("*") and group is not None and group[1] in words):
        return [Option(but=() if group is None else words[group[1]])]
    if group is not None and group[1] in words and not item.startswith("*"):
        return [Option(tuple(one.removeprefix("=").split()), one.startswith("=")) for one in words[group[1]]]
    if limit is not None or item == "#":
        return [Option(at_most=int(limit[1]) if limit else 10**9)]
    if WORD.fullmatch(item.removeprefix("=")):
        return [Option((item.removeprefix("="),), exact=item.startswith("="))]
    return None
