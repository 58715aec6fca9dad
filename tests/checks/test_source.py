"""The source is parsed, never run; names count however they were imported."""

from collections.abc import Sequence

import pytest

from grader.checks.result import CheckResult
from grader.checks.source import source
from tests.checks.building import KEPT, assert_failed, assert_passed, question


def check(text: str, *, forbid: Sequence[str] = (), require: Sequence[str] = ()) -> CheckResult:
    return source(question(source=text), question(), KEPT, forbid=forbid, require=require)


@pytest.mark.parametrize(
    "text",
    [
        "import torch\ntorch.no_grad()",
        "import torch as t\nt.no_grad()",
        "from torch import no_grad",
        "from torch import no_grad as off\noff()",
        "import torch.nn\ntorch.no_grad()",
        "@torch.no_grad()\ndef f(): pass",
        "def f():\n    import torch\n    with torch.no_grad() as x: pass",
        "import torch\nx = torch.no_grad.__init__",
    ],
)
def test_names_are_found_however_imported(text: str) -> None:
    """Plain, aliased and from-imports, at the top and inside functions."""
    assert_failed(check(text, forbid=["torch.no_grad"]), "forbidden")
    assert_passed(check(text, require=["torch.no_grad"]))


@pytest.mark.parametrize(
    "text",
    [
        "import torch\ntorch.no_grads()",
        "# torch.no_grad()",
        "'torch.no_grad()'",
        "import mytorch\nmytorch.no_grad()",
        "model.torch.no_grad()",
        "",
    ],
)
def test_other_names_are_not(text: str) -> None:
    """Comments, text, longer names and other objects' attributes are no uses."""
    assert_passed(check(text, forbid=["torch.no_grad"]))
    assert_failed(check(text, require=["torch.no_grad"]), "required")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("import sklearn.linear_model", "sklearn"),
        ("from sklearn import svm", "sklearn"),
        ("for x in y: pass", "for"),
        ("[x for x in y]", "for"),
        ("while True: pass", "while"),
        ("loss.backward()", ".backward"),
        ("get()[0].backward()", ".backward"),
        ("import os\nos.path.join", "os"),
        ("eval('1')", "eval"),
    ],
)
def test_modules_words_and_methods(text: str, name: str) -> None:
    """A module covers what is in it; statements and methods can be named too."""
    assert_failed(check(text, forbid=[name]), "forbidden")


def test_facts() -> None:
    """The line of the first use and how many there are; what is missing."""
    forbidden = check("import os\nos.system('ls')\nos.system('ls')", forbid=["os.system"])
    required = check("x = 1", require=["torch.nn", "for"])

    assert dict(forbidden.facts) == {"name": "os.system", "line": 2, "count": 2}
    assert required.facts["names"] == ["torch.nn", "for"]


def test_notebooks_with_magics() -> None:
    """Magics and shell lines are passed over, line numbers stay."""
    text = "%matplotlib inline\n!pip install x\nif True:\n    !ls\n    %time f()\nimport os"
    result = check(text, forbid=["os"])

    assert_failed(result, "forbidden")
    assert result.facts["line"] == 6


@pytest.mark.parametrize(
    "text",
    [
        "def f(:",
        "\0",
        "(" * 100_000,
        "-" * 100_000 + "1",
        "a" + ".a" * 100_000,
        "x = 1\n" * 500_000,
        "a;" * 99_999,
        "f'{'",
    ],
    ids=["syntax", "NUL", "parentheses", "signs", "attributes", "size", "statements", "f-string"],
)
def test_what_can_t_be_parsed(text: str) -> None:
    """Hostile source is said to be unreadable; nothing is raised and nothing is run."""
    assert check(text, forbid=["os"]).code in ("not_parsed", "ok")


def test_more_statements_than_a_homework_has() -> None:
    """A short text whose syntax tree would fill the memory isn't parsed; a long one of a homework's kind is."""
    assert_failed(check("a;" * 99_999, forbid=["os"]), "not_parsed")
    assert_passed(check("value = compute(first, second)  # a comment\n" * 9_000, forbid=["os"]))


@pytest.mark.filterwarnings("error")
def test_warnings_of_student_code_stay_silent() -> None:
    """A student's bad escape is no warning of ours."""
    assert_passed(check("x = '\\d'\nx is 1"))


def test_source_isn_t_run() -> None:
    """What the source would do doesn't happen."""
    assert_passed(check("raise SystemExit(1)"))
