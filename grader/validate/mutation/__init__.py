"""Mutants that are made: small wrong changes to the reference's program, by its syntax tree alone.

Nothing here runs a program; what a mutant does is seen in a sandbox, like any submission.
"""
