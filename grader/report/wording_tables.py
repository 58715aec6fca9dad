"""The words themselves: codes to (message, help). Facts stand in braces; `docs` of each code: `grader.checks`.

Tone: what happened, with the numbers, in the words of the course; help says where to look, never how to write it.
"""

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["CHECK_WORDS", "NOTE_WORDS", "PROBLEM_WORDS", "REFUSAL_HELP"]

Text = str | Callable[[Mapping[str, Any]], str | None] | None
Pair = tuple[Text, Text]


def look_of_values(facts: Mapping[str, Any]) -> str | None:
    """Help for values that differ, by what they look like."""
    looks = facts.get("looks")
    return {
        "constant": "All values are the same, whatever the input.",
        "probabilities": "These look like probabilities; logits are asked for, so no softmax at the end.",
        "log_probabilities": "These look like log-probabilities; logits are asked for, so no log-softmax at the end.",
        "scaled": "They are the right values times {factor}.",
        "reordered": "The right values are there, in another order.",
    }.get(str(looks))


def reach_of_training(facts: Mapping[str, Any]) -> str | None:
    """Help for a wrong number of parameters, by what is trainable."""
    if facts.get("count") != "trainable":
        return None
    if facts.get("everything"):
        return "The backbone isn't frozen: all of it would be trained."
    if facts.get("nothing"):
        return "Nothing would be trained: the new layer is frozen too."
    if facts.get("extra"):
        return "More than the reference would be trained, {names} among it."
    return "Less than the reference would be trained."


def kind_of_count(facts: Mapping[str, Any]) -> str:
    """ "trainable parameters" or "parameters"."""
    kind = "trainable parameters" if facts.get("count") == "trainable" else "parameters"
    return f"{{actual}} {kind}; {{expected}} expected"


def place_of_stage(facts: Mapping[str, Any]) -> str:
    """When during training something was seen."""
    if facts.get("stage") == "epoch" and facts.get("epoch") is not None:
        return "after epoch {epoch}"
    return {"start": "before training", "end": "after training"}.get(str(facts.get("stage")), "in training")


def staged(before: str) -> Callable[[Mapping[str, Any]], str]:
    """A message that ends in the stage."""
    return lambda facts: f"{before} {place_of_stage(facts)}"


def moved_everything(facts: Mapping[str, Any]) -> str:
    """Help for frozen tensors that were trained."""
    return "The backbone isn't frozen: all of it was trained." if facts.get("all") else "They should be frozen."


def bounds(facts: Mapping[str, Any]) -> str:
    """A value outside its range."""
    low, high = facts.get("low"), facts.get("high")
    span = "from {low} to {high}" if low is not None and high is not None else "at least {low}"
    return "item {position} is {value}; expected " + ("at most {high}" if low is None else span)


def epochs_needed(facts: Mapping[str, Any]) -> str:
    """How soon the other one was."""
    if facts.get("than_epochs") is None:
        return "{needed} on unseen images after {epochs} epochs; {than} never got there"
    return "{needed} on unseen images after {epochs} epochs; {than} needed {than_epochs}"


def reported_when(facts: Mapping[str, Any]) -> str:
    """A reported number against the recomputed one."""
    when = "" if facts.get("epoch") is None else " in epoch {epoch}"
    return f"you report {{reported}}{when}; recomputed: {{low}} to {{high}}"


def part_right(facts: Mapping[str, Any]) -> str:
    """A wrong answer, with how much of it was right where it has parts."""
    return "not the right answer" if facts.get("right") is None else "{right} of {of} right"


def wanted_answer(facts: Mapping[str, Any]) -> str:
    """What kind of answer a question of a quiz takes."""
    wanted = {
        "number": "a number, such as 5130",
        "shape": "a shape, such as [32, 10]",
        "choice": "the name of one option",
        "choices": "a list of options",
        "match": "a pair for each term",
    }.get(str(facts.get("wanted")), "another kind of answer")
    return f"couldn't be read as an answer; expected {wanted}"


def other_call(facts: Mapping[str, Any]) -> str | None:
    """Help where a function doesn't take what the assignment passes."""
    return "Yours is {signature}; the assignment calls it another way." if facts.get("signature") else None


def missing_file(facts: Mapping[str, Any]) -> str:
    """A file that isn't there, and what is there in its place."""
    found = " There is {found}: is it named as the assignment asks?" if facts.get("found") else ""
    return ("{file} or {notebook} isn't there." if facts.get("notebook") else "{file} isn't there.") + found


def hidden_direction(facts: Mapping[str, Any]) -> str:
    """Characters that reorder what is shown, with their place."""
    cell = "" if facts.get("cell") is None else " of cell {cell}"
    return "{file}, line {line}" + cell + ": invisible characters there reorder what is shown; the code runs as it is."


