"""Look into an author's Python files without importing them: which functions they define, and with which parameters."""

import ast
import warnings
from dataclasses import dataclass
from pathlib import Path

from grader.errors import SpecError
from grader.spec.faults import Faults, suggest_name
from grader.spec.toml import read_text
from grader.spec.values import shorten

__all__ = ["SourceFunctions", "check_functions", "read_functions"]


@dataclass(frozen=True, kw_only=True)
class SourceFunctions:
    """The functions at the top level of a file, by name: lines on which each is defined, and its last definition.

    `others` are names that the top level binds in another way: imports, assignments, classes.
    """

    name: str
    lines: dict[str, list[int]]
    parameters: dict[str, ast.arguments]
    others: frozenset[str] = frozenset()
    starred: bool = False


def read_functions(path: Path, faults: Faults, *, name: str) -> SourceFunctions | None:
    """The functions that a file defines; None, with a fault, where it can't be read as Python."""
    try:
        source = read_text(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source, filename=name)
    except SpecError as error:
        faults.add(name, error.message)
    except SyntaxError as error:
        line, column = error.lineno or 1, error.offset or 1
        lines = source.splitlines() or [""]
        text = shorten(lines[min(line, len(lines)) - 1].strip())
        faults.add(f"{name}, line {line}, column {column}", f"{error.msg}: {text!r}")
    except (ValueError, RecursionError, MemoryError) as error:
        faults.add(name, f"it can't be read as Python: {error}")
    else:
        return list_functions(tree, name)
    return None


def list_functions(tree: ast.Module, name: str) -> SourceFunctions:
    """The functions of a parsed file, those under a top-level `if` or `try` among them."""
    lines: dict[str, list[int]] = {}
    parameters: dict[str, ast.arguments] = {}
    others: set[str] = set()
    waiting: list[ast.AST] = list(reversed(tree.body))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines.setdefault(node.name, []).append(node.lineno)
            parameters[node.name] = node.args
        elif isinstance(node, ast.ClassDef):
            others.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            others.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            others.add(node.id)
        else:
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))
    return SourceFunctions(
        name=name, lines=lines, parameters=parameters, others=frozenset(others), starred="*" in others
    )


def check_functions(found: SourceFunctions, wanted: dict[str, str], signature: tuple[str, ...], faults: Faults) -> None:
    """Each wanted function is there, once, and can be called with so many arguments. `wanted`: function -> path."""
    shown = f"({', '.join(signature)})"
    for function, path in wanted.items():
        if function not in found.lines:
            report_missing(found, function, path, set(wanted), shown, faults)
        elif len(found.lines[function]) > 1:
            lines = " and ".join(str(line) for line in found.lines[function])
            faults.add(path, f"{found.name} defines {function!r} more than once, on lines {lines}", "keep one")
        elif not can_be_called(found.parameters[function], len(signature)):
            line = found.lines[function][0]
            faults.add(
                path,
                f"{function!r} in {found.name}, line {line}, can't be called with {shown}",
                f"write def {function}{shown}",
            )


def report_missing(
    found: SourceFunctions, function: str, path: str, wanted: set[str], shown: str, faults: Faults
) -> None:
    """Say that a function isn't there, and which one is near."""
    if function in found.others or found.starred:
        return  # bound in another way, by an import for instance: what it is shows when it runs
    near = suggest_name(function, [name for name in found.lines if name not in wanted])
    if near is not None:
        hint = f"it has {near!r} on line {found.lines[near][0]}; is that a typo?"
    else:
        hint = f"add def {function}{shown}"
    faults.add(path, f"{found.name} has no function {function!r}", hint)


def can_be_called(parameters: ast.arguments, count: int) -> bool:
    """Whether a function takes so many positional arguments and needs no others."""
    positional = len(parameters.posonlyargs) + len(parameters.args)
    least = positional - len(parameters.defaults)
    needs_names = any(default is None for default in parameters.kw_defaults)
    return least <= count and (positional >= count or parameters.vararg is not None) and not needs_names
