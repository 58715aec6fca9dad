"""Assignments as their authors write them: `load_assignment` reads one strictly and tells every fault at once."""

from grader.spec.course import Course, read_course
from grader.spec.model import Assignment, CheckSpec, Question, Standing, Visibility
from grader.spec.read import load_assignment
from grader.spec.schema import assignment_schema, course_schema

__all__ = [
    "Assignment",
    "CheckSpec",
    "Course",
    "Question",
    "Standing",
    "Visibility",
    "assignment_schema",
    "course_schema",
    "load_assignment",
    "read_course",
]
