"""What a program's source says: names that it must or mustn't use. Advice: what is written is not what runs.

The source is parsed and never run, imported or compiled. A name stands for itself however it was imported: after
`import torch.nn as n`, `n.Linear` is `torch.nn.Linear`. A module's name covers everything in it.
"""

import ast
import re
import warnings
from collections.abc import Iterator, Sequence

from grader.checks.records import check, few
from grader.checks.result import CheckResult, Kept, fail, succeed
from grader.evidence.model import QuestionEvidence

__all__ = ["source"]

# Statements that can be asked for like names. Python's own words, so no name can be meant.
WORDS: dict[str, tuple[type[ast.AST], ...]] = {
    "for": (ast.For, ast.AsyncFor, ast.comprehension),
    "while": (ast.While,),
    "if": (ast.If, ast.IfExp),
    "try": (ast.Try, ast.TryStar),
    "with": (ast.With, ast.AsyncWith),
    "class": (ast.ClassDef,),
    "lambda": (ast.Lambda,),
    "global": (ast.Global,),
    "assert": (ast.Assert,),
    "del": (ast.Delete,),
}
MOST_CHARACTERS = 1_000_000
TOKEN = re.compile(r"\w+|[^\w\s]")
MOST_TOKENS = 100_000  # of half a million, in a file of 1 MB, the tree took 900 MB and ten seconds


@check
def source(
    student: QuestionEvidence,
    reference: QuestionEvidence,
    kept: Kept,
    *,
    forbid: Sequence[str] = (),
    require: Sequence[str] = (),
) -> CheckResult:
    """The program uses none of the names in `forbid` and all of those in `require`."""
    try:
        tree = parse_source(student.source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return fail("not_parsed", line=getattr(error, "lineno", None), error=type(error).__name__)
    used = list(list_uses(tree))
    for name in forbid:
        lines = [line for use, line in used if covers(name, use)]
        if lines:
            return fail("forbidden", name=name, line=min(lines), count=len(lines))
    missing = [name for name in require if not any(covers(name, use) for use, _ in used)]
    return fail("required", names=few(missing)) if missing else succeed()


def parse_source(text: str) -> ast.Module:
    """The syntax tree; a notebook's magics and shell lines are passed over.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: there is none.
    """
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"{len(text)} characters")
    if sum(1 for _ in TOKEN.finditer(text)) > MOST_TOKENS:
        raise ValueError(f"more than {MOST_TOKENS} words and signs")
    lines = (keep_place(line) if line.lstrip().startswith(("%", "!", "?")) else line for line in text.split("\n"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the student's escapes and comparisons; nobody reads them here
        return ast.parse("\n".join(lines))


def keep_place(line: str) -> str:
    """A statement that does nothing, as deep as the line was."""
    return line[: len(line) - len(line.lstrip())] + "pass"


def list_uses(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every name that is used, in full, and its line; and the statements in `WORDS`."""
    imported = dict(list_imports(tree))
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        line = getattr(node.target if isinstance(node, ast.comprehension) else node, "lineno", 1)
        yield from ((word, line) for word, kinds in WORDS.items() if isinstance(node, kinds))
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ((full, line) for full in name_imports(node).values())
        elif isinstance(node, (ast.Name, ast.Attribute)) and id(node) not in inner:
            yield name_use(node, imported), line


def list_imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """What each imported name stands for."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                plain = isinstance(node, ast.Import) and alias.asname is None
                yield alias.asname or alias.name.split(".")[0], full_name(node, alias, plain=plain)


def name_imports(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """The full name of each thing that an import brings in."""
    return {alias.name: full_name(node, alias, plain=False) for alias in node.names}


def full_name(node: ast.Import | ast.ImportFrom, alias: ast.alias, *, plain: bool) -> str:
    """`import a.b` binds only `a`; all other forms bind the thing itself."""
    if isinstance(node, ast.ImportFrom):
        return ".".join(part for part in (node.module, alias.name) if part)
    return alias.name.split(".")[0] if plain else alias.name


def name_use(node: ast.Name | ast.Attribute, imported: dict[str, str]) -> str:
    """The full name of a use: attributes joined; a part that isn't a name stays open ("?")."""
    parts: list[str] = []
    value: ast.expr = node
    while isinstance(value, ast.Attribute):
        parts.append(value.attr)
        value = value.value
    parts.append(imported.get(value.id, value.id) if isinstance(value, ast.Name) else "?")
    return ".".join(reversed(parts))


def covers(name: str, use: str) -> bool:
    """Whether a use is that name or something in it; ".backward" is any object's `backward`."""
    if name.startswith("."):
        return f"{use}.".find(f"{name}.") > 0
    return use == name or use.startswith(f"{name}.")
