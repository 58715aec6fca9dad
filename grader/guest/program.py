"""Loading a student's program: a script as a module named after its file, a notebook cell by cell in one module.

`__name__` is the module's name, so a block under `if __name__ == "__main__"` doesn't run, and `import hw1` in the
submission's other modules finds the module itself.
"""

import ast
import importlib.machinery
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any

from .definitions import run_definitions
from .sources import Source, Sources, refuse_null_bytes, tell_too_deep

__all__ = ["list_definitions", "load_program", "make_module", "open_search_path"]


def load_program(program: Mapping[str, Any], sources: Sources, *, definitions_only: bool) -> ModuleType:
    """Run the student's program, or only its definitions, and give its module.

    Raises:
        BaseException: whatever the student's code raises.
    """
    path = str(program["path"])
    open_search_path(sources.root, path)
    module = make_module(path, sources.root)
    if program["kind"] == "notebook":
        from .notebook import run_notebook  # IPython, only for those who need it

        run_notebook(program, module, sources, definitions_only=definitions_only)
    else:
        run_script(str(program["source"]), path, module, sources, definitions_only=definitions_only)
    return module


def open_search_path(root: Path, path: str) -> None:
    """Let the submission's other modules be imported: from now on, when everything of ours has been imported."""
    folders = dict.fromkeys((str((root / path).parent), str(root)))
    sys.path[:0] = folders
    sys.path_importer_cache.clear()


def make_module(path: str, root: Path) -> ModuleType:
    """An empty module named after the file, which `import` finds. A name that is taken stays its owner's."""
    name = PurePosixPath(path).stem
    if name in sys.modules or name in sys.builtin_module_names:
        name = f"submitted_{name}"
    module = ModuleType(name)
    module.__file__ = str(root / path)
    module.__spec__ = importlib.machinery.ModuleSpec(name, None, origin=module.__file__)
    sys.modules[name] = module
    return module


def run_script(source: str, path: str, module: ModuleType, sources: Sources, *, definitions_only: bool) -> None:
    """Compile and run a script."""
    filename = str(sources.root / path)
    sources.add(filename, Source(path=path, lines=source.splitlines()))
    refuse_null_bytes(source, filename)
    if definitions_only:
        with tell_too_deep(filename):
            tree = ast.parse(source, filename)
        run_definitions(tree, filename, module.__dict__)
        return
    with tell_too_deep(filename):
        code = compile(source, filename, "exec", dont_inherit=True)
    exec(code, module.__dict__)  # noqa: S102 - the student's code, which is what the guest is for


def list_definitions(program: Mapping[str, Any]) -> dict[str, int]:
    """The functions and classes at the top of a program and their lines (in their cell, in a notebook)."""
    texts = [str(program.get("source") or "")]
    if program["kind"] == "notebook":
        texts = [str(cell["source"]) for cell in program["cells"]]
    found: dict[str, int] = {}
    for text in texts:
        found.update(list_text_definitions(text))
    return found


def list_text_definitions(text: str) -> dict[str, int]:
    """Those of one text; none where it can't be read as Python."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name: node.lineno for node in tree.body if isinstance(node, kinds)}
