"""A quiz as a person takes it: its options in an order of one's own, what is typed read as an answer, the answer judged
by the key or written into an `answers.toml`. Nothing here prints or reads a keyboard; `grade quiz` does.
"""

from grader.quiz.judge import Judge
from grader.quiz.order import label_options, shuffle_options
from grader.quiz.paper import blank_sheet, put_answer
from grader.quiz.typed import Misread, read_typed

__all__ = ["Judge", "Misread", "blank_sheet", "label_options", "put_answer", "read_typed", "shuffle_options"]
