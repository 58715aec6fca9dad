"""What would make an imported test a fact: read off its syntax, told to the author."""

import ast
import builtins

__all__ = ["advise"]

CLOSE = ("isclose", "allclose", "assert_allclose", "assert_almost_equal", "approx")
SHAPES = ("len", "shape", "isinstance", "type", "hasattr", "callable")
RAISES = "It looks whether an error is raised: record.raises(…) notes which one, and `equal` compares it outside."
DRAWN = (
    "It calls the student's function with values that stand in the test: record.answers(…) of its results for values "
    "drawn with given.integer(…) and the like, and `cases`, make it a fact: nobody can write those answers down before."
)
ARRAYS = (
    "It compares numbers that stand in the test: record.array(…) of what the student computes from drawn inputs, and "
    "`close`, make it a fact."
)
CONSTANT = (
    "It looks at one value that is the same for everybody: whoever knows it passes. Ask for a function and draw what "
    "goes in, or give each student another value with [variants]."
)
SHAPE = "It looks at a type or a length only, which says little: keep it as a claim beside a fact about the values."
BROKEN = "It isn't plain Python, so nothing can be said about it."
OTHER = "Record what it looks at (record.answers, record.array), and compare that outside with the reference's."


def advise(source: str) -> str:
    """What would make a test a fact, a sentence or two."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return BROKEN
    calls = [name_call(node) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    if any(isinstance(node, ast.Try) for node in ast.walk(tree)) or "raises" in calls:
        return RAISES
    if any(name in CLOSE for name in calls):
        return ARRAYS
    own = [name for name in calls if name and name not in SHAPES and name not in dir(builtins)]
    if own:
        return DRAWN
    if any(name in SHAPES for name in calls):
        return SHAPE
    compared = any(isinstance(node, ast.Compare | ast.Name) for node in ast.walk(tree))
    return CONSTANT if compared else OTHER


def name_call(call: ast.Call) -> str:
    """The last name of what is called."""
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
