"""The author's own check, with kept labels."""

from grader.checks import failed, passed

CANARY = "@CANARY_CHECKS@"


def labels_agree(student, reference, kept):
    """Each label is the kept one."""
    said = student.records["labels"].get("value")
    right = [int(label) for label in kept.values["labels"]]
    if not isinstance(said, list) or len(said) != len(right):
        return failed("classify returns a list with one label for each row.")
    wrong = sum(type(one) is not int or one != other for one, other in zip(said, right, strict=True))
    return passed() if wrong == 0 else failed(f"{wrong} of {len(right)} labels are wrong.")
