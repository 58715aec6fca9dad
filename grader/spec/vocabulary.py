"""Everything that `assignment.toml` may say: keys, kinds of questions, checks with their parameters and standing.

One table for the reader, the JSON schema (`schema.py`) and the tests that hold docs/assignment-format.md and the
registry of checks to it. A check's standing says what its verdict is worth: the test is whether the cheapest forgery
is less work than the homework; then it is a claim.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from grader.limits import GIB, KIB, MIB, Limits
from grader.spec.model import Reveal, Standing, Visibility
from grader.spec.values import REQUIRED, Choice, Field, Flag, Number, Points, Span, Table, Text, Texts, Whole

__all__ = [
    "ASSIGNMENT",
    "CHECK",
    "CHECKS",
    "IDENTIFIER",
    "KINDS",
    "LIMITS",
    "NOT_BY_DEFAULT",
    "PROSE",
    "QUESTION",
    "SHEET_NAME",
    "CheckWord",
    "list_keys",
]

SHEET_NAME = "answers.toml"
"""The file in which a quiz is answered; `answers.py` or `answers.ipynb` is taken in its place."""
IDENTIFIER = Text(
    pattern=r"[a-z][a-z0-9_]{0,63}", form="a name of small letters, digits and _ that begins with a letter", longest=64
)
FILE_NAME = Text(
    pattern=r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}",
    form="a file name of letters, digits, _, - and dots, without a folder",
    longest=100,
)
DATA_FILE = Text(
    pattern=r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}(@sha256:[0-9a-f]{64})?",
    form='a file name without a folder, with "@sha256:…" behind it where its content is pinned',
    longest=172,
)
WEIGHTS = Text(
    pattern=r"[a-z0-9_]{1,64}/[A-Za-z0-9_]{1,64}/[A-Za-z0-9_.]{1,64}",
    form='family/model/name, such as "torchvision/resnet18/IMAGENET1K_V1"',
    longest=200,
)
RECORD = Text(pattern=r"[A-Za-z0-9_.-]{1,128}", form="the name of a record that probe.py makes", longest=128)
KEPT = Text(pattern=r"[A-Za-z0-9_.-]{1,128}", form="a name that data.py gives or keeps", longest=128)
PROSE = Text(lines=True, longest=20_000)
WALL = Number(low=0, above=True, high=3_600, unit="seconds")
NOT_NEGATIVE = Number(low=0)
PART = Number(low=0, above=True, high=1)

ASSIGNMENT: tuple[Field, ...] = (
    Field("title", Text(), REQUIRED, "What the assignment is called."),
    Field("framework", Choice(("none", "torch", "tensorflow")), "none", "What the code needs."),
    Field("files", Texts(item=FILE_NAME, least=1, most=50), None, "What is graded; for x.py a notebook x.ipynb too."),
    Field("load", Choice(("each", "once")), "each", "Load the code afresh for each question, or once."),
    Field("weights", Texts(item=WEIGHTS, most=20), (), "Names in the weights vault."),
    Field("data", Texts(item=DATA_FILE, most=50), (), "Files in data/ that come with the assignment."),
    Field("draws", Whole(low=1, high=1_000), 1, "How many sets of hidden inputs there are."),
    Field("attempts", Whole(low=1, high=1_000), None, "How many attempts a student has."),
    Field("claims_count", Flag(), False, "Points may rest on claims alone: on tests that a student's code could fake."),
    Field("level", Text(longest=100), None, "How hard it is, in your words."),
    Field("minutes", Whole(low=1, high=100_000, unit="minutes"), None, "How long a student needs."),
    Field("defaults", Table("a table: keys of a question"), None, "Keys for every question that hasn't its own."),
    Field("limits", Table("a table, [limits]"), None, "What a run may use."),
    Field("variants", Table("a table, [variants]: name = [values]"), None, "What differs from student to student."),
    Field("questions", Table("tables, [[questions]]"), REQUIRED, "What is asked."),
)

LIMIT_TYPES: dict[str, tuple[Any, str]] = {
    "wall_seconds": (WALL, "Of a question, its loading not counted."),
    "load_seconds": (WALL, "Of loading the code."),
    "memory_bytes": (Whole(low=256 * MIB, high=1024 * GIB, unit="bytes"), "Of the whole run."),
    "cpus": (Whole(low=1, high=64), "Questions that run at a time, a thread each."),
    "processes": (Whole(low=8, high=128), "Processes and threads of the run."),
    "evidence_bytes": (Whole(low=4 * KIB, high=256 * MIB, unit="bytes"), "Of what a question records."),
    "disk_bytes": (Whole(low=1 * MIB, high=64 * GIB, unit="bytes"), "Of what the run writes to its own disk."),
    "output_bytes": (Whole(low=1 * KIB, high=1 * MIB, unit="bytes"), "Of a question's printed output that is kept."),
    "gpus": (Whole(low=0, high=8), "Graphics processors."),
    "gpu_memory_bytes": (Whole(low=256 * MIB, high=1024 * GIB, unit="bytes"), "Of each graphics processor."),
    "gpu_share": (Whole(low=1, high=16), "Runs that may be on one graphics processor at a time."),
}
LIMITS: tuple[Field, ...] = tuple(
    Field(name.name, LIMIT_TYPES[name.name][0], name.default, LIMIT_TYPES[name.name][1]) for name in fields(Limits)
)

VISIBILITY = Choice(tuple(state.value for state in Visibility))

QUESTION: tuple[Field, ...] = (
    Field("id", IDENTIFIER, REQUIRED, "Its name, and that of its function in probe.py."),
    Field("title", Text(longest=200), None, "What a student sees; the id where it is left out."),
    Field("points", Points(), REQUIRED, "What it is worth."),
    Field("extra", Flag(), False, "Points on top of the assignment's."),
    Field("kind", Choice(("probe", "choice", "choices", "number", "shape", "match", "text")), "probe", "What it is."),
    Field("needs", Texts(item=IDENTIFIER), (), "Questions that must be passed first."),
    Field("wall_seconds", WALL, None, "Its own time limit."),
    Field("hint", Text(lines=True), None, "Shown when it fails, where no check has its own."),
    Field("level", Text(longest=100), None, "How hard it is, in your words."),
    Field("minutes", Whole(low=1, high=100_000, unit="minutes"), None, "How long a student needs."),
    Field("visibility", VISIBILITY, "shown", "When a student sees its result."),
)
"""The keys of every question, whatever its kind."""

NOT_BY_DEFAULT = ("id", "title", "needs", "checks", "prompt")
"""Keys that belong to one question, so `defaults` can't hold them."""

