"""The words for what kept a question from finishing, for notes, and for refusals: codes to (message, help).

The same form and tone as `wording_tables`, which has the words for checks.
"""

from collections.abc import Mapping
from typing import Any

from grader.report.wording_tables import Pair

__all__ = ["NOTE_WORDS", "PROBLEM_WORDS", "REFUSAL_HELP"]


def other_call(facts: Mapping[str, Any]) -> str | None:
    """Help where a function doesn't take what the assignment passes."""
    return "Yours is {signature}; the assignment calls it another way." if facts.get("signature") else None


def missing_file(facts: Mapping[str, Any]) -> str:
    """A file that isn't there, and what is there in its place."""
    found = " There is {found}: is it named as the assignment asks?" if facts.get("found") else ""
    return ("{file} or {notebook} isn't there." if facts.get("notebook") else "{file} isn't there.") + found


def unknown_answer(facts: Mapping[str, Any]) -> str:
    """An answer to a question that there isn't."""
    line = ", line {line}" if facts.get("line") is not None else ""
    near = "; is {near} meant?" if facts.get("near") else "."
    return "{file}" + line + ": there is no question {answer}" + near


def missing_program(facts: Mapping[str, Any]) -> str:
    """A graded file that isn't there: a program, or a quiz's answers."""
    what = "is answered" if str(facts.get("file")).endswith(".toml") else "could run"
    return "{file} wasn't there, so no question " + what


def hidden_direction(facts: Mapping[str, Any]) -> str:
    """Characters that reorder what is shown, with their place."""
    cell = "" if facts.get("cell") is None else " of cell {cell}"
    return "{file}, line {line}" + cell + ": invisible characters there reorder what is shown; the code runs as it is."


def skipped_cells(facts: Mapping[str, Any]) -> str:
    """Cells of a notebook that its author wants skipped."""
    if facts.get("count") == 1:
        return "A cell of {file} that is tagged skip-grading was skipped."
    return "{count} cells of {file} that are tagged skip-grading were skipped."


PROBLEM_WORDS: dict[str, Pair] = {
    "exception": ("your code raised an error", other_call),
    "exception_load": ("{file} raised an error while it was loaded, so no question could run", None),
    "syntax": ("{file} couldn't be read as Python, so no question could run", None),
    "missing_function": ("not defined: {file} has no function {asked}", None),
    "not_callable": ("{function} is no function in {file}", "A later line gives its name to something else."),
    "interrupt": ("your code raised KeyboardInterrupt", None),
    "interrupt_load": ("{file} raised KeyboardInterrupt while it was loaded", None),
    "exit": ("your code ended the program (sys.exit or exit)", "Return from the function instead."),
    "exit_load": (
        "{file} ended the program while it was loaded (sys.exit or exit)",
        'Remove the call, or put it under: if __name__ == "__main__":',
    ),
    "probe": ("what your code returned couldn't be used", None),
    "crashed": ("your program ended itself without an error", "Something called os._exit, or the like."),
    "crashed_load": ("{file} ended the program while it was loaded", "Something called os._exit, or the like."),
    "signalled": ("your program was ended by {signal}", "Native code crashed: often a wrong index or size."),
    "cpu_limit": ("stopped: it used more processor time than allowed", "Is there a loop that doesn't end?"),
    "wall_limit": ("stopped after {seconds}", "Is there a loop that doesn't end, or more work than is asked for?"),
    "load_limit": (
        "{file} didn't load within {seconds}",
        "Put training and demonstrations into functions, or tag their cells skip-grading.",
    ),
    "memory_limit": ("stopped: it used more memory than allowed", "Are tensors kept that could be dropped?"),
    "process_limit": ("stopped: it started too many processes or threads", "DataLoader workers count too."),
    "output_limit": ("stopped: it left more data than allowed", None),
    "unreadable": ("your program left no readable results for this question", None),
    "missing": ("the run ended before this question was done", None),
    "answers": ("{file} couldn't be read as TOML, so no answer counts", None),
    "missing_file": (missing_program, "Is the file named as the assignment asks?"),
    "refused": ("not run: the submission was refused", None),
}

