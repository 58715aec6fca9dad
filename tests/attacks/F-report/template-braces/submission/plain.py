"""Format fields that name objects, ask for gigabytes of padding, or are never closed."""


def double(number):
    return "{result.__class__.__mro__} {facts!r} {0:>9999999999} {"


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return "%s %(score)d {expected} {expected.__init__.__globals__}"
