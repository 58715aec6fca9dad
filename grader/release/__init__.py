"""Releases: what students get of an assignment, and marking with it at home.

`prepare_release` and `make_release` make it where the reference is, `search_release` and `find_leaks` look for what is
hidden in it; `read_practice` and `grade_at_home` are the student's side. Above `pipeline` and `hand_in`, below `batch`.
"""

from grader.release.handout import find_stale, make_handout, write_handout
from grader.release.hidden import gather_hidden
from grader.release.home import Practice, grade_at_home, read_practice
from grader.release.leaks import Hidden, Leak, find_leaks
from grader.release.pack import Prepared, Release, make_release, prepare_release, search_release
from grader.release.practice import Practised, Recipient, practise

__all__ = [
    "Hidden",
    "Leak",
    "Practice",
    "Practised",
    "Prepared",
    "Recipient",
    "Release",
    "find_leaks",
    "find_stale",
    "gather_hidden",
    "grade_at_home",
    "make_handout",
    "make_release",
    "practise",
    "prepare_release",
    "read_practice",
    "search_release",
    "write_handout",
]
