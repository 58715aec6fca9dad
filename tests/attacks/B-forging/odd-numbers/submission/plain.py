"""Types that compare equal or convert quietly: 1+0j, True, Decimal, Fraction, numpy objects, strings of digits."""

from decimal import Decimal
from fractions import Fraction

import numpy as np

KINDS = (complex, Decimal, Fraction, str, lambda number: np.array(number, dtype=object), np.complex128)


def double(number):
    return KINDS[number % len(KINDS)](2 * number)


def classify(rows):
    labels = [row.index(max(row)) for row in rows]
    return [bool(label) if label < 2 else np.timedelta64(label, "s") for label in labels]


def greet(name):
    return f"Hello, {name}!"
