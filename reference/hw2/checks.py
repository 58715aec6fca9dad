"""hw2's own check: an accuracy that five images can have.

Which of them it is differs from seed to seed: 0.20 seven times and 0.00 five times in twelve runs of one solution. So
no value is expected, and the check is a claim, worth points only beside the loss.
"""

from grader.checks import failed, passed

IMAGES = 5
ROUNDING = 1e-6


def of_five(student, reference, kept):
    """The accuracy that training returned is a number, and a multiple of one fifth from 0 to 1."""
    accuracy = student.records["accuracy"]["value"]
    if type(accuracy) is not float and type(accuracy) is not int:
        return failed("The training accuracy is one number, such as 0.2.")
    right = accuracy * IMAGES
    if 0 <= accuracy <= 1 and abs(right - round(right)) <= IMAGES * ROUNDING:
        return passed()
    return failed("Of five images 0, 1, 2, 3, 4 or 5 are right: the accuracy is 0, 0.2, 0.4, 0.6, 0.8 or 1.")
