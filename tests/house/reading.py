"""Reads the project's own source as text and syntax trees; imports and runs nothing of it."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGE = CHECKOUT / "grader"


@dataclass(frozen=True)
class Module:
    """One module of the package: its dotted name ("grader.spec.model"), its source and its tree."""

    name: str
    source: str

    @property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return parse(self.source)

    @property
    def part(self) -> str:
        """What the table of layers calls it: the first name under `grader`. `guest.protocol` stands for itself, and
        `python -m grader` is the command."""
        names = self.name.replace("grader.__main__", "grader.cli").split(".")
        if names[1:] == ["guest", "protocol"]:
            return "guest.protocol"
        return names[1] if len(names) > 1 else "grader"


@cache
def parse(source: str) -> ast.Module:
    """A module's syntax tree, parsed once."""
    return ast.parse(source)


@cache
def read_package() -> tuple[Module, ...]:
    """Every module of `grader`."""
    return tuple(Module(name_module(path), path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py")))


def name_module(path: Path) -> str:
    """The dotted name of a file of the package."""
    return ".".join(path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__")


def list_imports(module: Module) -> Iterator[str]:
    """The dotted names that a module imports, anywhere in it: `from a.b import c` gives "a.b" and "a.b.c"."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_origin(module, node)
            yield origin
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def resolve_origin(module: Module, node: ast.ImportFrom) -> str:
    """The absolute name of what a `from … import` imports from."""
    if not node.level:
        return node.module or ""
    names = module.name.split(".")
    is_package = any(m.name.startswith(f"{module.name}.") for m in read_package())
    parents = names[: len(names) - node.level + is_package]
    return ".".join([*parents, *([node.module] if node.module else [])])


def list_parts(module: Module) -> set[str]:
    """The parts of `grader` that a module imports, itself left out."""
    names = {module.name for module in read_package()}
    found = set()
    for name in list_imports(module):
        if name in names and name != "grader":
            found.add(Module(name, "").part)
    return found - {module.part}


def list_calls(module: Module) -> Iterator[ast.Call]:
    """Every call in a module."""
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.Call))


def spell(node: ast.expr) -> str:
    """How a called name is written: "eval", "os.system", "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{spell(node.value)}.{node.attr}"
    return ""


@cache
def list_files() -> tuple[Path, ...]:
    """Every file of the project that isn't ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    answer = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True)
    if answer.returncode != 0:  # no git here, or a checkout of another user, which git doesn't touch
        return tuple(path for path in sorted(CHECKOUT.rglob("*")) if path.is_file() and not is_made(path))
    return tuple(path for name in answer.stdout.split("\0") if name and (path := CHECKOUT / name).is_file())


def is_made(path: Path) -> bool:
    """Whether a file was made by set-up, tests or git."""
    parts = path.relative_to(CHECKOUT).parts
    hidden = any(part.startswith(".") for part in parts[:-1]) and parts[0] != ".ci"
    return hidden or not {"__pycache__", "build", "dist"}.isdisjoint(parts) or ".egg-info" in parts[0]


def read_text(path: Path) -> str | None:
    """A text file's content, None for any other."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return None
