"""What every module of the package is like."""

import ast
import statistics

import pytest

from tests.house.reading import Module, read_package

DRAWERS = {"base", "common", "core", "helpers", "manager", "misc", "utils"}
MOST_LINES = 400
LONGER_FOR_A_REASON: dict[str, str] = {}
"""Modules of more than 400 lines, each with why."""


def name(module: Module) -> str:
    """A module as a test's id."""
    return module.name


@pytest.mark.parametrize("module", read_package(), ids=name)
def test_a_module_opens_with_what_it_is_for(module: Module) -> None:
    """It has a docstring."""
    assert ast.get_docstring(module.tree)


@pytest.mark.parametrize("module", [m for m in read_package() if not m.name.endswith("__main__")], ids=name)
def test_a_module_says_what_others_use(module: Module) -> None:
    """It has a literal `__all__` of names that it defines or imports, unless it is a docstring and nothing else."""
    listed = [node for node in module.tree.body if is_all(node)]
    if len(module.tree.body) == 1:
        return
    assert len(listed) == 1
    names = ast.literal_eval(listed[0].value)  # type: ignore[attr-defined]

    assert set(names) <= set(list_defined(module))
    assert len(names) == len(set(names))


def is_all(node: ast.stmt) -> bool:
    """Whether a statement sets `__all__`."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)


def list_defined(module: Module) -> list[str]:
    """The names that exist at a module's top."""
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.append(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found += [(alias.asname or alias.name).split(".")[0] for alias in node.names]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append(node.id)
        elif isinstance(node, ast.TypeAlias if hasattr(ast, "TypeAlias") else ()):  # Python 3.12
            found.append(node.name.id)
    return found


@pytest.mark.parametrize("module", read_package(), ids=name)
def test_a_module_has_a_name_and_a_size(module: Module) -> None:
    """No drawer, and no more than 400 lines without a stated reason."""
    lines = module.source.count("\n")

    assert module.name.split(".")[-1] not in DRAWERS
    assert lines <= MOST_LINES or module.name in LONGER_FOR_A_REASON


def test_functions_are_short() -> None:
    """The median function has under 10 lines, nine in ten have under 40."""
    lengths = sorted(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for module in read_package()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )

    assert statistics.median(lengths) < 12
    assert lengths[int(0.9 * len(lengths))] < 40
