"""TOML that people write. A case's first byte says which reader it is for.

`a` assignment.toml, `c` a course's course.toml, `n` the course.toml that a submission brings along, `m` mutant.toml.
"""

import tempfile
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path

from grader.check_assignment import read_mutant
from grader.cli.find import look_up, read_name
from grader.errors import Fault, SpecError, UsageError
from grader.spec import Assignment, load_assignment, read_course
from grader.spec.vocabulary import ASSIGNMENT, CHECK, CHECKS, KINDS, LIMITS, QUESTION
from tests.fuzz.dice import Dice
from tests.fuzz.mutate import mutate_bytes, mutate_text
from tests.fuzz.target import TAKEN, Target

__all__ = ["TOML"]

PROBE = "def q(student, given, record): ...\ndef train(student, given, record): ...\n"
SOUND_QUESTION = """[[questions]]
id = "q"
points = 2
checks = [{ use = "close", of = "logits", relative = 1e-3 }]
"""
PARTS = (
    SOUND_QUESTION.replace('"q"', '"train"'),
    '[[questions]]\nid = "pick"\nkind = "choice"\npoints = 0.5\nprompt = "Which?"\noptions = ["a", "b"]\n',
    '[[questions]]\nid = "many"\nkind = "choices"\npoints = 1\nprompt = """\n?"""\noptions = ["a", "b"]\n',
    '[[questions]]\nid = "count"\nkind = "number"\npoints = 1\nprompt = "How many?"\ntolerance = 0.5\nunit = "m"\n',
    '[[questions]]\nid = "pairs"\nkind = "match"\npoints = 1\nprompt = "?"\nterms = ["a", "b"]\noptions = ["c", "d"]\n',
    '[[questions]]\nid = "why"\nkind = "text"\npoints = 1\nprompt = "Why?"\nwords = [10, 200]\nneeds = ["q"]\n',
    "[limits]\nwall_seconds = 30\nmemory_bytes = 1_073_741_824\ncpus = 2\n",
    "[variants]\nsize = [1, 2, 3]\nword = ['a', 'b']\n",
    "[defaults]\npoints = 1\nvisibility = 'hidden'\n",
)
HEADS = (
    'framework = "none"\n',
    "draws = 8\n",
    'files = ["hw9.py"]\n',
    "attempts = 3\nminutes = 90\n",
    'data = ["x.csv"]\n',
)
COURSE = 'title = "Deep learning"\ninbox = "inbox"\nhand_in = "Upload it"\n'
NAMED = 'assignment = "hw9"\n'
MUTANT = 'mistake = "It forgets the last batch"\nfails = ["q", "q.close"]\nhint = "Count them"\n'
KEYS = tuple(
    field.name
    for table in (ASSIGNMENT, QUESTION, CHECK, LIMITS, *KINDS.values(), *(word.parameters for word in CHECKS.values()))
    for field in table
)
VALUES = (
    *(
        "1",
        "0",
        "-1",
        "1.5",
        "1e3",
        "1e-400",
        "1e400",
        "1e999999999999999999999",
        "inf",
        "-inf",
        "nan",
        "+0.0",
        "0.001",
    ),
    *(
        "true",
        "false",
        '""',
        "''",
        '"x"',
        '"q"',
        '"a b"',
        '"\\u0000"',
        '"\\u001b[31m"',
        '"\\u202e"',
        '"\\ud800"',
        '"\\x41"',
    ),
    *(
        '"""\nx\n"""',
        "'''x'''",
        "[]",
        "[[]]",
        "[1, 2]",
        '["a", "a"]',
        '["a", 1]',
        "[1, 2, 3]",
        "{}",
        "{ a = 1 }",
        "{ a.b = 1 }",
    ),
    *(
        "1979-05-27",
        "07:32:00",
        "1979-05-27T07:32:00Z",
        "1979-05-27T07:32:00",
        "9999-99-99",
        "0x1f",
        "0o17",
        "0b1",
        "1__0",
    ),
    *("0x" + "f" * 4000, "9" * 4000, "9" * 5000, "-" + "9" * 400, "1." + "0" * 4000, "0x" + "1" * 40, "1_000", "007"),
    *(
        '"' + "x" * 3000 + '"',
        '"' + "é" * 700 + '"',
        "[" * 40 + "]" * 40,
        "[" * 3000,
        "{ a = " * 500,
        '["a", "b", "c"]',
    ),
    *(
        '"../x"',
        '"C:/x"',
        '"x.py"',
        '"answers.toml"',
        '"hw9.ipynb"',
        '"sftp://x"',
        '"~nobody/x"',
        '"~"',
        '"\\u0007"',
        "@",
        "",
    ),
    *(
        "torch",
        '"torch"',
        '"choice"',
        '"text"',
        '"python"',
        '"learned"',
        '"hidden"',
        '"torchvision/resnet18/IMAGENET1K_V1"',
    ),
)
PIECES = (
    *VALUES,
    *(
        "[[questions]]\n",
        "[limits]\n",
        "[variants]\n",
        "[a]\n[a]\n",
        "[[a]]\n",
        "[a.b.c]\n",
        "a = 1\na = 2\n",
        '"" = 1\n',
    ),
    *(
        "a.b = 1\na.b.c = 2\n",
        "a.b.c.d.e = 1\n",
        "a." * 300 + "a = 1\n",
        '"ü" = 1\n',
        "\r\n",
        "\r",
        "\n",
        "\0",
        "\t",
        "#",
        "# \x01\n",
    ),
    *(
        "'",
        '"',
        '"""',
        "'''",
        "=",
        ",",
        "{",
        "}",
        "]",
        ".",
        "\\",
        "\ufeff",
        "\u2028",
        'title = "x"\n',
        "defaults.points = 3\n",
    ),
)
SIZES = (
    "a." * 30_000 + "a = 1\n",
    "[" * 50_000,
    "a = " + "[" * 20_000,
    "[[a]]\n" * 3000,
    "[" + "a." * 9000 + "a]\n",
    "x" * 9000,
)


