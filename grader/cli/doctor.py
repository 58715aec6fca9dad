"""`grade doctor`: one line a prerequisite, and the command that mends it. Under construction until the probe lands."""

__all__ = ["doctor"]


def doctor() -> None:
    """Say what works on this machine and what would make it safer."""
