"""Every mutant of a program that the operators can make, none twice, none that is the same program."""

import ast
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from grader.validate.mutation.edits import Edit, Source, is_text, show_difference, spell_program
from grader.validate.mutation.operators import OPERATORS, Scope
from grader.validate.mutation.reach import find_questions

__all__ = ["Mutant", "choose_mutants", "make_mutants"]

TOP = "top"
SKIPPED_FIELDS = frozenset({"annotation", "returns", "decorator_list", "type_comment", "type_params"})
MOST_MADE = 5_000


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One changed program. `questions` are those that it can change."""

    name: str
    operator: str
    function: str
    line: int
    difference: tuple[str, ...]
    questions: tuple[str, ...]
    text: str


def make_mutants(text: str, entries: Mapping[str, frozenset[str] | None]) -> list[Mutant]:
    """The mutants of a program in the order of its lines; `entries` as `reach.find_entries` tells.

    Raises:
        SyntaxError: it isn't Python.
    """
    source = Source(text)
    seen = {spell_program(text)}
    made: list[Mutant] = []
    for statement in source.tree.body:
        questions = find_questions(source.tree, statement, entries)
        if is_passed_over(statement) or not questions:
            continue
        for edit in list_edits(statement):
            changed = source.apply(edit)
            spelt = spell_program(changed)
            if spelt is not None and spelt not in seen and len(made) < MOST_MADE:
                seen.add(spelt)
                made.append(describe(source, edit, changed, questions))
    return number_alike(sorted(made, key=lambda mutant: (mutant.line, mutant.name)))


def number_alike(mutants: Sequence[Mutant]) -> list[Mutant]:
    """The mutants, of those with one name the second, third, … numbered: the same change in several places."""
    seen: Counter[str] = Counter()
    numbered = []
    for mutant in mutants:
        seen[mutant.name] += 1
        count = seen[mutant.name]
        numbered.append(mutant if count == 1 else replace(mutant, name=f"{mutant.name}-{count}"))
    return numbered


def describe(source: Source, edit: Edit, changed: str, questions: tuple[str, ...]) -> Mutant:
    """A change as a mutant."""
    return Mutant(
        name=source.name(edit),
        operator=edit.operator,
        function=edit.function,
        line=edit.line,
        difference=show_difference(source.text, changed),
        questions=questions,
        text=changed,
    )


def is_passed_over(statement: ast.stmt) -> bool:
    """Imports, the docstring, and what runs only as a script."""
    if isinstance(statement, ast.Import | ast.ImportFrom) or is_text(statement):
        return True
    return isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test)


def list_edits(statement: ast.stmt) -> Iterator[Edit]:
    """Every change that an operator makes in a statement at the top, those of earlier operators first."""
    nodes = list(walk(statement, Scope(TOP)))
    for operator in OPERATORS:
        for node, scope in nodes:
            if node is not statement or not isinstance(statement, ast.Assign | ast.AnnAssign):
                yield from operator(node, scope)


def walk(node: ast.AST, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    """The nodes of a statement, each with the function that it is in; docstrings, annotations, f-strings left out."""
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.stmt) and is_text(node)):
        return
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        name = node.name if scope.name == TOP else f"{scope.name}.{node.name}"
        scope = Scope(name, scope.node if isinstance(node, ast.ClassDef) else node)
    yield node, scope
    for field, value in ast.iter_fields(node):
        if field not in SKIPPED_FIELDS:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from walk(child, scope)


def choose_mutants(mutants: Sequence[Mutant], budget: int) -> list[Mutant]:
    """So many of them, spread over functions first and over operators within each; always the same ones."""
    groups: dict[str, dict[str, list[Mutant]]] = defaultdict(lambda: defaultdict(list))
    for mutant in sorted(mutants, key=lambda mutant: hashlib.sha256(mutant.name.encode()).digest()):
        groups[mutant.function][mutant.operator].append(mutant)
    queues = {function: list(deal(operators)) for function, operators in sorted(groups.items())}
    chosen: list[Mutant] = []
    while len(chosen) < budget and any(queues.values()):
        for queue in queues.values():
            if queue and len(chosen) < budget:
                chosen.append(queue.pop(0))
    return sorted(chosen, key=lambda mutant: (mutant.line, mutant.name))


def deal(operators: Mapping[str, list[Mutant]]) -> Iterator[Mutant]:
    """One of each operator after the other, until none is left."""
    waiting = [list(group) for _, group in sorted(operators.items())]
    while waiting:
        for group in waiting:
            yield group.pop(0)
        waiting = [group for group in waiting if group]
