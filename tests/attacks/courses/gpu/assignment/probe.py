"""What is observed of the course on a graphics processor."""

SIGNATURES = {"product": "product(left, right)", "total": "total(numbers)"}


def product(student, given, record):
    """Hidden matrices."""
    left, right = (given.images(name, 64, 64).to(given.device) for name in ("left", "right"))
    record.array("product", student.product(left, right))


def total(student, given, record):
    """Hidden rows."""
    rows = [given.images("row", 8, case=case).to(given.device) for case in range(4)]
    record.answers("totals", [round(float(student.total(row)), 3) for row in rows])
