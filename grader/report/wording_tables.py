"""The words for checks: codes to (message, help). Facts stand in braces; what each code means: `grader.checks`.
`{count:tensor|tensors}` is a fact and the word for one or for many.

Tone: what happened, with the numbers, in the words of the course; help says where to look, never how to write it.
"""

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["CHECK_WORDS", "Pair"]

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
    """ "trainable parameters" or "parameters", or one of them."""
    kind = "trainable parameter" if facts.get("count") == "trainable" else "parameter"
    return f"{{actual:{kind}|{kind}s}}; {{expected}} expected"


def place_of_stage(facts: Mapping[str, Any]) -> str:
    """When during training something was seen."""
    if facts.get("stage") == "epoch" and facts.get("epoch") is not None:
        return "after epoch {epoch}"
    return {"start": "before training", "end": "after training"}.get(str(facts.get("stage")), "in training")


def staged(before: str) -> Callable[[Mapping[str, Any]], str]:
    """A message that ends in the stage."""
    return lambda facts: f"{before} {place_of_stage(facts)}"


def line_of_test(facts: Mapping[str, Any]) -> str:
    """Where a test failed, and with what."""
    return "{message}" if facts.get("line") is None else "line {line} of the test: {message}"


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
        return "{needed} on unseen images after {epochs:epoch|epochs}; {than} never got there"
    return "{needed} on unseen images after {epochs:epoch|epochs}; {than} needed {than_epochs}"


def reported_when(facts: Mapping[str, Any]) -> str:
    """A reported number against the recomputed one."""
    when = "" if facts.get("epoch") is None else " in epoch {epoch}"
    return f"you report {{reported}}{when}; recomputed: {{low}} to {{high}}"


def part_right(facts: Mapping[str, Any]) -> str:
    """A wrong answer, with how much of it was right where it has parts."""
    return "{actual} isn't the right answer" if facts.get("right") is None else "{right} of {of} right"


def no_option(facts: Mapping[str, Any]) -> str:
    """An answer that nobody offered."""
    return "{actual} is none of the options" + place_of_answer(facts)


def wanted_answer(facts: Mapping[str, Any]) -> str:
    """What kind of answer a question of a quiz takes."""
    wanted = {
        "number": "a number, such as 42",
        "shape": "a shape, such as [8, 3]",
        "choice": "one option, by its text or number",
        "choices": "a list of options",
        "match": "a pair for each term",
        "text": "a text",
    }.get(str(facts.get("wanted")), "another kind of answer")
    return f"{{actual}} couldn't be read as an answer{place_of_answer(facts)}; expected {wanted}"


def found_concepts(facts: Mapping[str, Any]) -> str:
    """How many concepts an explanation holds, and where: in the student's words, which are quoted already."""
    found = facts.get("found")
    places = [f"{title}: {where}" for title, where in found.items()] if isinstance(found, Mapping) else []
    listed = "; ".join(place.replace("{", "{{").replace("}", "}}") for place in places)
    return "{right} of {of:concept|concepts} found" + (f" ({listed})" if listed else "")


def doubt_of_explanation(facts: Mapping[str, Any]) -> str:
    """Why a person reads an explanation, and what was found in it all the same."""
    doubt = {
        "too_long": "it is too long to be read by a program",
        "too_short": "it is very short",
        "other_language": "it seems to be written in another language ({language})",
        "no_sentence": "these are words in a row rather than sentences",
        "misconception": "{said} may be a misunderstanding",
        "contradiction": "{said} seems to deny what would be right",
        "near_miss": "{said} may be a misspelling of what was meant",
        "nothing_found": "none of the concepts was recognised",
    }.get(str(facts.get("doubt")), "it couldn't be judged")
    return f"{doubt}; {found_concepts(facts)}" if facts.get("found") else doubt


def hint_of_explanation(facts: Mapping[str, Any]) -> str | None:
    """The author's hint, where there is one."""
    return "{hint}" if facts.get("hint") else None


def place_of_answer(facts: Mapping[str, Any]) -> str:
    """On which line of answers.toml an answer stands, where that is known."""
    return "" if facts.get("line") is None else " (line {line})"