@cache
def find_folder() -> Path:
    """A course with one assignment, its private folder and a mutant."""
    root = Path(tempfile.mkdtemp(prefix="fuzz-"))
    public, private = root / "assignments" / "hw9", root / "reference" / "hw9"
    for folder in (public / "data", public / "handout", private / "solution", private / "mutants" / "m"):
        folder.mkdir(parents=True)
    (public / "probe.py").write_text(PROBE)
    (public / "data" / "x.csv").write_text("1,2\n")
    (private / "data.py").write_text("def data(draw): ...\n")
    return root


@cache
def load_sound() -> Assignment:
    """An assignment for mutants."""
    path = find_folder() / "assignments" / "hw9" / "assignment.toml"
    path.write_text('title = "Sound"\n' + SOUND_QUESTION, "utf-8")
    return load_assignment(path.parent, reference=find_folder() / "reference" / "hw9")


def make_assignment(dice: Dice) -> str:
    """A sound assignment."""
    heads = "".join(dict.fromkeys(dice.some(HEADS, 2)))
    return 'title = "Nine"\n' + heads + SOUND_QUESTION + "".join(dict.fromkeys(dice.some(PARTS, 2)))


def change_line(dice: Dice, lines: list[str]) -> None:
    """One line with another value or another key, one more, one less, or two exchanged."""
    at = dice.whole(0, len(lines) - 1)
    key, equals, _ = lines[at].partition(" = ")
    how = dice.whole(0, 9)
    if how < 5 and equals:
        lines[at] = f"{key} = {dice.pick(VALUES)}"
    elif how < 6 and equals:
        lines[at] = lines[at].replace(key, dice.pick(KEYS), 1)
    elif how < 7:
        lines.insert(at, f"{dice.pick(KEYS)} = {dice.pick(VALUES)}")
    elif how < 8:
        lines.insert(at, lines[at])
    elif how < 9:
        del lines[at]
    else:
        dice.rotate(lines)


def make(dice: Dice) -> bytes:
    """One document."""
    kind = dice.pick("aaaaaaccnnmm")
    text = {"a": make_assignment(dice), "c": COURSE, "n": NAMED, "m": MUTANT}[kind]
    lines = text.split("\n")[:-1]
    for _ in range(dice.pick((0, 1, 1, 2, 3))):
        if lines:
            change_line(dice, lines)
    text = dice.pick(("\n", "\n", "\n", "\r\n")).join(lines) + "\n"
    if dice.chance(0.3):
        text = mutate_text(dice, text, PIECES, 2)
    if dice.chance(0.004):
        text = dice.pick(SIZES) + text
    content = text.encode(dice.pick(("utf-8",) * 40 + ("utf-16", "utf-8-sig", "latin-1")), "replace")
    if dice.chance(0.1):
        content = mutate_bytes(dice, content, (b"\xed\xa0\x80", b"\xff", b"\0", b"=", b"[", b'"'))
    return kind.encode() + content


def read(content: bytes) -> str:
    """By the reader that the first byte names."""
    return READERS[content[:1]](content[1:])


