"""Mutants of small programs: what each operator changes, what isn't made, which are chosen."""

import ast

import pytest

from grader.validate.mutation.edits import spell_program
from grader.validate.mutation.make import choose_mutants, make_mutants
from tests.validate.courses import SOLUTION

EVERYTHING = {"question": None}

LOOP = '''def train(model, loader, optimizer):
    """Train."""
    model.train()
    losses: list[float] = []
    for images, labels in loader:
        optimizer.zero_grad()
        loss = measure(model(images), labels, weight=0.5)
        loss.backward()
        optimizer.step()
        losses.append(loss)
    return losses
'''

FROZEN = """def build(count):
    model = load()
    for parameter in model.parameters():
        parameter.requires_grad = False
    model.head = make(count)
    return model
"""

CASES = [
    (LOOP, "drop_training_call", "-        optimizer.zero_grad()", "+        pass"),
    (LOOP, "drop_training_call", "-        loss.backward()", "+        pass"),
    (LOOP, "drop_training_call", "-    model.train()", "+    pass"),
    (LOOP, "delete_statement", "-        losses.append(loss)", "+        pass"),
    (LOOP, "return_early", "+        return losses", ""),
    (LOOP, "drop_keyword", "+        loss = measure(model(images), labels)", ""),
    (LOOP, "swap_arguments", "+        loss = measure(labels, model(images), weight=0.5)", ""),
    (LOOP, "change_constant", "+        loss = measure(model(images), labels, weight=1.0)", ""),
    (LOOP, "return_other", "+    return loss", ""),
    (LOOP, "return_other", "+    return None", ""),
    (FROZEN, "drop_freezing", "-        parameter.requires_grad = False", "+        pass"),
    (
        FROZEN,
        "freeze_too_much",
        "+    for parameter in model.parameters():",
        "+        parameter.requires_grad = False",
    ),
    (FROZEN, "change_constant", "+        parameter.requires_grad = True", ""),
    (SOLUTION, "change_comparison", "-    if gap > 3:", "+    if gap >= 3:"),
    (SOLUTION, "change_comparison", "-    if gap > 3:", "+    if gap < 3:"),
    (SOLUTION, "negate_condition", "-    if gap > 3:", "+    if not (gap > 3):"),
    (SOLUTION, "change_constant", "-    if gap > 3:", "+    if gap > 4:"),
    (SOLUTION, "change_constant", '-        return "wide"', "+        return 'wide_'"),
    (SOLUTION, "change_arithmetic", "-        total += number", "+        total -= number"),
    (SOLUTION, "delete_statement", '-        return "wide"', "+    pass"),
]


@pytest.mark.parametrize(("text", "operator", "one", "other"), CASES)
def test_an_operator_makes_its_mistake(text: str, operator: str, one: str, other: str) -> None:
    """It is made once, and the difference shows it."""
    made = [mutant for mutant in make_mutants(text, EVERYTHING) if mutant.operator == operator]

    assert (
        len([mutant for mutant in made if one in mutant.difference and (not other or other in mutant.difference)]) == 1
    )


@pytest.mark.parametrize("text", [LOOP, FROZEN, SOLUTION])
def test_every_mutant_is_another_program(text: str) -> None:
    """Each parses, differs from the original and from each other, and has a name and line of its own."""
    made = make_mutants(text, EVERYTHING)
    spelt = [spell_program(mutant.text) for mutant in made]

    assert made
    assert None not in spelt
    assert len({*spelt, spell_program(text)}) == len(made) + 1
    assert len({mutant.name for mutant in made}) == len(made)
    for mutant in made:
        ast.parse(mutant.text)


def test_docstrings_and_annotations_are_left_alone() -> None:
    """A change there is the same program."""
    made = make_mutants(
        'def f(x: "int" = 1) -> "str":\n    """Text."""\n    y: list[int] = g(x)\n    return f"{x + 1}"\n', EVERYTHING
    )
    differences = [line for mutant in made for line in mutant.difference if line.startswith("+")]

    assert '+def f(x: "int" = 2) -> "str":' in differences
    assert not any("int_" in line or "Text_" in line or "str_" in line or "x - 1" in line for line in differences)


def test_what_runs_only_as_a_script_is_left_alone() -> None:
    """Imports, the guard and what is below it."""
    assert make_mutants("import a\n\nif __name__ == '__main__':\n    a.go(1, 2)\n", EVERYTHING) == []


def test_text_beyond_ascii_stays_as_it_was() -> None:
    """Columns are bytes to the parser: nothing else moves."""
    made = make_mutants("def f():\n    # größer\n    return 'ä', 1, 'ö'\n", EVERYTHING)

    assert "    return 'ä', 2, 'ö'" in {mutant.text.splitlines()[2] for mutant in made}
    assert all("# größer" in mutant.text for mutant in made)


def test_methods_and_inner_functions() -> None:
    """They are named by where they stand, and mutated as any function."""
    made = make_mutants(
        "class A:\n    def f(self, x):\n        def g():\n            return x + 1\n        return g()\n", EVERYTHING
    )

    assert {mutant.function for mutant in made} >= {"A.f", "A.f.g"}


def test_names_hold_while_the_rest_changes() -> None:
    """A comment or another function changes no name; a changed line changes that of its own mutants alone."""
    before = {mutant.name for mutant in make_mutants(SOLUTION, EVERYTHING)}
    moved = {mutant.name for mutant in make_mutants(f"# a comment\n\n{SOLUTION}", EVERYTHING)}
    other = {mutant.name for mutant in make_mutants(SOLUTION.replace("2 * number", "3 * number"), EVERYTHING)}

    assert moved == before
    assert {name.split(".")[0] for name in before ^ other} == {"double"}


def test_one_change_in_two_places_has_two_names() -> None:
    """The second is numbered."""
    made = make_mutants("def f(x):\n    g(1)\n    g(1)\n    return x\n", EVERYTHING)
    constants = [mutant.name for mutant in made if mutant.operator == "change_constant"]

    assert len(constants) == 2
    assert constants[1] == f"{constants[0]}-2"


def test_a_budget_is_spread() -> None:
    """Few mutants still come from every function, and from different operators; the same ones each time."""
    made = make_mutants(SOLUTION, EVERYTHING)
    chosen = choose_mutants(made, 6)

    assert len(chosen) == 6
    assert {mutant.function for mutant in chosen} == {"double", "width", "centre"}
    assert len({(mutant.function, mutant.operator) for mutant in chosen}) == 6
    assert choose_mutants(list(reversed(made)), 6) == chosen
    assert choose_mutants(made, 10_000) == sorted(made, key=lambda mutant: (mutant.line, mutant.name))


def test_what_no_question_calls_is_left_alone() -> None:
    """A mutant there could not be caught, and says nothing."""
    made = make_mutants(SOLUTION, {"double": frozenset({"double"})})

    assert {mutant.function for mutant in made} == {"double"}
    assert all(mutant.questions == ("double",) for mutant in made)
