"""Is anything in the public folder, or in a release, that must not be: hidden values, or the solution of a question?

Functions are compared by their trees, so a comment hides nothing. What has personal variants is looked at as it is and
as a student of the first combination gets it.
"""

import ast
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from grader.errors import GraderError, SpecError
from grader.evidence.model import Evidence
from grader.jobs import running_questions
from grader.spec.fields import Variant, fill_file, find_combination
from grader.validate.bench import Bench
from grader.validate.finding import Finding, Severity, Stage, StageResult
from grader.validate.material import tell_faults
from grader.validate.mutation.edits import is_text, parse
from grader.validate.mutation.reach import find_entries
from grader.validate.released import find_released
from grader.validate.secrecy import PublicFile, find_leaks, list_secrets, read_public

__all__ = ["examine_secrecy", "find_solutions"]

LEAST_NODES = 12
"""Of a body's tree: `return x` alone says nothing."""


def examine_secrecy(bench: Bench, base: Mapping[int, Evidence]) -> StageResult:
    """Search the public folder for everything that is hidden in the draws that were run, and for the solution; then a
    release, as a release is searched.
    """
    assignment = bench.assignment
    public = list(fill_public(read_public(assignment.folder), find_combination(assignment.variants, 0)))
    secrets = [
        secret for number in base for secret in list_secrets(assignment, number, base[number], bench.load_data(number))
    ]
    path = assignment.folder / "probe.py"
    probe = path.read_text("utf-8") if path.is_file() else ""
    entries = find_entries(probe, [question.id for question in running_questions(assignment)])
    asked = [set(names or ()) for names in entries.values()]
    findings = [*find_leaks(public, secrets), *find_solutions(public, bench.source, asked)]
    errors = [finding.where for finding in findings if finding.severity is Severity.ERROR]
    given_out = any(file.name.startswith("handout/") for file in public)  # without, the handout's stage tells
    try:
        findings += find_released(bench, draws=len(base), known=errors) if given_out else []
    except GraderError as error:  # what was found in the public folder is told all the same
        findings += tell_faults(error, code="release")
    names = list(dict.fromkeys(file.name for file in public))
    release = ", a release" if given_out else ""
    return StageResult(
        stage=Stage.SECRECY,
        summary=f"{len(secrets)} hidden values and arrays, {len(names)} public files{release}",
        findings=tuple(findings),
        facts={"files": names, "release": given_out},
    )


def fill_public(public: Iterable[PublicFile], variant: Variant) -> Iterator[PublicFile]:
    """The files, and those of them in which something is filled in once more, filled in."""
    for file in public:
        yield file
        try:
            filled = fill_file(file.name, file.content, variant)
        except (SpecError, ValueError):  # no text, no notebook, or no such name: others tell
            continue
        if filled != file.content:
            yield PublicFile(file.name, filled)


def find_solutions(public: Iterable[PublicFile], solution: str, asked: Sequence[set[str]]) -> list[Finding]:
    """The functions asked for, by question, whose bodies stand in a public file as in the solution. Where another one
    that its question asks for isn't given, it is part of the task as a rule: a note.
    """
    names = set().union(*asked)
    wanted = {name: body for name, body in list_bodies(solution) if name in names}
    found = (
        (file.name, name)
        for file in public
        for name, body in (pair for source in list_sources(file) for pair in list_bodies(source))
        if wanted.get(name) == body
    )
    given = dict.fromkeys(found)
    known = {name for _, name in given}
    whole = set().union(*(question for question in asked if question <= known))
    return [tell_solution(file, name, is_whole=name in whole) for file, name in given]


def list_sources(file: PublicFile) -> Iterator[str]:
    """The Python in a file: a script, or the cells of a notebook."""
    try:
        text = file.content.decode("utf-8")
        if file.name.endswith(".py"):
            yield text
        elif file.name.endswith(".ipynb"):
            for cell in json.loads(text)["cells"]:
                source = cell["source"] if cell["cell_type"] == "code" else ""
                yield source if isinstance(source, str) else "".join(source)
    except (ValueError, KeyError, TypeError, RecursionError):
        return


def list_bodies(source: str) -> Iterator[tuple[str, str]]:
    """The functions of a text, each with its body's tree; those that do next to nothing left out."""
    try:
        tree = parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            body: Sequence[ast.stmt] = [part for part in node.body if not is_text(part)]
            if sum(1 for part in body for _ in ast.walk(part)) >= LEAST_NODES:
                yield node.name, "\n".join(map(ast.dump, body))


def tell_solution(file: str, function: str, *, is_whole: bool) -> Finding:
    """A solution that students have; `is_whole`: all that a question asks for."""
    return Finding(
        severity=Severity.ERROR if is_whole else Severity.NOTE,
        code="solution",
        where=file,
        what=f"{function} stands in it as in the solution",
        remedy="leave its body to the student"
        if is_whole
        else "right where the mistake to find is in another function",
    )
