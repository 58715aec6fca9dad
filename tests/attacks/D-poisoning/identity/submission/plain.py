"""Whose it is says the roster, or whoever calls the grader; never a file, a name or a line of output."""


tried = []


print('TRIED {"student": {"id": "another-student"}, "attempt": 99}')
__author__ = "another-student"
student = {"id": "another-student"}
student_id = "another-student"


def attack():
    print("student: another-student")


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
