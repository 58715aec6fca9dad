"""Writes an imported assignment down as one of ours: the public folder, the private one, and what would make it better.

Test cells stay in the handout, for students to try, tagged so that they aren't run when the notebook is graded: there
the same lines run as probes, each question by itself, and a test that fails costs nothing but its own points.
"""

import ast
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from grader.errors import ProvisionError, UsageError
from grader.importing.facts import advise
from grader.importing.model import Cell, Imported, ImportedQuestion, ImportedTest
from grader.ingest.cells import NewCell, pack_notebook
from grader.ingest.notebook import SKIP_TAG

__all__ = ["Written", "write_assignment"]

FRAMEWORKS = {"torch": "torch", "torchvision": "torch", "tensorflow": "tensorflow", "keras": "tensorflow"}
THERE = {"numpy", "IPython", "matplotlib", "safetensors", *FRAMEWORKS}
HEAD = '"""What is observed: tests that came with the notebook, run among the student\'s names. Each is a claim."""\n'
NOTES = "IMPORTED.md"


@dataclass(frozen=True, kw_only=True)
class Written:
    """The two folders, and what a person should know."""

    public: Path
    private: Path
    questions: int
    tests: int
    notes: tuple[str, ...]


def write_assignment(imported: Imported, slug: str, *, course: Path, source: Path) -> Written:
    """Write `assignments/<slug>` and `reference/<slug>` below `course`; `source` is the notebook that was read.

    Raises:
        UsageError: one of them is there already.
        ProvisionError: they can't be written.
    """
    public, private = course / "assignments" / slug, course / "reference" / slug
    for folder in (public, private):
        if folder.exists():
            raise UsageError(f"{str(folder)!r} is there already", details=("Choose another name with --as.",))
    modules = list_modules(imported.solution)
    notes = [*imported.notes, *note_modules(modules, imported.files), *note_rebound(imported)]
    try:
        for folder in (public / "handout", private / "solution"):
            folder.mkdir(parents=True)
        (public / "assignment.toml").write_text(write_specification(imported, slug, modules), "utf-8")
        (public / "probe.py").write_text(write_probe(imported.questions), "utf-8")
        write_notebook(public / "handout" / f"{slug}.ipynb", imported.handout)
        write_notebook(private / "solution" / f"{slug}.ipynb", imported.solution)
        notes += copy_files(imported.files, source.parent, (public / "handout", private / "solution"))
        (private / NOTES).write_text(write_notes(imported, notes), "utf-8")
    except OSError as error:
        raise ProvisionError(f"{str(course)!r} can't be written: {error.strerror or error}") from error
    tests = sum(len(question.tests) for question in imported.questions)
    return Written(public=public, private=private, questions=len(imported.questions), tests=tests, notes=tuple(notes))


def write_specification(imported: Imported, slug: str, modules: Sequence[str]) -> str:
    """assignment.toml."""
    import tomlkit

    frameworks = sorted({FRAMEWORKS[name] for name in modules if name in FRAMEWORKS}, reverse=True)
    document = tomlkit.document()
    document["title"] = f"{slug} (from {imported.origin})"
    document["framework"] = next(iter(frameworks), "none")
    document["files"] = [f"{slug}.py"]
    claims = tomlkit.item(True)
    claims.comment(f"imported tests are claims: reference/{slug}/{NOTES} says what makes each a fact")
    document["claims_count"] = claims
    questions = tomlkit.aot()
    for question in imported.questions:
        table = tomlkit.table()
        table.update({"id": question.id, "title": question.title, "points": plain(question.points)})
        checks = tomlkit.array()
        for check in list(describe_checks(question)) or [{"use": "by_hand"}]:
            line = tomlkit.inline_table()
            line.update(check)
            checks.append(line)
        table["checks"] = checks.multiline(True)
        questions.append(table)
    document["questions"] = questions
    return tomlkit.dumps(document)


def describe_checks(question: ImportedQuestion) -> Iterator[dict[str, Any]]:
    """One check a test. One without points where others have some would be a gate, so it is left out."""
    worth = any(test.points for test in question.tests)
    for number, test in enumerate(question.tests, 1):
        if worth and not test.points:
            continue
        check: dict[str, Any] = {"use": "test", "of": name_record(number), "id": name_record(number)}
        check |= {"points": plain(test.points)} if test.points else {}
        check |= {"visibility": "hidden"} if test.hidden else {}
        check |= {name: said for name, said in (("success", test.success), ("failure", test.failure)) if said}
        yield check


def name_record(number: int) -> str:
    """The name of a test's record, and of its check."""
    return f"test_{number}"


def plain(points: Decimal | None) -> int | float:
    """Points as TOML has them."""
    assert points is not None
    return int(points) if points == points.to_integral_value() else float(points)


