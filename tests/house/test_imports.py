"""Who may import whom, held by reading the imports. docs/architecture.md has the same table."""

import ast
from collections.abc import Iterator

import pytest

from tests.house.reading import CHECKOUT, Module, list_calls, list_imports, list_parts, read_package, spell

LAYERS = (
    ("cli",),
    ("attacks", "batch", "calibrate", "starters", "validate"),
    ("release",),
    ("check_assignment", "hand_in", "importing", "pipeline"),
    ("reference",),
    ("collect",),
    ("jobs", "marking"),
    ("draws", "runs"),
    ("answers", "quiz", "weights"),
    ("ingest", "report", "sandbox"),
    ("score",),
    ("checks",),
    ("evidence", "spec"),
    ("durable", "errors", "guest.protocol", "limits"),
)
"""From the top: a part may import any part of a layer below its own, none of its own layer, none above."""

FRAMEWORKS = {"IPython", "jax", "keras", "tensorflow", "torch", "torchvision"}
CODE_LOADERS = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
NETWORK_CLIENTS = {"aiohttp", "ftplib", "http.client", "httpx", "requests", "smtplib", "urllib.request", "urllib3"}
OUTSIDE_WORLD = {"asyncio", "http", "multiprocessing", "socket", "socketserver", "ssl", "subprocess", "urllib.request"}
FORBIDDEN_CALLS = {
    "__import__",
    "eval",
    "exec",
    "os.popen",
    "os.system",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
    "torch.load",
}
FORBIDDEN_ARGUMENTS = {("shell", True), ("allow_pickle", True), ("weights_only", True), ("weights_only", False)}
MARKING = {"checks", "evidence", "score", "spec"}
MAY_READ_THE_ENVIRONMENT = {
    "grader.checks.authors_tests": "what steers somebody's own pytest is taken away, not used",
    "grader.sandbox.launcher": "a program of its own: its arguments are what we pass to it",
    "grader.sandbox.nanny": "a program of its own: its arguments are what we pass to it",
    "grader.sandbox.process": "Windows starts no Python without SYSTEMROOT",
}
ENVIRONMENT = {"os.environ", "os.getenv", "os.environb", "sys.argv"}

OUTSIDE = tuple(module for module in read_package() if not module.name.startswith("grader.guest"))
GUEST = tuple(module for module in read_package() if module.name.startswith("grader.guest"))


def rank(part: str) -> int:
    """How deep a part stands, 0 at the top."""
    return next(depth for depth, layer in enumerate(LAYERS) if part in layer)


def find_layer_faults(module: Module) -> list[str]:
    """The imports of a module that the table doesn't allow."""
    return sorted(part for part in list_parts(module) if part != "guest" and rank(part) <= rank(module.part))


def find_imports(module: Module, forbidden: set[str]) -> list[str]:
    """The imports of a module that are, or lie under, a forbidden name."""
    return sorted(
        {used for used in list_imports(module) if any(used == bad or used.startswith(f"{bad}.") for bad in forbidden)}
    )


def find_calls(module: Module) -> Iterator[str]:
    """The calls that run code out of data."""
    for call in list_calls(module):
        if spell(call.func) in FORBIDDEN_CALLS:
            yield f"line {call.lineno}: {spell(call.func)}(…)"
        for keyword in call.keywords:
            value = keyword.value
            if isinstance(value, ast.Constant) and (keyword.arg, value.value) in FORBIDDEN_ARGUMENTS:
                yield f"line {call.lineno}: {keyword.arg}={value.value!r}"


def find_environment(module: Module) -> list[str]:
    """Where a module reads the environment or the command line."""
    found = {
        f"line {node.lineno}: {spell(node)}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and spell(node) in ENVIRONMENT
    }
    return sorted(found | set(find_imports(module, ENVIRONMENT)))


def name_test(module: Module) -> str:
    """A module as a test's id."""
    return module.name


def test_every_part_has_a_layer() -> None:
    """A new part of the package is put into the table, and nothing in the table is gone."""
    parts = {module.part for module in read_package()} - {"grader", "guest"}

    assert parts == {part for layer in LAYERS for part in layer}


@pytest.mark.parametrize("module", [m for m in OUTSIDE if m.name != "grader"], ids=name_test)
def test_imports_point_downwards(module: Module) -> None:
    """No part imports one of its own layer or above."""
    assert find_layer_faults(module) == []


@pytest.mark.parametrize("module", GUEST, ids=name_test)
def test_the_guest_imports_nothing_of_grader(module: Module) -> None:
    """It lives with hostile code and starts without the host's package: relative imports only."""
    absolute = [n for n in ast.walk(module.tree) if isinstance(n, ast.ImportFrom) and not n.level]

    assert [n.module for n in absolute if (n.module or "").split(".")[0] == "grader"] == []
    assert list_parts(module) <= {"guest", "guest.protocol"}