def check_fault(fault: Fault) -> None:
    """Each fault can be shown to a person."""
    for text in (fault.path, fault.message, fault.suggestion or "-"):
        assert text.isprintable(), f"a fault that can't be shown: {text!r}"
        assert 0 < len(text) < 3_000


def check_spec_error(error: SpecError) -> str:
    """An unsound file, with everything that is wrong with it. Returns what kind of fault came first."""
    check_words_of_spec(error)
    for fault in error.faults:
        check_fault(fault)
    first = error.faults[0].message if error.faults else error.message
    if "isn't TOML" in error.message:
        return "syntax"
    return "unsound: " + next((word for word in COMPLAINTS if word in first), "otherwise")


def check_words_of_spec(error: SpecError | UsageError) -> None:
    """Messages of one line that can be printed."""
    for text in (error.message, *error.details):
        assert text.isprintable(), f"a message that can't be shown: {text!r}"
        assert len(text) < 5_000, f"{len(text)} characters: {text[:300]!r}"


COMPLAINTS = (
    *(
        "unknown key",
        "it is missing",
        "can't be read",
        "isn't TOML",
        "larger than",
        "belongs",
        "out of bounds",
        "isn't known here",
    ),
    *(
        "can't be used",
        "stands there twice",
        "not UTF-8",
        "is empty",
        "line break",
        "control character",
        "characters",
        "items",
    ),
    *(
        "no file",
        "no function",
        "nested",
        "is no number of points",
        "isn't positive",
        "decimal places",
        "is an address",
        "Expected",
    ),
)


def read_assignment_file(content: bytes) -> str:
    """An author's assignment."""
    folder = find_folder() / "assignments" / "hw9"
    (folder / "assignment.toml").write_bytes(content)
    try:
        assignment = load_assignment(folder, reference=find_folder() / "reference" / "hw9")
    except SpecError as error:
        return check_spec_error(error)
    ids = [question.id for question in assignment.questions]
    assert len(set(ids)) == len(ids) > 0
    for question in assignment.questions:
        assert type(question.points) is Decimal
        assert Decimal(0) < question.points <= 10_000
        assert question.checks
        assert len({check.id for check in question.checks}) == len(question.checks)
    assert assignment.points >= 0
    assert all(value is None or 0 <= value < 2**41 for value in vars(assignment.limits).values())
    return TAKEN


def read_course_file(content: bytes) -> str:
    """A course's description."""
    path = find_folder() / "course.toml"
    path.write_bytes(content)
    try:
        course = read_course(path)
    except SpecError as error:
        return check_spec_error(error)
    assert course.inbox is None or course.inbox.is_absolute()
    return "course"


def read_named(content: bytes) -> str:
    """What a submission says that it is for."""
    path = find_folder() / "named.toml"
    path.write_bytes(content)
    try:
        name = read_name(path)
    except UsageError as error:
        check_words_of_spec(error)
        return "no name"
    assert name is None or type(name) is str
    assert name is None or look_up(name, [find_folder() / "nothing"]) is None
    return "name"


def read_mutant_file(content: bytes) -> str:
    """What an author says of a mutant."""
    sound = load_sound()
    folder = find_folder() / "reference" / "hw9" / "mutants" / "m"
    (folder / "mutant.toml").write_bytes(content)
    faults: list[Fault] = []
    trial = read_mutant(sound, folder, faults)
    for fault in faults:
        check_fault(fault)
    assert all(type(name) is str for name in trial.fails)
    assert type(trial.mistake) is str
    assert trial.hint is None or type(trial.hint) is str
    return "no mutant" if faults else "mutant"


READERS: dict[bytes, Callable[[bytes], str]] = {
    b"a": read_assignment_file,
    b"c": read_course_file,
    b"n": read_named,
    b"m": read_mutant_file,
}
REACHES = frozenset(
    (
        *("taken", "course", "mutant", "name", "no mutant", "no name", "syntax", "unsound: belongs"),
        *("unsound: can't be read", "unsound: can't be used", "unsound: characters", "unsound: control character"),
        *("unsound: decimal places", "unsound: is an address", "unsound: is empty"),
        *("unsound: is no number of points", "unsound: isn't known here", "unsound: isn't positive"),
        *("unsound: it is missing", "unsound: line break", "unsound: no function", "unsound: not UTF-8"),
        *("unsound: out of bounds", "unsound: unknown key"),
    )
)
SOUND_ENDS = frozenset((TAKEN, "course", "mutant", "name"))
TOML = Target(name="toml", make=make, read=read, reaches=REACHES, sound=SOUND_ENDS)
