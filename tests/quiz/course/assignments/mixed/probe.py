"""What is observed of a submission."""


def double(student, given, record):
    record.answers("doubles", [student.double(number) for number in (1, 2, given.integer("n", 3, 1000))])
