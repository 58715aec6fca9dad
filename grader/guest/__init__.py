"""The code that runs inside a sandbox. It imports nothing of `grader` outside this folder, and of this folder only
`guest.protocol` is imported outside.

Inside, the folder is not installed: `__main__.py` makes it importable as the package `grader_guest` (see there), so
that neither the host's dependencies nor a student's files can stand in its way. All imports here are relative.
"""