@pytest.mark.parametrize("module", OUTSIDE, ids=name_test)
def test_of_the_guest_only_the_protocol_is_imported(module: Module) -> None:
    """Outside, the guest's other modules are files to be started; `grader.guest` itself only says where they are."""
    guest = {n for n in list_imports(module) if n.startswith("grader.guest") and n in {m.name for m in read_package()}}

    assert guest <= {"grader.guest", "grader.guest.protocol"}


@pytest.mark.parametrize("module", OUTSIDE, ids=name_test)
def test_no_framework_is_imported_outside_the_guest(module: Module) -> None:
    """Marking compares numpy arrays; the command starts at once."""
    assert find_imports(module, FRAMEWORKS) == []


@pytest.mark.parametrize("module", OUTSIDE, ids=name_test)
def test_nothing_outside_the_guest_runs_code_out_of_data(module: Module) -> None:
    """No pickle, no eval, no shell: what came out of a sandbox stays bytes."""
    assert find_imports(module, CODE_LOADERS) == []
    assert list(find_calls(module)) == []


@pytest.mark.parametrize("module", [m for m in OUTSIDE if m.part in MARKING], ids=name_test)
def test_marks_depend_on_evidence_alone(module: Module) -> None:
    """The parts that make marks start no process and open no connection."""
    assert find_imports(module, OUTSIDE_WORLD) == []


@pytest.mark.parametrize("module", [m for m in OUTSIDE if m.name != "grader.weights.fetch"], ids=name_test)
def test_only_the_download_of_weights_uses_the_network(module: Module) -> None:
    """There is one network client."""
    assert find_imports(module, NETWORK_CLIENTS) == []


@pytest.mark.parametrize(
    "module", [m for m in OUTSIDE if m.part != "cli" and m.name not in MAY_READ_THE_ENVIRONMENT], ids=name_test
)
def test_only_the_command_reads_the_environment(module: Module) -> None:
    """Configuration is passed down as values."""
    assert find_environment(module) == []


@pytest.mark.parametrize("module", [m for m in OUTSIDE if m.part == "sandbox"], ids=name_test)
def test_a_sandbox_knows_nothing_of_courses(module: Module) -> None:
    """It knows requests and results, so it can be replaced alone."""
    assert list_parts(module) <= {"durable", "errors", "evidence", "guest", "guest.protocol", "limits"}
    assert find_imports(module, {"grader.evidence.read"}) == []


def test_the_command_has_no_third_party_import_below_it() -> None:
    """typer belongs to the command alone, rich to it and to what is shown."""
    typer = {m.part for m in OUTSIDE if find_imports(m, {"typer", "click"})}
    rich = {m.part for m in OUTSIDE if find_imports(m, {"rich"})}

    assert typer <= {"cli"}
    assert rich <= {"cli", "report"}


def test_the_documented_table_is_this_one() -> None:
    """docs/architecture.md shows the layers that the tests hold."""
    text = (CHECKOUT / "docs" / "architecture.md").read_text("utf-8")

    assert "\n".join(" · ".join(layer) for layer in LAYERS) in text


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("from grader.pipeline import grade_submission", ["pipeline"]),
        ("import grader.report", ["report"]),
        ("def f():\n    from grader.weights import vault", ["weights"]),
        ("from ..checks import CHECKS", []),
        ("from grader import errors", []),
    ],
)
def test_a_wrong_layer_is_noticed(source: str, fault: list[str]) -> None:
    """The reader of imports sees absolute, relative and late ones."""
    assert find_layer_faults(Module("grader.score.planted", source)) == fault


@pytest.mark.parametrize(
    "source",
    [
        "import torch.nn as nn",
        "def f():\n    from keras import layers",
        "import importlib, IPython",
    ],
)
def test_a_framework_is_noticed(source: str) -> None:
    """However it is imported."""
    assert find_imports(Module("grader.planted", source), FRAMEWORKS) != []


@pytest.mark.parametrize(
    "source",
    [
        "eval('1')",
        "import os\nos.system('ls')",
        "subprocess.run('ls', shell=True)",
        "np.load(path, allow_pickle=True)",
        "torch.load(path, weights_only=True)",
    ],
)
def test_a_forbidden_call_is_noticed(source: str) -> None:
    """By name and by argument."""
    assert list(find_calls(Module("grader.planted", source))) != []


@pytest.mark.parametrize("source", ["import os\nos.environ['A']", "from os import environ", "import sys\nsys.argv[1:]"])
def test_reading_the_environment_is_noticed(source: str) -> None:
    """As an attribute and as an imported name."""
    assert find_environment(Module("grader.planted", source)) != []
