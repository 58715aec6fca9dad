"""Which questions a piece of the reference's program can change: only those are asked of a mutant in it.

Read from the syntax trees: what the probe's functions call of the student, and what in the program these lead to. Where
that can't be told, every question is asked.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping

from grader.validate.mutation.edits import parse

__all__ = ["find_entries", "find_questions", "list_definitions", "list_unreached"]

Functions = Mapping[str, ast.FunctionDef]


def find_entries(probe: str, questions: Iterable[str]) -> dict[str, frozenset[str] | None]:
    """For each question the names that the probe takes from the student's program; None where that can't be told."""
    functions = {node.name: node for node in parse(probe).body if isinstance(node, ast.FunctionDef)}
    found: dict[str, frozenset[str] | None] = {}
    for question in questions:
        function = functions.get(question)
        arguments = function.args.args if function is not None else []
        found[question] = trace(question, arguments[0].arg, functions, set()) if arguments else None
    return found


def trace(name: str, student: str, functions: Functions, seen: set[tuple[str, str]]) -> frozenset[str] | None:
    """What one function of the probe takes from its argument `student`, by itself or by functions that get it."""
    if (name, student) in seen:
        return frozenset()
    seen.add((name, student))
    parents = {child: node for node in ast.walk(functions[name]) for child in ast.iter_child_nodes(node)}
    found: set[str] = set()
    for node in parents:
        if not isinstance(node, ast.Name) or node.id != student:
            continue
        parent = parents[node]
        if isinstance(parent, ast.Attribute):
            found.add(parent.attr)
            continue
        handed = find_parameter(node, parent, functions)
        more = trace(*handed, functions, seen) if handed is not None else None
        if more is None:
            return None
        found |= more
    return frozenset(found)


def find_parameter(node: ast.Name, call: ast.AST, functions: Functions) -> tuple[str, str] | None:
    """The probe's function to which something is handed, and its name there."""
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id not in functions:
        return None
    parameters = functions[call.func.id].args.args
    if node in call.args and call.args.index(node) < len(parameters):
        return call.func.id, parameters[call.args.index(node)].arg
    return None


def list_definitions(statement: ast.stmt) -> list[str]:
    """The names that a statement at the top of a program defines; none where it does anything else."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return [target.id for target in targets if isinstance(target, ast.Name)]
    return []


def find_questions(
    program: ast.Module, statement: ast.stmt, entries: Mapping[str, frozenset[str] | None]
) -> tuple[str, ...]:
    """The questions that a statement at the top of a program can change."""
    defined = set(list_definitions(statement))
    if not defined:
        return tuple(entries)
    uses = {name: set(list_uses(node)) for node in program.body for name in list_definitions(node)}
    reached = {question: None if names is None else close(names, uses) for question, names in entries.items()}
    return tuple(question for question, names in reached.items() if names is None or names & defined)


def list_unreached(program: ast.Module, entries: Mapping[str, frozenset[str] | None]) -> list[str]:
    """The functions and classes that no question leads to: mutants there would say nothing."""
    return [
        node.name
        for node in program.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not find_questions(program, node, entries)
    ]


def list_uses(node: ast.stmt) -> Iterator[str]:
    """Every name that stands in a statement."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr


def close(names: Iterable[str], uses: Mapping[str, set[str]]) -> set[str]:
    """The definitions that these names lead to."""
    reached: set[str] = set()
    waiting = set(names) & uses.keys()
    while waiting:
        reached |= waiting
        waiting = {used for name in waiting for used in uses[name] & uses.keys()} - reached
    return reached
