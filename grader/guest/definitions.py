"""Loading with definitions only: imports, functions, classes and constants of a program that doesn't load in time.

A notebook that trains for forty minutes at the top is graded from its functions. What is left out: every other
statement, loops above all. A constant is an assignment from literals, names, operators and a few calls that cost
nothing. One that fails, because what it stands on was left out, is left out as well; an import that fails is an error.
"""

import ast
from typing import Any

__all__ = ["keep_definitions", "run_definitions"]

DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
SIMPLE = (
    ast.Constant,
    ast.Name,
    ast.Attribute,
    ast.Subscript,
    ast.Slice,
    ast.Starred,
    ast.Tuple,
    ast.List,
    ast.Set,
    ast.Dict,
    ast.UnaryOp,
    ast.BinOp,
    ast.BoolOp,
    ast.Compare,
    ast.IfExp,
    ast.JoinedStr,
    ast.FormattedValue,
    ast.Lambda,
    ast.Call,
    ast.keyword,
    ast.expr_context,
    ast.operator,
    ast.unaryop,
    ast.boolop,
    ast.cmpop,
    ast.arguments,
    ast.arg,
)
CHEAP_CALLS = frozenset(
    (
        "bool",
        "bytes",
        "complex",
        "dict",
        "float",
        "frozenset",
        "int",
        "len",
        "list",
        "max",
        "min",
        "range",
        "reversed",
        "round",
        "set",
        "slice",
        "sorted",
        "str",
        "sum",
        "tuple",
        "zip",
        "enumerate",
        "Path",
        "PurePath",
        "namedtuple",
        "TypeVar",
        "NewType",
        "getLogger",
        "getenv",
        "get",
        "join",
        "compile",
        "device",
        "is_available",
        "device_count",
    )
)
CHEAP_STATEMENTS = frozenset(("sys.path.append", "sys.path.insert"))


def run_definitions(tree: ast.Module, filename: str, namespace: dict[str, Any]) -> None:
    """Run the definitions of a program one by one.

    Raises:
        ImportError: an import fails.
    """
    for statement in keep_definitions(tree.body):
        module = ast.Module(body=[statement], type_ignores=[])
        code = compile(ast.fix_missing_locations(module), filename, "exec", dont_inherit=True)
        try:
            exec(code, namespace)  # noqa: S102 - the student's code, which is what the guest is for
        except ImportError:
            raise
        except Exception:  # noqa: S112 - it stood on something that was left out
            continue


def keep_definitions(statements: list[ast.stmt]) -> list[ast.stmt]:
    """Those statements that only define, in their order; `if` and `try` are kept with what they define."""
    kept = (keep_statement(statement) for statement in statements)
    return [statement for statement in kept if statement is not None]


def keep_statement(statement: ast.stmt) -> ast.stmt | None:
    """The statement, what is left of it, or None."""
    if isinstance(statement, DEFINITIONS):
        return statement
    if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        return statement if statement.value is not None and is_simple(statement.value) else None
    if isinstance(statement, ast.Expr):
        return statement if is_cheap_statement(statement.value) else None
    if isinstance(statement, ast.If) and is_simple(statement.test):
        return keep_if(statement)
    if isinstance(statement, ast.Try):
        return keep_try(statement)
    return None


def keep_if(statement: ast.If) -> ast.stmt | None:
    """An `if` with the definitions of its branches."""
    body, orelse = keep_definitions(statement.body), keep_definitions(statement.orelse)
    if not body and not orelse:
        return None
    return ast.copy_location(ast.If(test=statement.test, body=body or [ast.Pass()], orelse=orelse), statement)


def keep_try(statement: ast.Try) -> ast.stmt | None:
    """A `try` with the definitions of its branches: the usual way to import something optional."""
    body = keep_definitions(statement.body)
    if not body:
        return None
    handlers = [
        ast.copy_location(
            ast.ExceptHandler(
                type=handler.type, name=handler.name, body=keep_definitions(handler.body) or [ast.Pass()]
            ),
            handler,
        )
        for handler in statement.handlers
    ]
    kept = ast.Try(
        body=body,
        handlers=handlers,
        orelse=keep_definitions(statement.orelse),
        finalbody=keep_definitions(statement.finalbody) or ([] if handlers else [ast.Pass()]),
    )
    return ast.copy_location(kept, statement)


def is_simple(expression: ast.expr) -> bool:
    """Whether it's made of literals, names, operators and calls that cost nothing. A lambda's body doesn't run."""
    if isinstance(expression, ast.Lambda):
        return True
    return all(
        isinstance(node, SIMPLE) and (not isinstance(node, ast.Call) or is_cheap(node)) for node in ast.walk(expression)
    )


def is_cheap(call: ast.Call) -> bool:
    """Whether a call is one of those that cost nothing, by the last part of its name."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", None)
    return name in CHEAP_CALLS


def is_cheap_statement(expression: ast.expr) -> bool:
    """Whether a bare call is one that an import needs."""
    if not isinstance(expression, ast.Call) or ast.unparse(expression.func) not in CHEAP_STATEMENTS:
        return False
    return all(is_simple(argument) for argument in expression.args)
