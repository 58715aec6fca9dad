"""Which questions a change of the probe touches."""

from grader.batch.probe_parts import split_probe

PROBE = '''"""What is observed."""

LIMIT = 3


def head(student, given, record):
    record.answers("head", shrink(student.head()))


def count(student, given, record):
    record.answers("count", student.count())


def both(student, given, record):
    head(student, given, record)


def shrink(values):
    return values[:LIMIT]
'''
QUESTIONS = ("head", "count", "both")


def find_touched(changed: str) -> set[str]:
    """The questions whose part differs."""
    before, after = split_probe(PROBE, QUESTIONS), split_probe(changed, QUESTIONS)
    return {name for name in QUESTIONS if before[name] != after[name]}


def test_a_question_s_own_function_is_its_own() -> None:
    """Another question's run stays as it was."""
    assert find_touched(PROBE.replace('"count", student.count()', '"count", student.count(2)')) == {"count"}


def test_a_question_rests_on_another_that_it_calls() -> None:
    """What `head` does, `both` does too."""
    assert find_touched(PROBE.replace("student.head()", "student.head(1)")) == {"head", "both"}


def test_what_is_no_question_is_everybody_s() -> None:
    """A helper or a constant may be used by any of them."""
    assert find_touched(PROBE.replace("LIMIT = 3", "LIMIT = 4")) == set(QUESTIONS)
    assert find_touched(PROBE.replace("[:LIMIT]", "[LIMIT:]")) == set(QUESTIONS)


def test_a_comment_changes_nothing() -> None:
    """Nor do blank lines: the syntax tree is compared."""
    assert find_touched(PROBE.replace("\n\n\ndef count", "\n\n\n# How many.\n\n\ndef count")) == set()


def test_a_helper_that_names_a_question_makes_it_everybody_s() -> None:
    """Any question may get there by the helper."""
    by_helper = PROBE + "\n\ndef again(*given):\n    count(*given)\n"
    changed = by_helper.replace("student.count()", "student.count(2)")

    before, after = split_probe(by_helper, QUESTIONS), split_probe(changed, QUESTIONS)

    assert all(before[name] != after[name] for name in QUESTIONS)
