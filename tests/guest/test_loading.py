"""How a script is loaded: as a module, after our imports, afresh for each question; or with definitions only."""

import ast

from grader.guest.definitions import keep_definitions
from tests.guest.driver import make_header, make_notebook, run_guest

ASK = "def ask(student, given, record):\n    record.answers('answer', student.ask())\n"


def ask(program: str, **files: str) -> object:
    """The answer of a submission's `ask()`."""
    contents = {"hw1.py": program, **{name.replace("__", "/") + ".py": text for name, text in files.items()}}
    header = make_header(ASK, program, questions=["ask"])
    result = run_guest(header, files={path: text.encode() for path, text in contents.items()}).questions[0]

    assert result.exit == "finished", (result.problem, result.output)
    return result.answer("answer")


def test_the_main_block_does_not_run() -> None:
    """`__name__` is the file's name, so a main block is skipped."""
    program = "ran = False\nif __name__ == '__main__':\n    ran = True\ndef ask():\n    return [ran, __name__]\n"

    assert ask(program) == [False, "hw1"]


def test_helper_modules_are_found() -> None:
    """Other modules of the submission, and packages of it, can be imported; they can import the homework back."""
    program = """
import helper
from package.inner import name
VALUE = 3
def ask():
    return [helper.double(4), name, helper.back()]
"""
    helper = "def double(x):\n    return 2 * x\ndef back():\n    import hw1\n    return hw1.VALUE\n"

    assert ask(program, helper=helper, package____init__="", package__inner="name = 'inner'\n") == [8, "inner", 3]


def test_files_beside_the_homework_shadow_nothing_of_ours() -> None:
    """Modules named json, numpy, record, struct or hashlib beside the homework aren't what we import."""
    trap = "raise RuntimeError('shadowed')\n"
    program = "import json\ndef ask():\n    return json.loads('[1]')\n"
    names = ("json", "numpy", "record", "struct", "hashlib", "safetensors", "probe", "traceback", "grader_guest")

    assert ask(program, **dict.fromkeys(names, trap)) == [1]


def test_the_module_is_whole() -> None:
    """`__file__`, pickling, dataclasses and inspect.getsource work as in a module that was imported."""
    program = """
import dataclasses, inspect, os, pickle

@dataclasses.dataclass
class Point:
    x: int

def ask():
    point = pickle.loads(pickle.dumps(Point(3)))
    return [os.path.basename(__file__), os.getcwd() == os.path.dirname(__file__), point.x, inspect.getsource(ask)[:9]]
"""

    assert ask(program) == ["hw1.py", True, 3, "def ask()"]


def test_future_imports_are_the_programs_own() -> None:
    """Nothing of our own compiling leaks into the student's module."""
    program = "def f(x: int): ...\ndef ask():\n    return f.__annotations__['x'] is int\n"

    assert ask(program) is True


def test_a_program_in_a_folder_is_named_after_its_file() -> None:
    """The folder of the file and the submission's own are both searched."""
    source = "import beside, above\ndef ask():\n    return [__name__, beside.x, above.x]\n"
    program = {"path": "src/hw1.py", "kind": "script", "source": source}
    files = {"src/hw1.py": source.encode(), "src/beside.py": b"x = 1", "above.py": b"x = 2"}
    result = run_guest(make_header(ASK, program, questions=["ask"]), files=files).questions[0]

    assert result.answer("answer") == ["hw1", 1, 2]


def test_the_code_is_loaded_afresh_for_each_question() -> None:
    """What one question changes in the module isn't changed in the next."""
    program = "seen = []\ndef ask():\n    seen.append(1)\n    return len(seen)\n"
    run = run_guest(make_header(ASK + "again = ask\n", program, questions=["ask", "again"], parallel=1))

    assert [result.answer("answer") for result in run.questions] == [1, 1]


def test_stderr_and_warnings_cost_nothing() -> None:
    """Prints, warnings and output on standard error are output, no more."""
    program = "import sys, warnings\nwarnings.warn('old')\nprint('p', file=sys.stderr)\ndef ask():\n    return 1\n"
    result = run_guest(make_header(ASK, program, questions=["ask"])).questions[0]

    assert result.exit == "finished"
    assert "UserWarning: old" in result.output


def test_without_a_program_every_function_is_missing() -> None:
    """A submission without the file that is asked for has no function at all."""
    result = run_guest(make_header(ASK, None, questions=["ask"])).questions[0]

    assert result.problem is not None
    assert (result.problem["code"], result.problem["function"]) == ("missing_function", "ask")


SLOW = """
import math
LIMIT = 3
NAMES = ["a", "b"]
def ask():
    return [math.floor(2.5), LIMIT, len(NAMES)]
while True:
    pass
"""


def test_a_script_that_does_not_load_is_graded_from_its_definitions() -> None:
    """A loop at the top is left out after load_seconds, and ENDED says so, for each question."""
    header = make_header(ASK + "again = ask\n", SLOW, questions=["ask", "again"], load_seconds=0.7)
    run = run_guest(header)

    assert [result.exit for result in run.questions] == ["finished"] * 2
    assert all(result.ended["definitions_only"] for result in run.questions)
    assert run.questions[1].answer("answer") == [2, 3, 2]


def test_a_notebook_that_does_not_load_is_graded_from_its_definitions() -> None:
    """The cells are filtered one by one; magics and loops are left out."""
    program = make_notebook(
        "%matplotlib inline\nimport math\n!sleep 0",
        "LIMIT = 3\nNAMES = ['a', 'b']\nfor name in NAMES:\n    print(name)",
        "import time\ntime.sleep(600)",
        "def ask():\n    return [math.floor(2.5), LIMIT, len(NAMES)]",
    )
    result = run_guest(make_header(ASK, program, questions=["ask"], load_seconds=1.5)).questions[0]

    assert result.exit == "finished"
    assert result.ended["definitions_only"] is True
    assert result.answer("answer") == [2, 3, 2]


def test_definitions_that_do_not_load_either_are_told() -> None:
    """An import that hangs ends at the limit a second time."""
    program = "import helper\ndef ask():\n    return 1\n"
    files = {"hw1.py": program.encode(), "helper.py": b"while True:\n    pass\n"}
    result = run_guest(make_header(ASK, program, questions=["ask"], load_seconds=0.5), files=files).questions[0]

    assert result.exit == "load_limit"
    assert result.ended["definitions_only"] is True


def test_what_is_kept_of_a_program() -> None:
    """Imports, functions, classes, simple constants and the branches that hold them are kept; the rest isn't."""
    program = """
import torch
try:
    import fancy
except ImportError:
    fancy = None
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
A, B = 1, [2, "three", -4.0]
RATE: float = 10 ** -3
data = load_everything()
model = Net().to(DEVICE)
if A:
    C = 1
    train()
else:
    train()
for epoch in range(5):
    train()
with open("x") as file:
    text = file.read()
class Net: pass
async def later(): pass
square = lambda x: train(x)
print("done")
import sys
sys.path.append("..")
"""
    kept = [ast.unparse(statement).split("\n")[0] for statement in keep_definitions(ast.parse(program).body)]

    assert kept == [
        "import torch",
        "try:",
        "DEVICE = torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
        "A, B = (1, [2, 'three', -4.0])",
        "RATE: float = 10 ** (-3)",
        "if A:",
        "class Net:",
        "async def later():",
        "square = lambda x: train(x)",
        "import sys",
        "sys.path.append('..')",
    ]
