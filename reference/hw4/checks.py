"""hw4's own checks, on what cannot be said with the vocabulary alone. Pure: evidence in, a result out."""

from typing import Any

from grader.checks import failed, passed
from grader.checks.predictions import Measurer, find_end
from grader.checks.result import CheckResult, Kept
from grader.evidence.model import QuestionEvidence

MODELS = ("pretrained", "scratch")
TARGET = 0.6  # as in probe.py
LEAST_VALIDATION, MOST_VALIDATION = 50, 250


def same_data(student: QuestionEvidence, reference: QuestionEvidence, kept: Kept) -> CheckResult:
    """In all epochs of both models the loader handed out the same number of batches, all that it has at least."""
    whole = reference.records["batches"]["value"]["pretrained"][0]
    batches = student.records["batches"]["value"]
    if not isinstance(batches, dict) or not all(is_counted(batches.get(name)) for name in MODELS):
        return failed("which batches each model was trained on can't be seen")
    fresh = {name: count_fresh(batches[name], [*batches["pretrained"], *batches["scratch"]]) for name in MODELS}
    for name, counts in fresh.items():
        if any(count < whole for count in counts):
            batch = "batch" if min(counts) == 1 else "batches"
            said = f"{name} met {min(counts)} {batch} in an epoch; the loader has {whole}, for both models"
            return failed(said, expected=whole, actual=counts)
    if len({count for counts in fresh.values() for count in counts}) > 1:
        return failed("one of the two models met the pictures more often than the other", actual=fresh)
    return passed()


def is_counted(series: Any) -> bool:
    """Whether it is a list of counts."""
    return isinstance(series, list) and bool(series) and all(type(count) is int for count in series)


def count_fresh(series: list[int], all_ends: list[int]) -> list[int]:
    """How many batches were handed out in each epoch: since the end of the one before, whichever model's that was."""
    return [count - max([0, *(end for end in all_ends if end < count)]) for count in series]


def epochs_are_true(student: QuestionEvidence, reference: QuestionEvidence, kept: Kept) -> CheckResult:
    """The reported numbers of epochs are those after which the weights first reach the target on the validation images.

    An image more or less is let pass: at a tie between two logits the last digit of a sum decides.
    """
    report = student.records["report"]["value"]
    if not isinstance(report, dict) or set(report) != set(MODELS):
        return failed("a dictionary with the keys 'pretrained' and 'scratch' is expected")
    for name in MODELS:
        measurer = Measurer(student, reference, kept, of=name, labels="validation_labels", output="validation")
        accuracies = [measured.accuracy for measured in measurer.measure_epochs()]
        room = 1.01 / len(measurer.labels)
        if not is_true(report[name], accuracies, room):
            shown = ", ".join(f"{accuracy:.2f}" for accuracy in accuracies)
            said = report[name] if report[name] is None or type(report[name]) is int else "something else"
            return failed(f"{name}: you report {said}; its accuracy after each epoch is {shown}", actual=said)
    return passed()


def is_true(reported: Any, accuracies: list[float], room: float) -> bool:
    """Whether the target was first reached after the reported epoch; None: never."""
    if reported is None:
        return all(accuracy < TARGET + room for accuracy in accuracies)
    if type(reported) is not int or not 1 <= reported <= len(accuracies):
        return False
    before = accuracies[: reported - 1]
    return accuracies[reported - 1] >= TARGET - room and all(accuracy < TARGET + room for accuracy in before)


def validated(student: QuestionEvidence, reference: QuestionEvidence, kept: Kept) -> CheckResult:
    """The reported accuracy is what the weights at the end do on the images that were named, 50 to 250 of them."""
    measurer = Measurer(student, reference, kept, of="epochs", labels="given_animal_labels", output="given")
    logits = measurer.read_logits(find_end(measurer))
    named = read_validation(student, len(measurer.labels))
    if isinstance(named, str):
        return failed(named)
    if not LEAST_VALIDATION <= len(named) <= MOST_VALIDATION:
        kept_aside = "1 image is" if len(named) == 1 else f"{len(named)} images are"
        return failed(f"{kept_aside} kept for validation; {LEAST_VALIDATION} to {MOST_VALIDATION} are right")
    report = student.records["report"]["value"]
    accuracy = report.get("accuracy")
    if type(accuracy) not in (int, float):
        return failed("'accuracy' is a number, as a part of 1", actual=type(accuracy).__name__)
    true = float((logits[named].argmax(axis=1) == measurer.labels[named]).mean())
    if not abs(accuracy - true) <= 0.6 / len(named):
        return failed(f"you report {accuracy:.3f}; the model is right on {true:.3f} of those images", actual=accuracy)
    return passed()


def held_out(student: QuestionEvidence, reference: QuestionEvidence, kept: Kept) -> CheckResult:
    """No gradient came from an image that was kept for validation."""
    trained_on = student.records["trained_on"]["value"]
    named = read_validation(student, len(kept.values["given_animal_labels"]))
    if isinstance(named, str):
        return failed(named)
    if not isinstance(trained_on, list) or any(type(place) is not int for place in trained_on):
        return failed("which images the model was trained on can't be seen")
    both = set(trained_on) & set(named)
    if both:
        were = "was" if len(both) == 1 else "were"
        return failed(f"{len(both)} of the {len(named)} validation images {were} trained on", actual=len(both))
    return passed()


def read_validation(student: QuestionEvidence, count: int) -> list[int] | str:
    """The numbers of the images that were kept for validation, or what is wrong with them."""
    report = student.records["report"]["value"]
    if not isinstance(report, dict) or set(report) != {"accuracy", "validation"}:
        return "a dictionary with the keys 'accuracy' and 'validation' is expected"
    named = report["validation"]
    if not isinstance(named, list) or any(type(place) is not int or not 0 <= place < count for place in named):
        return f"'validation' is a list of the numbers of images, from 0 to {count - 1}"
    return named if len(set(named)) == len(named) else "an image is named twice in 'validation'"