OUR_CHECK = "This is a fault of the assignment, not yours: a person will look at it."
FINITE = "{count} of {of:value is|values are} NaN or infinite"
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
    ("", "extra_arrays"): ("{count:more result|more results} than expected: {names}", None),
    ("", "shape_differs"): ("shape {actual}; {expected} expected", None),
    ("", "kind_differs"): ("{name} holds {actual}; {expected} expected", None),
    ("", "empty"): ("{name} is empty", None),
    ("", "not_finite"): (FINITE, "A division by zero, or a learning rate far too high?"),
    ("", "values_differ"): (
        "{count} of {of:value|values} differ, by up to {greatest}; {allowed} allowed",
        look_of_values,
    ),
    # cases, equal
    ("", "not_a_list"): ("returned {actual}; a list expected", None),
    ("", "count_differs"): ("{actual:answer|answers}; {expected} expected", None),
    ("", "answer_differs"): ("{actual}; {expected} expected", None),
    ("", "cases_differ"): ("{right} of {of:case|cases} right", None),
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
    ("pretrained", "ok"): ("{matched} of {of:tensor is|tensors are} the checkpoint's", None),
    ("", "other_weights"): (
        "{matched} of {of:tensor is|tensors are} the checkpoint's",
        "These aren't the pre-trained weights. Which did you ask for?",
    ),
    ("", "weights_differ"): (
        "{matched} of {of:tensor is|tensors are} the checkpoint's; not {names}",
        "Some weights were changed or left out.",
    ),
    ("", "statistics_moved"): (
        "{matched} of {of:tensor is|tensors are} the checkpoint's; running statistics moved ({names})",
        "A forward pass in train mode changes BatchNorm's statistics.",
    ),
    # proportional
    ("", "tensors_differ"): ("other tensors than the model's were stepped: missing {missing}, beyond {extra}", None),
    ("", "grouped_twice"): (
        "{count:tensor is|tensors are} in more than one group: {names}",
        "Every trainable parameter belongs into exactly one group.",
    ),
    ("", "step_shape"): ("{name} has shape {actual}; {expected} expected", None),
    ("", "nothing_moved"): ("optimizer.step() changed nothing", None),
    ("", "not_moved"): (
        "{count} of {of:tensor|tensors} didn't move: {names}",
        "Every trainable parameter belongs into exactly one group.",
    ),
    ("", "moved_too"): (
        "{count:tensor moved that must stay where it is|tensors moved that must stay where they are}: {names}",
        None,
    ),
    ("", "wrong_way"): ("{count:tensor|tensors} moved up the gradient, not down: {names}", None),
    ("", "ratio_differs"): ("{part} moved {actual} times as far as {against}; {expected} times expected", None),
    ("", "uneven"): ("{name} moved {times} times as far as the rest of {part}", "Is a parameter in two groups?"),
    ("", "factor_differs"): (
        "right for one pair of learning rates, not for another",
        "Do both groups take their rate from the arguments?",
    ),
    # moved
    ("moved", "stages_differ"): ("on_epoch was called {actual:time|times}; {expected} expected", None),
    ("", "stages_differ"): (
        "{actual:epoch was|epochs were} reported; {expected} expected",
        "Is on_epoch called after each?",
    ),
    ("", "other_model"): (
        "on_epoch got a model that lacks {missing}",
        "Train the model that was given, and report that one.",
    ),
    ("moved", "nothing_moved"): (staged("nothing had changed"), "The model wasn't trained."),
    ("moved", "moved_too"): (staged("{count:tensor|tensors} that should be frozen had changed"), moved_everything),
    ("moved", "not_moved"): (staged("{names} had not changed"), "They should be trained."),
    ("", "buffers_moved"): (
        "{count:running statistic|running statistics} changed",
        "A frozen BatchNorm in train mode still counts.",
    ),
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
    ("", "never_reached"): ("{best} on unseen images within {epochs:epoch|epochs}; {needed} needed", None),
    ("", "not_sooner"): (epochs_needed, "It should get there sooner."),
    ("", "not_trained"): ("{record}, which this is compared with, was never trained", None),
    ("agrees", "ok"): ("", None),
    ("", "disagrees"): (reported_when, "Is it the mean over all images, and of this epoch?"),
    ("", "not_predicted"): ("the weights that were left couldn't be used", None),
    ("", "weights_omitted"): (
        "{count:tensor changed that is|tensors changed that are} too large to take along: {names}",
        "Was the backbone trained too?",
    ),
    ("", "output_shape"): ("outputs of shape {actual}; {expected} expected", None),
    # curve
    ("curve", "not_a_list"): ("returned {actual}; a list with one number an epoch expected", None),
    ("agrees", "not_a_list"): ("returned {actual}; a list with one number an epoch expected", None),
    ("", "length_differs"): ("{actual:item|items}; {expected} expected, one an epoch", None),
    ("", "not_a_number"): ("item {position} is {actual}; a number expected", "loss.item() makes a number of a loss."),
    ("", "number_not_finite"): ("item {position} is NaN or infinite", "A learning rate far too high?"),
    ("", "out_of_range"): (bounds, None),
    ("", "keys_differ"): ("item {position}: keys missing: {missing}; not asked for: {extra}", None),
    # quizzes
    ("", "not_answered"): ("not answered", None),
    ("", "not_understood"): (wanted_answer, None),
    ("", "wrong_answer"): (part_right, None),
    ("text", "ok"): (found_concepts, None),
    ("", "concepts_missing"): (found_concepts, hint_of_explanation),
    ("", "copied_question"): ("these are the question's own words", None),
    ("", "explanation_in_doubt"): (doubt_of_explanation, hint_of_explanation),
    ("", "no_concepts"): ("an explanation, which a person reads", None),
    ("", "no_option"): (no_option, "Write the option's text as it stands there, or its number from 1."),
    # test, by_hand
    ("test", "ok"): (lambda facts: "{told}" if facts.get("told") else "", None),
    ("", "test_failed"): (line_of_test, lambda facts: "{told}" if facts.get("told") else None),
    ("", "test_shows"): (
        "the test showed {actual}; {expected} expected",
        lambda facts: "{told}" if facts.get("told") else None,
    ),
    ("", "tests_failed"): (
        lambda facts: "{right} of {of:test|tests} passed; {title}" + (": {told}" if facts.get("told") else ""),
        None,
    ),
    ("", "by_hand"): ("a person marks this", None),
    # printed, source
    ("", "nothing_printed"): ("printed nothing; {expected:line|lines} expected", None),
    ("", "text_differs"): ("line {line} is {actual}; {expected} expected", None),
    ("", "not_parsed"): ("couldn't be read as Python (line {line}): {error}", None),
    ("", "forbidden"): ("uses {name} (line {line}), which isn't allowed here", None),
    ("", "required"): ("doesn't use {names}", None),
}
