"""New assignments: `write_starter` writes a small one, sound from the first minute, to be changed step by step."""

from grader.starters.write import STARTERS, check_name, write_starter

__all__ = ["STARTERS", "check_name", "write_starter"]
