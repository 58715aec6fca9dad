"""The marks inside otter-grader's solution cells: what students get instead of a solution, and the solution itself."""

import re
from collections.abc import Callable

__all__ = ["strip_solution", "tidy_solution"]

WHOLE_CELL = re.compile(r"^\s*##\s*SOLUTION\s*##\s*$", re.IGNORECASE)
BEGIN_SOLUTION = re.compile(r"^(\s*)#\s*BEGIN SOLUTION(\s+NO PROMPT)?\s*$", re.IGNORECASE)
END_SOLUTION = re.compile(r"^\s*#\s*END SOLUTION\s*$", re.IGNORECASE)
BEGIN_PROMPT = re.compile(r'^(\s*)(?:"""|\'\'\')\s*#\s*BEGIN PROMPT\s*$', re.IGNORECASE)
END_PROMPT = re.compile(r'^\s*(?:"""|\'\'\')\s*;?\s*#\s*END PROMPT\s*$', re.IGNORECASE)
BEGIN_IGNORE = re.compile(r"^\s*#\s*BEGIN IGNORE\s*$", re.IGNORECASE)
END_IGNORE = re.compile(r"^\s*#\s*END IGNORE\s*$", re.IGNORECASE)
IGNORED = re.compile(r"#\s*IGNORE\s*$", re.IGNORECASE)
LINE = re.compile(r"^(\s*)(.*?)\s*#\s*SOLUTION(\s+NO PROMPT)?\s*$", re.IGNORECASE)
ASSIGNMENT = re.compile(r"^([\w\[\]\"'., ]+?=)(?!=)")


def strip_solution(source: str) -> str:
    """What students get: `...` where the solution was, prompts as they are."""
    return walk(source, for_students=True)


def tidy_solution(source: str) -> str:
    """The solution as it runs: without marks, prompts, and what is to be ignored."""
    return walk(source, for_students=False)


def walk(source: str, *, for_students: bool) -> str:
    """The lines of a cell, block by block."""
    lines = source.splitlines()
    if lines and WHOLE_CELL.match(lines[0]):
        lines = lines[1:]
        if for_students:
            return "\n".join(take_prompts(lines)) or "..."
    kept: list[str] = []
    inside = ""
    for line in lines:
        if inside:
            inside = stay_inside(line, inside, kept, for_students=for_students)
        else:
            inside = enter(line, kept, for_students=for_students)
    return "\n".join(kept)


def enter(line: str, kept: list[str], *, for_students: bool) -> str:
    """One line outside of any block; the block that it opens."""
    if begins := BEGIN_SOLUTION.match(line):
        if for_students and not begins[2]:
            kept.append(f"{begins[1]}...")
        return "solution"
    if BEGIN_PROMPT.match(line):
        return "prompt"
    if BEGIN_IGNORE.match(line):
        return "ignore"
    if not IGNORED.search(line):
        add_line(line, kept, replace_line if for_students else drop_mark)
    return ""


def stay_inside(line: str, inside: str, kept: list[str], *, for_students: bool) -> str:
    """One line inside of a block; the block that is open afterwards."""
    ends = {"solution": END_SOLUTION, "prompt": END_PROMPT, "ignore": END_IGNORE}[inside]
    if ends.match(line):
        return ""
    if (inside == "prompt") == for_students and inside != "ignore":
        kept.append(line)
    return inside


def add_line(line: str, kept: list[str], change: Callable[[re.Match[str]], str | None]) -> None:
    """A line, changed where it is marked as solution."""
    found = LINE.match(line)
    changed = line if found is None else change(found)
    if changed is not None:
        kept.append(changed)


def replace_line(found: re.Match[str]) -> str | None:
    """A solution's line for students: what is assigned to stays."""
    if found[3]:
        return None
    target = ASSIGNMENT.match(found[2])
    return f"{found[1]}{target[1].rstrip()} ..." if target else f"{found[1]}..."


def drop_mark(found: re.Match[str]) -> str:
    """A solution's line without its mark."""
    return f"{found[1]}{found[2]}"


def take_prompts(lines: list[str]) -> list[str]:
    """Only what stands in prompts."""
    kept: list[str] = []
    inside = False
    for line in lines:
        if not inside and BEGIN_PROMPT.match(line):
            inside = True
        elif inside and END_PROMPT.match(line):
            inside = False
        elif inside:
            kept.append(line)
    return kept