NOTE_WORDS: dict[str, Pair] = {
    "words_outside": ("Your answer has {words:word|words}; {least} to {most} are asked for.", None),
    "counters_moved": ("{count} of BatchNorm's batch counters changed; that costs nothing.", None),
    "buffers_moved": (
        lambda facts: (
            "BatchNorm statistics moved while the backbone was frozen."
            if facts.get("batch_norm")
            else "{count:buffer|buffers} changed that the reference leaves: {names}."
        ),
        None,
    ),
    "near_the_line": (
        "The first run came near to the line, so it was run with other seeds too: {passed} of {runs:run|runs} passed, "
        "and what two say counts.",
        None,
    ),
    "near_once": (
        "This came near to the line, and only one run of it is kept: graded again, other seeds have a say too.",
        None,
    ),
    "definitions_only": (
        "{file} didn't load in time, so only its imports, functions, classes and constants were loaded.",
        None,
    ),
    "standin_weights": (
        "Made with stand-in weights ({names}), not the real ones: a rehearsal, not a grade to post.",
        None,
    ),
    "unproved_sandbox": (
        "Run in {sandbox}, which isn't what it claims to be here: only for code that you trust.",
        None,
    ),
    "claims_count": (
        "{points} of the points rest on tests that ran beside the submission's own code, which could have faked them.",
        None,
    ),
    "no_sandbox": ("Run without a sandbox (process): only for code that you trust.", None),
    "practice": ("Practice, on inputs made for it: what counts is what your course grades.", None),
    "not_marked_here": ("Not marked here, or only in part, but graded by your course: {questions}.", None),
    "other_versions": ("The reference ran with {theirs}, this machine has {here}: expect small differences.", None),
    "mistake": ("A known mistake fails just so: {hint}", None),
    "missing_file": (missing_file, None),
    "unknown_answer": (unknown_answer, None),
    "taken_as": ("{file} was taken as {name}.", None),
    "both_kinds": ("There are {file} and {notebook}; {file} was graded.", None),
    "untouched_script": ("{file} is the handout's, unchanged, so {notebook} was graded.", None),
    "cells_skipped": (skipped_cells, None),
    "no_code": ("{file} has no code, only blank lines and comments.", None),
    "bidi_characters": (hidden_direction, None),
    "left_out": ("{names} ({size}) was left out: it is no homework.", None),
}

REMAKE = "Make the archive again with your system's own command, and hand that in."
RENAME = "Rename the file and hand in again."
SMALLER = "Leave data, checkpoints and environments out: only what you wrote is graded."
NOTEBOOK = "Open it in Jupyter, save it again, and hand that in."

REFUSAL_HELP: dict[str, str] = {
    "kind": "Hand in the homework's folder, a .zip or .tar.gz of it, or its .py or .ipynb file.",
    "unreadable": "Check that the file can be opened on your own machine.",
    "link": "Put the file itself there, not a link to it.",
    "special_file": "Leave it out.",
    "nested_archive": "Unpack the inner archive first.",
    "encrypted": "Make the archive without a password.",
    "encoding": "Save the file as UTF-8.",
    "source_too_long": SMALLER,
    "notebook_language": "Only Python is graded.",
    **dict.fromkeys(("too_many_files", "too_large", "ratio"), SMALLER),
    **dict.fromkeys(("name_characters", "long_path", "deep_path", "twins"), RENAME),
    **dict.fromkeys(("absolute_path", "path_escape", "odd_path", "backslash", "name_encoding", "not_nfc"), REMAKE),
    **dict.fromkeys(("duplicate_name", "empty", "not_a_zip", "corrupt_archive", "compression"), REMAKE),
    **dict.fromkeys(("contradiction", "overlap", "hidden_bytes", "false_size", "not_a_tar", "extension"), REMAKE),
    **dict.fromkeys(("notebook_json", "notebook_twice", "notebook_depth", "notebook_form"), NOTEBOOK),
    **dict.fromkeys(("notebook_version", "notebook_cell"), NOTEBOOK),
    **dict.fromkeys(
        ("notebook_too_large", "too_many_cells"), "Clear the outputs of all cells, save, and hand that in."
    ),
    **dict.fromkeys(("nul", "not_text"), "Save the file as plain text in UTF-8."),
}
