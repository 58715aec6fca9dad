"""`python -m grader`: the command, where its script isn't on the path."""

from grader.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    main()