SOLUTION = Field(
    "solution",
    Choice(tuple(state.value for state in Reveal)),
    "after_deadline",
    "When a student sees the right answer and its explanation.",
)
PROMPT = Field("prompt", PROSE, REQUIRED, "What is asked.")
CODE = Field("code", FILE_NAME, None, "A file in handout/ that is shown with it.")
OPTIONS = Field("options", Texts(item=Text(longest=1_000), least=2, most=50), REQUIRED, "What can be chosen.")

KINDS: Mapping[str, tuple[Field, ...]] = {
    "probe": (Field("checks", Table("a list of inline tables"), REQUIRED, "What is checked of what probe.py left."),),
    "choice": (PROMPT, OPTIONS, CODE, SOLUTION),
    "choices": (PROMPT, OPTIONS, CODE, SOLUTION),
    "number": (
        PROMPT,
        Field("unit", Text(longest=40), None, "What is counted or measured."),
        Field("tolerance", NOT_NEGATIVE, 0.0, "How far from the right number is right too."),
        CODE,
        SOLUTION,
    ),
    "shape": (PROMPT, CODE, SOLUTION),
    "match": (
        PROMPT,
        Field("terms", Texts(item=Text(longest=1_000), least=2, most=50), REQUIRED, "What must find its partner."),
        Field("options", OPTIONS.type, REQUIRED, "The partners; there may be more than terms."),
        Field("cards", Flag(), False, "Show them as cards to learn from."),
        Field("proportional", Flag(), False, "Points for each right pair."),
        SOLUTION,
    ),
    "text": (PROMPT, Field("words", Span(high=10_000), None, "How many words: [least, most]."), CODE),
}
"""The further keys of a question of each kind."""

