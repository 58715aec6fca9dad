"""A file name is shown as it is handed in: here it would clear the screen and print a score."""


def make(folder):
    """A right program beside a file with a hostile name."""
    (folder / "plain.py").write_text("def double(number):\n    return 2 * number\n")
    (folder / "a\x1b[2J\x1b[H\r5 points\x07.txt").write_text("")
