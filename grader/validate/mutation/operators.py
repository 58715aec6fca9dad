"""What a mutant may do to a program: one function for each kind of mistake, from a node to changes of the text.

The mistakes are those that are made: a step of the training loop left out, arguments in the wrong order, a constant
that is off, a condition the wrong way round, too much frozen or nothing, a `return` too early, another variable.
"""

import ast
import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from grader.validate.mutation.edits import Edit, is_text, make_edit

__all__ = ["OPERATORS", "Scope"]

TRAINING_CALLS = frozenset({"zero_grad", "step", "backward", "eval", "train"})
FREEZING = frozenset({"requires_grad", "trainable"})
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
}


@dataclass(frozen=True)
class Scope:
    """The function that a node is in: its name, and its own node (None at the top of the file)."""

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | None = None


Operator = Callable[[ast.AST, Scope], Iterator[Edit]]


def called_name(node: ast.AST) -> str:
    """The last name of what a statement calls: "step" of `optimizer.step()`; "" of any other."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        return node.value.func.attr
    return ""


def freezes(node: ast.AST) -> bool:
    """Whether a statement says what is trained."""
    if called_name(node) == "requires_grad_":
        return True
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(target, ast.Attribute) and target.attr in FREEZING for target in targets)


def drop_training_call(node: ast.AST, scope: Scope) -> Iterator[Edit]:
    """`optimizer.zero_grad()` and its like left out."""
    if isinstance(node, ast.Expr) and called_name(node) in TRAINING_CALLS:
        yield make_edit("drop_training_call", scope.name, node, "pass")


def drop_freezing(node: ast.AST, scope: Scope) -> Iterator[Edit]:
    """Nothing frozen, or nothing thawed."""
    if isinstance(node, ast.Expr | ast.Assign) and freezes(node):
        yield make_edit("drop_freezing", scope.name, node, "pass")


def freeze_too_much(node: ast.AST, scope: Scope) -> Iterator[Edit]:
    """What freezes comes once more, right before the function's end: after the new layer is in."""
    if not isinstance(node, ast.FunctionDef) or node is not scope.node or not isinstance(node.body[-1], ast.Return):
        return
    last = node.body[-1]
    for number, statement in enumerate(node.body[:-2]):
        if any(freezes(part) for part in ast.walk(statement)) and number < len(node.body) - 2:
            again = ast.unparse(statement).replace("\n", "\n" + " " * last.col_offset)
            text = f"{again}\n{' ' * last.col_offset}{ast.unparse(last)}"
            yield make_edit("freeze_too_much", scope.name, last, text)


def delete_statement(node: ast.AST, scope: Scope) -> Iterator[Edit]:
    """A call, an assignment, an addition, a condition with all that hangs on it left out."""
    if isinstance(node, ast.Expr | ast.AugAssign | ast.Assign | ast.If | ast.Delete) and not is_text(node):
        yield make_edit("delete_statement", scope.name, node, "pass")


def swap_arguments(node: ast.AST, scope: Scope) -> Iterator[Edit]:
    """Two neighbours among a call's arguments change places."""
    if not isinstance(node, ast.Call) or any(isinstance(argument, ast.Starred) for argument in node.args):
        return
    for number in range(len(node.args) - 1):
        changed = copy.deepcopy(node)
        changed.args[number], changed.args[number + 1] = changed.args[number + 1], changed.args[number]
        yield make_edit("swap_arguments", scope.name, node, ast.unparse(changed))


def change_constant(node: ast.AST, scope: Scope) -> Iterator[Edit]:
    """A number that is off, a flag the other way round, a word that is another."""
    if isinstance(node, ast.Constant):
        for value in list_neighbours(node.value):
            yield make_edit("change_constant", scope.name, node, repr(value))


def list_neighbours(value: object) -> Sequence[object]:
    """Wrong values in the place of a right one."""
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int):
        return (value + 1,)
    if isinstance(value, float):
        return (value * 2, value * 10) if value else (1.0,)
    return (f"{value}_",) if isinstance(value, str) else ()


def negate_condition(node: ast.AST, scope: Scope) -> Iterator[Edit]:
    """The other branch is taken."""
    tests: list[ast.expr] = []
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        tests = [node.test]
    elif isinstance(node, ast.comprehension):
        tests = node.ifs
    for test in tests:
        yield make_edit("negate_condition", scope.name, test, f"not ({ast.unparse(test)})")


def change_comparison(node: ast.AST, scope: Scope) -> Iterator[Edit]:
    """Another comparison."""
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return
    for other in COMPARISONS.get(type(node.ops[0]), ()):
        changed = copy.deepcopy(node)
        changed.ops = [other()]
        yield make_edit("change_comparison", scope.name, node, ast.unparse(changed))


def change_arithmetic(node: ast.AST, scope: Scope) -> Iterator[Edit]:
    """Another arithmetic operation, in an expression or in `+=`."""
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in ARITHMETIC:
        changed = copy.deepcopy(node)
        changed.op = ARITHMETIC[type(node.op)]()
        text = ast.unparse(changed)
        yield make_edit("change_arithmetic", scope.name, node, f"({text})" if isinstance(node, ast.BinOp) else text)


def drop_keyword(node: ast.AST, scope: Scope) -> Iterator[Edit]:
    """A named argument left out."""
    if not isinstance(node, ast.Call):
        return
    for number, keyword in enumerate(node.keywords):
        if keyword.arg is not None:
            changed = copy.deepcopy(node)
            del changed.keywords[number]
            yield make_edit("drop_keyword", scope.name, node, ast.unparse(changed))


def return_other(node: ast.AST, scope: Scope) -> Iterator[Edit]:
    """Nothing is returned, or another variable: the one that was bound last before it."""
    if not isinstance(node, ast.Return) or node.value is None or scope.node is None:
        return
    yield make_edit("return_other", scope.name, node, "return None")
    names = [name for name in list_bound(scope.node, before=node.lineno) if name != ast.unparse(node.value)]
    if names:
        yield make_edit("return_other", scope.name, node, f"return {names[-1]}")


def list_bound(function: ast.FunctionDef | ast.AsyncFunctionDef, *, before: int) -> list[str]:
    """The names that a function's arguments and assignments bind before a line, in their order."""
    names = [argument.arg for argument in function.args.args]
    inner = {
        id(name) for node in ast.walk(function) if isinstance(node, ast.comprehension) for name in ast.walk(node.target)
    }
    found = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.lineno < before
        if id(node) not in inner
    ]
    return [*names, *(node.id for node in sorted(found, key=lambda node: (node.lineno, node.col_offset)))]


def return_early(node: ast.AST, scope: Scope) -> Iterator[Edit]:
    """The function's last `return` stands one level too deep: at the end of a loop's body."""
    if not isinstance(node, ast.For | ast.While) or scope.node is None:
        return
    last, end = scope.node.body[-1], node.body[-1]
    if isinstance(last, ast.Return) and end.lineno > node.lineno and not isinstance(end, ast.Return):
        place = end.end_lineno or end.lineno, end.end_col_offset or 0
        text = f"\n{' ' * end.col_offset}{ast.unparse(last)}"
        yield Edit(operator="return_early", function=scope.name, start=place, end=place, text=text)


OPERATORS: tuple[Operator, ...] = (
    drop_training_call,
    drop_freezing,
    freeze_too_much,
    return_early,
    swap_arguments,
    change_constant,
    negate_condition,
    change_comparison,
    change_arithmetic,
    drop_keyword,
    return_other,
    delete_statement,
)
"""In this order: of two that make the same change, the first names it."""