CHECK: tuple[Field, ...] = (
    Field("use", Text(longest=64), REQUIRED, "Which check."),
    Field("of", RECORD, None, "The record that it reads."),
    Field("id", IDENTIFIER, None, "Its name in the question; as `use` where it is left out."),
    Field("points", Points(), None, "Its share of the question's points."),
    Field("hint", Text(lines=True), None, "Shown when it fails."),
    Field("needs", Texts(item=IDENTIFIER), (), "Checks of the same question that must pass first."),
    Field("visibility", VISIBILITY, None, "When a student sees its result; as the question's where it is left out."),
)
"""The keys of every check."""


@dataclass(frozen=True, kw_only=True)
class CheckWord:
    """One word of the vocabulary. `standing` is None where the author of the check says it; `of` whether it must, may
    or can't name a record."""

    standing: Standing | None
    reads: str
    parameters: tuple[Field, ...] = ()
    of: bool | None = True


FACT, CLAIM, ADVICE = Standing.FACT, Standing.CLAIM, Standing.ADVICE
PREDICTED = (
    Field("inputs", KEPT, "images", "What the predict run is given, by its name in data.py."),
    Field("labels", KEPT, "labels", "The labels that stay outside, by their name in data.py."),
)
NEAR = Field("near", NOT_NEGATIVE, 0.0, "How near to the line a run is tried again with other seeds; 0: never.")
OUTPUT = Field("output", KEPT, "", "Which output of predict.py, where it returns several.")

STANDING = Field(
    "standing", Choice(("fact", "claim", "advice")), "claim", "What it is worth; you say so, and answer for it."
)
TEST = Text(pattern=r"test_[A-Za-z0-9_]{1,128}", form="the name of a test function", longest=140)

