"""An author's misuse of `given` and `record`: the assignment is at fault, never the student."""

__all__ = ["WrongUseError"]


class WrongUseError(Exception):
    """`probe.py` or `predict.py` asked for something that isn't there, or in a way that can't be answered."""
