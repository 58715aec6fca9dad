"""Hostile cases for every parser, by number: `python -m tests.fuzz tar 4711` makes and reads one again."""
