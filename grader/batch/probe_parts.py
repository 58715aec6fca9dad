"""Which part of `probe.py` a question rests on, so that a change to one question's probe runs that question alone.

A question rests on its own function, on whatever else stands at the top of the file, and on other questions' functions
only where one of those names them. What is compared is the syntax tree: a comment or a blank line changes nothing.
"""

import ast
from collections.abc import Iterable

__all__ = ["split_probe"]


def split_probe(source: str, questions: Iterable[str]) -> dict[str, str]:
    """For each question a text that changes when, and only when, the code changes that it rests on.

    Raises:
        SyntaxError: it isn't Python; an assignment with such a probe isn't loaded.
    """
    tree = ast.parse(source)
    names = set(questions)
    own = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in names}
    shared = [node for node in tree.body if not (isinstance(node, ast.FunctionDef) and own.get(node.name) is node)]
    common = "\n".join(map(ast.dump, shared))
    used_by_all = find_used(shared, own)
    return {name: join_parts(common, find_reach({name, *used_by_all}, own), own) for name in names}


def find_reach(start: set[str], own: dict[str, ast.FunctionDef]) -> list[str]:
    """The questions' functions that these lead to, themselves with them."""
    reached: set[str] = set()
    waiting = start & own.keys()
    while waiting:
        reached |= waiting
        waiting = find_used([own[name] for name in waiting], own) - reached
    return sorted(reached)


def find_used(nodes: Iterable[ast.AST], own: dict[str, ast.FunctionDef]) -> set[str]:
    """The questions' functions that a piece of code names. Not seen: one that is looked up by a text in `globals()`."""
    found: set[str] = set()
    for node in nodes:
        for part in ast.walk(node):
            if isinstance(part, ast.Name):
                found.add(part.id)
            elif isinstance(part, ast.Attribute):
                found.add(part.attr)
    return found & own.keys()


def join_parts(common: str, names: Iterable[str], own: dict[str, ast.FunctionDef]) -> str:
    """The code that a question rests on, as one text."""
    return "\n".join([common, *(ast.dump(own[name]) for name in names)])
