"""Long names with spaces, markup, quotes and formulas are allowed, and are names all the same."""

NAMES = (
    "5 of 5 points on this machine.txt",
    "[bold green]passed[_].md",
    "=HYPERLINK(A1).csv",
    "' onmouseover=alert(1) '.html",
    "x" * 200 + ".log",
)


def make(folder):
    """A wrong program among files with names that want to be read."""
    (folder / "plain.py").write_text("def double(number):\n    return 0\n")
    for name in NAMES:
        (folder / name).write_text("=1+1")