OUR_CHECK = "This is a fault of the assignment, not yours: a person will look at it."
FINITE = "{count} of {of} values are NaN or infinite"
TRAINED = "accuracy on images it never saw: {start_accuracy} → {accuracy} (needed {needed})"

CHECK_WORDS: dict[tuple[str, str], Pair] = {
    # of every check
    ("", "ok"): ("", None),
    ("", "not_finished"): ("not checked: the question didn't finish", None),
    ("", "not_recorded"): ("nothing to check: {record} wasn't reached", None),
    ("", "wrong_record"): ("{record} came out as another kind of result ({kind}; {expected} expected)", None),
    ("", "unusable"): ("what came back can't be used: {wanted} is needed ({type}: {message})", None),
    ("", "needs"): ("not checked: it needs {needs} to pass first", None),
    ("", "needs_question"): ("not checked: it needs {needs} to pass first", None),
    ("", "check_error"): ("the check itself failed", OUR_CHECK),
    ("", "unknown_check"): ("there is no check of this name", OUR_CHECK),
    ("", "no_reference"): ("the reference has no result to compare with", OUR_CHECK),
    ("", "prediction_limit"): ("predicting from the weights that were left met a limit ({limit}), twice", OUR_CHECK),
    ("", "bad_reference"): ("the reference's result can't be compared with", OUR_CHECK),
    ("", "not_kept"): ("the assignment's data lacks what this check needs", OUR_CHECK),
    ("", "no_function"): ("the author's check isn't there", OUR_CHECK),
    # same_shape, close
    ("", "extra_arrays"): ("{count} more results than expected: {names}", None),
    ("", "shape_differs"): ("shape {actual}; {expected} expected", None),
    ("", "kind_differs"): ("{name} holds {actual}; {expected} expected", None),
    ("", "empty"): ("{name} is empty", None),
    ("", "not_finite"): (FINITE, "A division by zero, or a learning rate far too high?"),
    ("", "values_differ"): ("{count} of {of} values differ, by up to {greatest}; {allowed} allowed", look_of_values),
    # cases, equal
    ("", "not_a_list"): ("returned {actual}; a list expected", None),
    ("", "count_differs"): ("{actual} answers; {expected} expected", None),
    ("", "answer_differs"): ("{actual}; {expected} expected", None),
    ("", "cases_differ"): ("{right} of {of} cases right", None),
    ("reason", "value"): ("the first wrong answer is {actual}", None),
    ("reason", "spelling"): ("{actual} is spelt differently from what is asked for", "Letter case and spaces count."),
    ("reason", "type"): ("an answer of type {actual_type}; {expected_type} expected", None),
    ("reason", "boolean"): ("{actual} where a number ({expected_type}) belongs", None),
    ("reason", "integral_float"): ("{actual} is a float; an int is asked for", None),
    ("reason", "not_finite"): ("the answer is {actual}", None),
    ("reason", "unreadable"): ("an answer of type {actual_type} can't be read", "Return plain Python data."),
    ("reason", "length"): ("an answer of length {actual_length}; {expected_length} expected", None),
    ("reason", "keys"): ("keys missing: {missing}; not asked for: {extra}", None),
    ("reason", "nothing"): ("returned None; {expected_type} expected", "Is there a return statement?"),
    # parameters
    ("", "parameters_differ"): (kind_of_count, reach_of_training),
    ("", "inconsistent"): ("{name} is described in two ways that contradict each other", None),
    # pretrained
    ("pretrained", "ok"): ("{matched} of {of} tensors are the checkpoint's", None),
    ("", "other_weights"): (
        "{matched} of {of} tensors are the checkpoint's",
        "These aren't the pre-trained weights. Which did you ask for?",
    ),
    ("", "weights_differ"): (
        "{matched} of {of} tensors are the checkpoint's; not {names}",
        "Some weights were changed or left out.",
    ),
    ("", "statistics_moved"): (
        "{matched} of {of} tensors are the checkpoint's; running statistics moved ({names})",
        "A forward pass in train mode changes BatchNorm's statistics.",
    ),
    # proportional
    ("", "tensors_differ"): ("other tensors than the model's were stepped: missing {missing}, beyond {extra}", None),
    ("", "grouped_twice"): (
        "{count} tensors are in more than one group: {names}",
        "Every trainable parameter belongs into exactly one group.",
    ),
    ("", "step_shape"): ("{name} has shape {actual}; {expected} expected", None),
    ("", "nothing_moved"): ("optimizer.step() changed nothing", None),
    ("", "not_moved"): (
        "{count} of {of} tensors didn't move: {names}",
        "Every trainable parameter belongs into exactly one group.",
    ),
    ("", "moved_too"): ("{count} tensors moved that must stay where they are: {names}", None),
    ("", "wrong_way"): ("{count} tensors moved up the gradient, not down: {names}", None),
    ("", "ratio_differs"): ("{part} moved {actual} times as far as {against}; {expected} times expected", None),
    ("", "uneven"): ("{name} moved {times} times as far as the rest of {part}", "Is a parameter in two groups?"),
    ("", "factor_differs"): (
        "right for one pair of learning rates, not for another",
        "Do both groups take their rate from the arguments?",
    ),
    # moved
    ("moved", "stages_differ"): ("on_epoch was called {actual} times; {expected} expected", None),
    ("", "stages_differ"): ("{actual} epochs were reported; {expected} expected", "Is on_epoch called after each?"),
    ("", "other_model"): (
        "on_epoch got a model that lacks {missing}",
        "Train the model that was given, and report that one.",
    ),
    ("moved", "nothing_moved"): (staged("nothing had changed"), "The model wasn't trained."),
    ("moved", "moved_too"): (staged("{count} tensors that should be frozen had changed"), moved_everything),
    ("moved", "not_moved"): (staged("{names} had not changed"), "They should be trained."),
    ("", "buffers_moved"): ("{count} running statistics changed", "A frozen BatchNorm in train mode still counts."),
    # fresh_gradients
    ("", "stale_gradients"): (
        "gradients add up from batch to batch: {fresh} of each is new; {needed} needed",
        "Are the gradients of the last batch still there?",
    ),
    # learned, sooner, agrees
    ("learned", "ok"): (TRAINED, None),
    ("", "too_inaccurate"): (TRAINED, None),
    ("", "loss_rose"): (
        "accurate enough, but the loss went from {start_loss} to {loss}",
        "A learning rate far too high?",
    ),
    ("sooner", "ok"): (epochs_needed, None),
    ("", "never_reached"): ("{best} on unseen images within {epochs} epochs; {needed} needed", None),
    ("", "not_sooner"): (epochs_needed, "It should get there sooner."),
    ("", "not_trained"): ("{record}, which this is compared with, was never trained", None),
    ("agrees", "ok"): ("", None),
    ("", "disagrees"): (reported_when, "Is it the mean over all images, and of this epoch?"),
    ("", "not_predicted"): ("the weights that were left couldn't be used", None),
    ("", "weights_omitted"): (
        "{count} tensors changed that are too large to take along: {names}",
        "Was the backbone trained too?",
    ),
    ("", "output_shape"): ("outputs of shape {actual}; {expected} expected", None),
    # curve
    ("curve", "not_a_list"): ("returned {actual}; a list with one number an epoch expected", None),
    ("agrees", "not_a_list"): ("returned {actual}; a list with one number an epoch expected", None),
    ("", "length_differs"): ("{actual} items; {expected} expected, one an epoch", None),
    ("", "not_a_number"): ("item {position} is {actual}; a number expected", "loss.item() makes a number of a loss."),
    ("", "number_not_finite"): ("item {position} is NaN or infinite", "A learning rate far too high?"),
    ("", "out_of_range"): (bounds, None),
    ("", "keys_differ"): ("item {position}: keys missing: {missing}; not asked for: {extra}", None),
    # quizzes
    ("", "not_answered"): ("not answered", None),
    ("", "not_understood"): (wanted_answer, None),
    ("", "wrong_answer"): (part_right, None),
    # printed, source
    ("", "nothing_printed"): ("printed nothing; {expected} lines expected", None),
    ("", "text_differs"): ("line {line} is {actual}; {expected} expected", None),
    ("", "not_parsed"): ("couldn't be read as Python (line {line}): {error}", None),
    ("", "forbidden"): ("uses {name} (line {line}), which isn't allowed here", None),
    ("", "required"): ("doesn't use {names}", None),
}

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
    "missing_file": ("{file} wasn't there, so no question could run", "Is the file named as the assignment asks?"),
    "refused": ("not run: the submission was refused", None),
}

NOTE_WORDS: dict[str, Pair] = {
    "counters_moved": ("{count} of BatchNorm's batch counters changed; that costs nothing.", None),
    "buffers_moved": (
        lambda facts: (
            "BatchNorm statistics moved while the backbone was frozen."
            if facts.get("batch_norm")
            else "{count} buffers changed that the reference leaves: {names}."
        ),
        None,
    ),
    "near_the_line": (
        "The first run came near to the line, so it was run with other seeds too: {passed} of {runs} runs passed, "
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
    "no_sandbox": ("Run without a sandbox (process): only for code that you trust.", None),
    "missing_file": (missing_file, None),
    "taken_as": ("{file} was taken as {name}.", None),
    "both_kinds": ("There are {file} and {notebook}; {file} was graded.", None),
    "untouched_script": ("{file} is the handout's, unchanged, so {notebook} was graded.", None),
    "cells_skipped": ("{count} cells of {file} that are tagged skip-grading were skipped.", None),
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