def write_probe(questions: Sequence[ImportedQuestion]) -> str:
    """probe.py: a function a question, its tests as texts."""
    parts = [HEAD]
    for question in questions:
        lines = [f"\n\ndef {question.id}(student, given, record):"]
        if not question.tests:
            lines.append('    """A person marks this."""')
        for number, test in enumerate(question.tests, 1):
            lines.append(
                f"    record.test({name_record(number)!r}, student, {spell_source(test)}{spell_options(test)})"
            )
        parts.append("\n".join(lines) + "\n")
    return "".join(parts)


def spell_source(test: ImportedTest) -> str:
    """A test's lines as a text in Python that a person can read."""
    source = test.source.strip("\n")
    if "'''" in source or "\\" in source:
        return repr(source)
    return f"'''\n{source}\n'''" if "\n" in source or "'" in source[-1:] else f"'''{source}'''"


def spell_options(test: ImportedTest) -> str:
    """The options of `record.test` that differ from its own."""
    return "".join(f", {name}=True" for name in ("every", "printed") if getattr(test, name))


def write_notebook(path: Path, cells: Sequence[Cell]) -> None:
    """A notebook of these cells; tests are tagged so that they aren't run when it is graded."""
    new = [NewCell(kind=cell.kind, source=cell.source, tags=(SKIP_TAG,) if cell.is_test else ()) for cell in cells]
    path.write_bytes(pack_notebook(new))


def list_modules(cells: Sequence[Cell]) -> list[str]:
    """The packages that a notebook imports, as far as its cells are plain Python."""
    found: dict[str, None] = {}
    for cell in cells:
        for node in walk_cell(cell):
            if isinstance(node, ast.Import):
                found |= dict.fromkeys(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found[node.module.split(".")[0]] = None
    return list(found)


def walk_cell(cell: Cell) -> Iterator[ast.AST]:
    """The syntax of a code cell, magics left out; nothing of one that is no Python."""
    if cell.kind != "code":
        return
    lines = [line for line in cell.source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    try:
        yield from ast.walk(ast.parse("\n".join(lines)))
    except SyntaxError:
        return


def note_modules(modules: Sequence[str], files: Sequence[str]) -> Iterator[str]:
    """Say which packages a sandbox won't have."""
    own = {Path(name).stem for name in files if name.endswith(".py")}
    missing = [name for name in modules if name not in THERE | own | set(sys.stdlib_module_names)]
    if missing:
        yield f"The notebook imports {', '.join(missing)}: that must be in the environment in which runs are made."


def note_rebound(imported: Imported) -> Iterator[str]:
    """Say which names more than one cell gives a value: a test here sees the last one."""
    seen: dict[str, int] = {}
    for cell in imported.solution:
        names = {
            target.id
            for node in walk_cell(cell)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for name in names:
            seen[name] = seen.get(name, 0) + 1
    twice = sorted(name for name, count in seen.items() if count > 1)
    used = [name for name in twice if any(name in test.source for q in imported.questions for test in q.tests)]
    if used:
        yield (
            f"Several cells give {', '.join(used[:8])} a value, and tests look at it: a test here runs after the whole "
            "notebook, so it sees the last one. Use a name for each."
        )


def copy_files(names: Sequence[str], source: Path, targets: Sequence[Path]) -> list[str]:
    """Copy what lies beside the notebook and belongs to it; notes about what doesn't."""
    notes = []
    for name in names:
        path = source / name
        if path.is_file() and path.resolve().is_relative_to(source.resolve()):
            for target in targets:
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target / name)
        else:
            notes.append(f"{name!r} belongs to the notebook and isn't beside it.")
    if names:
        notes.append("Files beside the notebook are in the handout: students hand them in with it.")
    return notes


def write_notes(imported: Imported, notes: Sequence[str]) -> str:
    """The page for the author: what was taken over, and what would make each test a fact."""
    lines = [
        f"# Imported from {imported.origin}",
        "",
        "Every test runs beside the student's code, in one process with it: a student who wants to can fake its",
        "outcome, and can read it. So each is a *claim*; `claims_count = true` lets claims give points, and reports",
        "say so.",
        "A check that is a *fact* instead costs a few lines of `probe.py`. `grade check` tries what you change.",
        "",
    ]
    lines += [f"- {note}" for note in notes]
    for question in imported.questions:
        lines += ["", f"## {question.id} ({plain(question.points)})", ""]
        if not question.tests:
            lines.append("A person marks it: `grade override` gives the points.")
        for number, test in enumerate(question.tests, 1):
            hidden = " (hidden in reports; its lines are in probe.py, which students may read)" if test.hidden else ""
            lines.append(f"- `{name_record(number)}`{hidden}: {advise(test.source)}")
    return "\n".join(lines) + "\n"