CHECKS: Mapping[str, CheckWord] = {
    "same_shape": CheckWord(standing=CLAIM, reads="the shapes of arrays"),
    "close": CheckWord(
        standing=FACT,
        reads="arrays, of any floating type",
        parameters=(
            Field("relative", NOT_NEGATIVE, 1e-3, "Allowed difference, as a part of the expected value's size."),
            Field("absolute", NOT_NEGATIVE, 1e-4, "Allowed difference on top."),
        ),
    ),
    "cases": CheckWord(
        standing=FACT,
        reads="a list of answers, case by case",
        parameters=(
            Field("at_least", PART, 1.0, "The part of the cases that must be right."),
            Field("proportional", Flag(), False, "Points for each right case."),
        ),
    ),
    "equal": CheckWord(standing=CLAIM, reads="one answer"),
    "parameters": CheckWord(
        standing=CLAIM,
        reads="a model's tensors",
        parameters=(Field("count", Choice(("trainable", "total")), "trainable", "Which parameters are counted."),),
    ),
    "pretrained": CheckWord(
        standing=CLAIM,
        reads="a model's digests against the vault's",
        parameters=(Field("without", Texts(item=Text(longest=128)), (), "Beginnings of tensors' names left out."),),
    ),
    "proportional": CheckWord(
        standing=FACT,
        reads="the changes after a step",
        parameters=(Field("relative", NOT_NEGATIVE, 0.01, "Allowed difference of the ratios."),),
    ),
    "moved": CheckWord(
        standing=CLAIM,
        reads="which tensors changed",
        parameters=(Field("buffers", Choice(("note", "fail", "ignore")), "note", "If running statistics move."),),
    ),
    "fresh_gradients": CheckWord(
        standing=CLAIM,
        reads="gradients at each batch",
        parameters=(Field("share", PART, 0.3, "The part of the batches whose gradients must be fresh."),),
    ),
    "learned": CheckWord(
        standing=FACT,
        reads="outputs of the predict run",
        parameters=(
            Field("accuracy", PART, REQUIRED, "The part of the hidden images that must be right."),
            Field("loss_falls", Flag(), True, "The loss must fall too."),
            *PREDICTED,
            OUTPUT,
            NEAR,
        ),
    ),
    "sooner": CheckWord(
        standing=FACT,
        reads="outputs of two predict runs",
        parameters=(
            Field("than", RECORD, REQUIRED, "The record that must be slower."),
            Field("accuracy", PART, REQUIRED, "Which accuracy must be reached sooner."),
            *PREDICTED,
            OUTPUT,
            Field("trained_labels", KEPT, "", "The labels of what the slower one was trained on; none: those above."),
            Field("trained_output", KEPT, "", "Which output of predict.py is of that; none: the one above."),
            NEAR,
        ),
    ),
    "agrees": CheckWord(
        standing=FACT,
        reads="a reported number against outputs of the predict run",
        parameters=(
            Field("with", RECORD, REQUIRED, "The record whose weights are measured."),
            Field("quantity", Choice(("loss", "accuracy")), "loss", "What was reported."),
            Field("key", Text(longest=64), "", "Which key, where a list of tables was reported."),
            Field("absolute", NOT_NEGATIVE, 0.02, "Allowed difference."),
            Field("relative", NOT_NEGATIVE, 0.0, "Allowed difference on top, as a part of the number."),
            Field("of_greatest", NOT_NEGATIVE, 0.0, "And as a part of the greatest number of all epochs."),
            Field("between", Flag(), True, "Between an epoch's start and end, or (false) that epoch's alone."),
            *PREDICTED,
            Field("outputs", Texts(item=KEPT, most=8), (), "Outputs of predict.py, each of which may agree."),
            NEAR,
        ),
    ),
    "curve": CheckWord(
        standing=CLAIM,
        reads="a list of numbers",
        parameters=(
            Field("low", Number(), 0.0, "The least that a number may be."),
            Field("high", Number(), None, "The most that a number may be."),
        ),
    ),
    "printed": CheckWord(
        standing=CLAIM,
        reads="a recorded text, or all that was printed",
        parameters=(Field("exact", Flag(), False, "Spaces and empty lines count."),),
        of=None,
    ),
    "source": CheckWord(
        standing=ADVICE,
        reads="the syntax tree",
        parameters=(
            Field("forbid", Texts(item=Text(longest=128)), (), "Names that must not be used."),
            Field("require", Texts(item=Text(longest=128)), (), "Names that must be used."),
        ),
        of=False,
    ),
    "test": CheckWord(
        standing=CLAIM,
        reads="what came of a test that ran beside the student's code",
        parameters=(
            Field("success", Text(lines=True), "", "What is said when it passes."),
            Field("failure", Text(lines=True), "", "What is said when it doesn't."),
        ),
    ),
    "by_hand": CheckWord(standing=FACT, reads="nothing: a person marks it", of=False),
    "pytest": CheckWord(
        standing=None,
        reads="anything: the tests of reference/<slug>/checks.py that are marked for the question",
        parameters=(
            Field("tests", Texts(item=TEST, most=100), (), "Tests by name; without it those marked for the question."),
            STANDING,
        ),
        of=False,
    ),
    "python": CheckWord(
        standing=None,
        reads="anything: a function of reference/<slug>/checks.py, named by `id`",
        parameters=(STANDING,),
        of=None,
    ),
}
"""The checks that an author may use. Those of a quiz's kinds are made from the question itself."""


def list_keys(table: tuple[Field, ...]) -> tuple[str, ...]:
    """The keys of a table."""
    return tuple(entry.name for entry in table)
