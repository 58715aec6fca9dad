"""The texts of a release: what a student reads first, and the versions to install."""

import textwrap
from collections.abc import Mapping

from grader import __version__
from grader.release.shown import Shown
from grader.spec.fields import say_variant
from grader.spec.model import Assignment, Visibility
from grader.spec.variants import fill_assignment

__all__ = ["write_readme", "write_requirements"]

WIDTH = 100
FRAMEWORKS = {"torch": "PyTorch", "tensorflow": "TensorFlow with Keras", "none": "Python alone"}


def write_readme(
    assignment: Assignment, *, variant: Mapping[str, object], shown: Shown, files: list[str], hand_in: str | None
) -> bytes:
    """README.md: what to do, how to try it, what the answer means, how to hand in."""
    filled = fill_assignment(assignment, variant)
    first = next((name for name in files if name.endswith(".py")), files[0])
    paragraphs = [
        f"# {filled.title}",
        *say_yours(variant),
        say_files(files),
        *say_data(assignment),
        "## What is asked",
        list_questions(filled, shown),
        "## Try it",
        "Once, in a Python environment of its own:",
        "```text\npython -m pip install -r requirements.txt\n```",
        *say_weights(assignment),
        "Then, in this folder, as often as you like:",
        "```text\ngrade submit .\n```",
        wrap(
            "It runs your code and says what is right, what isn't, and what to mend first. That is practice: the inputs"
            " are made for it, and other ones count. What is graded by your course only, it says too. Nothing is sent"
            " anywhere. Don't change the folder `.grade`: it holds what the command needs."
        ),
        "## Hand in",
        wrap(f"Hand in `{first}`{say_notebook(files, first)}{say_where(hand_in)} {say_attempts(assignment)}"),
    ]
    return ("\n\n".join(paragraphs) + "\n").encode()


def say_yours(variant: Mapping[str, object]) -> list[str]:
    """Which variant it is."""
    said = f"**Yours:** {say_variant(variant)}. Others have other values, so their answers aren't yours."
    return [wrap(said)] if variant else []


def say_files(files: list[str]) -> str:
    """What there is to work on."""
    listed = " or ".join(f"`{name}`" for name in files if name.endswith((".py", ".ipynb")))
    both = " They hold the same: work in one of them." if " or " in listed else ""
    return wrap(f"Work in {listed}.{both} Keep the names of the functions, for they are called by them.")


def say_data(assignment: Assignment) -> list[str]:
    """That the files beside it are those of every run."""
    said = (
        "The folder `data` comes with it and lies beside your code in every run. It need not be handed in, and what you"
        " change in it doesn't count."
    )
    return [wrap(said)] if assignment.data else []


def list_questions(assignment: Assignment, shown: Shown) -> str:
    """A table of the questions that a student may know of."""
    seen = [question for question in assignment.questions if question.visibility is not Visibility.HIDDEN]
    rows = ["| question | | points | at home |", "|---|---|---|---|"]
    for question in seen:
        here = len(shown.get(question.id, ()))
        extra = " extra" if question.extra else ""
        marked = "yes" if here == len(question.checks) else "in part" if here else "no"
        rows.append(f"| `{question.id}` | {question.title} | {question.points.normalize():f}{extra} | {marked} |")
    return "\n".join(rows)


def say_weights(assignment: Assignment) -> list[str]:
    """How to get the checkpoints."""
    names = " ".join(assignment.weights)
    return [f"Its pre-trained weights, once:\n\n```text\ngrade weights fetch {names}\n```"] if names else []


def say_notebook(files: list[str], first: str) -> str:
    """That a notebook is taken too."""
    notebook = first.removesuffix(".py") + ".ipynb"
    return f" (or `{notebook}`, if you worked in the notebook)" if notebook != first and notebook in files else ""


def say_where(hand_in: str | None) -> str:
    """Where to hand in."""
    return f": {hand_in.rstrip('.')}." if hand_in else " where your course asks for it."


def say_attempts(assignment: Assignment) -> str:
    """How often."""
    most = assignment.attempts
    if most is None:
        return "You may hand in as often as you like until it is due."
    return f"You may hand in {most} times." if most > 1 else "You may hand in once."


def wrap(text: str) -> str:
    """A paragraph."""
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def write_requirements(assignment: Assignment, *, python: str, packages: Mapping[str, str]) -> bytes:
    """requirements.txt: the versions that the reference ran with, so that what is seen at home is what is graded."""
    lines = [
        f"# {assignment.slug}: {FRAMEWORKS[assignment.framework]}, as graded. Python {python}.",
        f"grader=={__version__}",
        *(f"{name}=={version.partition('+')[0]}" for name, version in sorted(packages.items())),
    ]
    return ("\n".join(lines) + "\n").encode()
