"""Questions and their checks, from tables to values; everything that the parts must agree on is looked at here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from grader.spec.faults import Faults, join_path, read_fields, suggest_name
from grader.spec.model import CheckSpec, Question, Reveal, Standing, Visibility
from grader.spec.values import describe_value, shorten
from grader.spec.vocabulary import CHECK, CHECKS, KINDS, NOT_BY_DEFAULT, QUESTION, list_keys

__all__ = ["read_questions"]

MOST_QUESTIONS = 1_000
MOST_CHECKS = 200
"""Of one question."""
STRICTER = (Visibility.SHOWN, Visibility.AFTER_DEADLINE, Visibility.HIDDEN)
MARKED_BY: Mapping[str, tuple[str, ...]] = {
    "choice": ("options",),
    "choices": ("options",),
    "number": ("tolerance",),
    "match": ("terms", "options", "proportional"),
}
"""Which fields of a kind its check needs."""
COMMON_KEYS = frozenset(list_keys(QUESTION))
APART = ("checks", "solution")
"""Keys of some kinds that are fields of a question themselves."""
KIND_KEYS = frozenset(key for fields in KINDS.values() for key in list_keys(fields))


@dataclass(frozen=True)
class Wanted:
    """One name in a list of needs, and where it stands."""

    path: str
    names: tuple[str, ...]


def read_questions(document: Mapping[str, Any], faults: Faults, *, claims_count: bool = False) -> tuple[Question, ...]:
    """All questions, the assignment's `defaults` merged into each. `claims_count`: claims alone may give points."""
    tables = document.get("questions")
    if tables is None:
        return ()  # its absence is a fault already
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        faults.add("questions", f"{describe_value(tables)} where questions belong", "begin each with [[questions]]")
        return ()
    if len(tables) > MOST_QUESTIONS:
        faults.add("questions", f"there are {len(tables):,}", f"at most {MOST_QUESTIONS:,} are taken")
        return ()
    defaults = read_defaults(document.get("defaults", {}), faults)
    questions = [
        read_question(table, defaults, f"questions[{n}]", faults, claims_count=claims_count)
        for n, table in enumerate(tables)
    ]
    report_twins([question.id for question in questions], "questions[{}].id", "two questions", faults)
    needs = {q.id: Wanted(f"questions[{n}].needs", q.needs) for n, q in enumerate(questions)}
    check_needs(needs, "question", faults)
    return tuple(questions)


def read_defaults(defaults: Any, faults: Faults) -> Mapping[str, Any]:
    """The keys that hold for every question. A key that only some kinds have holds for those."""
    if not isinstance(defaults, dict):
        faults.add("defaults", f"{describe_value(defaults)} where a table belongs", "defaults = { points = 1 }")
        return {}
    known = (COMMON_KEYS | KIND_KEYS) - set(NOT_BY_DEFAULT)
    for name in defaults:
        if name in NOT_BY_DEFAULT:
            faults.add(join_path("defaults", name), "it belongs to a single question", "move it there")
        elif name not in known:
            near = suggest_name(name, known)
            hint = f'did you mean "{near}"?' if near else f"known here: {', '.join(sorted(known))}"
            faults.add(join_path("defaults", shorten(name)), "unknown key", hint)
    return {name: value for name, value in defaults.items() if name in known}


def read_question(
    table: Mapping[str, Any], defaults: Mapping[str, Any], path: str, faults: Faults, *, claims_count: bool
) -> Question:
    """One question."""
    kind = table.get("kind", defaults.get("kind", "probe"))
    fields = KINDS.get(kind, ()) if isinstance(kind, str) else ()
    keys = COMMON_KEYS | set(list_keys(fields))
    merged = {**{name: value for name, value in defaults.items() if name in keys}, **table}
    if isinstance(kind, str) and kind in KINDS:
        merged = drop_foreign(merged, keys, kind, path, faults)
    else:
        merged = {name: value for name, value in merged.items() if name not in KIND_KEYS}
    values = read_fields(merged, (*QUESTION, *fields), path, faults)
    visibility = Visibility(values["visibility"])
    question = Question(
        id=values.get("id", ""),
        title=values["title"] or values.get("id", ""),
        points=values.get("points", Decimal(1)),
        visibility=visibility,
        content={name: values[name] for name in list_keys(fields) if name not in APART and name in values},
        solution=Reveal(values.get("solution", Reveal.NEVER.value)),
        **{name: values[name] for name in ("extra", "kind", "needs", "wall_seconds", "hint", "level", "minutes")},
    )
    if kind == "probe":
        checks = read_probe_checks(values, question, path, faults, claims_count=claims_count)
    else:
        checks = make_answer_check(question)
    check_content(question, path, faults)
    return replace_checks(question, checks)


def drop_foreign(merged: dict[str, Any], keys: set[str] | frozenset[str], kind: str, path: str, faults: Faults) -> Any:
    """Complain about keys that only other kinds of questions have."""
    for name in merged:
        if name in KIND_KEYS and name not in keys:
            kinds = " or ".join(f'"{other}"' for other, fields in KINDS.items() if name in list_keys(fields))
            faults.add(join_path(path, name), f'a question of kind "{kind}" has no {name!r}', f"kind {kinds} has")
    return {name: value for name, value in merged.items() if name not in KIND_KEYS or name in keys}


def replace_checks(question: Question, checks: tuple[CheckSpec, ...]) -> Question:
    """The question with its checks."""
    return Question(**{**question.__dict__, "checks": checks})


def make_answer_check(question: Question) -> tuple[CheckSpec, ...]:
    """The one check of a quiz's question: the answer against the key, by the question's kind."""
    content = question.content
    parameters = {name: content[name] for name in MARKED_BY.get(question.kind, ()) if content.get(name) is not None}
    shared = bool(content.get("proportional")) or question.kind == "text"  # a part of them for each concept
    check = CheckSpec(
        id="answer",
        use=question.kind,
        of=question.id,
        standing=Standing.FACT,
        points=question.points if shared else None,
        visibility=question.visibility,
        parameters=parameters,
    )
    return (check,)


def check_content(question: Question, path: str, faults: Faults) -> None:
    """What the fields of a kind must agree on."""
    terms, options = question.content.get("terms"), question.content.get("options")
    if terms is not None and options is not None and len(options) < len(terms):
        message = f"{len(options)} options for {len(terms)} terms"
        faults.add(join_path(path, "options"), message, "each term needs a partner of its own")


def read_probe_checks(
    values: Mapping[str, Any], question: Question, path: str, faults: Faults, *, claims_count: bool
) -> tuple[CheckSpec, ...]:
    """The checks of a question, each by itself and then together."""
    tables = values.get("checks", [])
    where = join_path(path, "checks")
    if "checks" in values and (not isinstance(tables, list) or not all(isinstance(item, dict) for item in tables)):
        faults.add(where, f"{describe_value(tables)} where a list of tables belongs", 'checks = [{ use = "close" }]')
        return ()
    if len(tables) > MOST_CHECKS:
        faults.add(where, f"there are {len(tables):,}", f"at most {MOST_CHECKS:,} are taken")
        return ()
    read = [read_check(table, question, f"{where}[{number}]", faults) for number, table in enumerate(tables)]
    checks = {f"{where}[{number}]": check for number, check in enumerate(read) if check is not None}
    if "checks" in values and not tables:
        faults.add(where, "an empty list", "without a check nothing is graded")
    if len(checks) == len(tables) and tables:
        check_together(question, checks, where, faults, claims_count=claims_count)
    return tuple(checks.values())


def read_check(table: Mapping[str, Any], question: Question, path: str, faults: Faults) -> CheckSpec | None:
    """One check; None, with a fault, where what it uses is unknown."""
    use = table.get("use")
    word = CHECKS.get(use) if isinstance(use, str) else None
    if word is None:
        report_use(use, path, faults)
        return None
    of_field = [field for field in CHECK if field.name != "of" or word.of is not False]
    values = read_fields(table, (*of_field, *word.parameters), path, faults)
    if word.of is True and "of" not in table:
        faults.add(join_path(path, "of"), "it is missing", "name the record of probe.py that the check reads")
    if use == "python" and "id" not in table:
        faults.add(join_path(path, "id"), "it is missing", "name the function of checks.py")
    if use == "source" and not (values["forbid"] or values["require"]):
        faults.add(path, "it asks for nothing", "say what to forbid or to require")
    parameters = {field.name: values.get(field.name) for field in word.parameters if field.name in table}
    standing = word.standing or Standing(values["standing"])
    parameters.pop("standing", None)
    visibility = Visibility(values["visibility"]) if values["visibility"] else question.visibility
    if STRICTER.index(visibility) < STRICTER.index(question.visibility):
        message = f'"{visibility.value}" in a question that is "{question.visibility.value}"'
        faults.add(join_path(path, "visibility"), message, "a check can't be more visible than its question")
    return CheckSpec(
        id=values["id"] or str(use),
        use=str(use),
        of=values.get("of"),
        standing=standing,
        points=values["points"],
        hint=values["hint"],
        needs=values["needs"],
        visibility=visibility,
        parameters=parameters,
    )


def report_use(use: Any, path: str, faults: Faults) -> None:
    """Say that a check has no `use`, or an unknown one."""
    where = join_path(path, "use")
    if use is None:
        faults.add(where, "it is missing", f"one of {', '.join(CHECKS)}")
    elif not isinstance(use, str):
        faults.add(where, f"{describe_value(use)} where the name of a check belongs", None)
    else:
        near = suggest_name(use, CHECKS)
        hint = f'did you mean "{near}"?' if near else f"one of {', '.join(CHECKS)}"
        faults.add(where, f"there is no check {shorten(use)!r}", hint)


def check_together(
    question: Question, checks: Mapping[str, CheckSpec], where: str, faults: Faults, *, claims_count: bool
) -> None:
    """What a question's checks must agree on: names, needs, points, and what they are worth."""
    ids = [check.id for check in checks.values()]
    if report_twins(ids, where + "[{}].id", "two checks", faults, 'give one of them an id of its own: id = "…"'):
        return
    needs = {check.id: Wanted(join_path(path, "needs"), check.needs) for path, check in checks.items()}
    if not check_needs(needs, "check", faults):
        return
    check_sum(question, list(checks.values()), where, faults)
    check_worth(checks, where, faults, claims_count=claims_count)


def check_sum(question: Question, checks: Sequence[CheckSpec], where: str, faults: Faults) -> None:
    """Points of checks add up to the question's, exactly."""
    points = [check.points for check in checks if check.points is not None]
    total = sum(points, Decimal(0))
    if points and total != question.points:
        faults.add(
            where,
            f"their points add up to {show(total)}, the question has {show(question.points)}",
            "make them equal, or give points to no check",
        )


def check_worth(checks: Mapping[str, CheckSpec], where: str, faults: Faults, *, claims_count: bool) -> None:
    """Points follow from facts alone: a claim with points needs a fact, and so does a question without such checks.
    An author may say that claims count; advice never does.
    """
    by_id = {check.id: check for check in checks.values()}
    for path, check in checks.items():
        if check.points is None or rests_on_fact(check, by_id):
            continue
        if claims_count and check.standing is Standing.CLAIM:
            continue
        if check.standing is Standing.ADVICE:
            faults.add(join_path(path, "points"), f"{check.id!r} is advice, which gives no points", "leave points out")
        else:
            facts = [other.id for other in by_id.values() if rests_on_fact(other, by_id)]
            hint = f'needs = ["{facts[0]}"]' if facts else "the question has no check that is a fact"
            faults.add(join_path(path, "points"), f"{check.id!r} is a claim: it gives points only with a fact", hint)
    enough = (Standing.FACT, Standing.CLAIM) if claims_count else (Standing.FACT,)
    if not any(check.points is not None or check.standing in enough for check in by_id.values()):
        message = "none of them is a fact, so the points could be had without doing the work"
        facts = [use for use, word in CHECKS.items() if word.standing is Standing.FACT]
        faults.add(where, message, f'add one of {", ".join(facts)}, or a python check with standing = "fact"')


def rests_on_fact(check: CheckSpec, by_id: Mapping[str, CheckSpec]) -> bool:
    """Whether a check is a fact, or a claim that needs one, directly or through other claims."""
    waiting, seen = [check], set()
    while waiting:
        current = waiting.pop()
        if current.standing is Standing.FACT:
            return True
        if current.standing is Standing.CLAIM and current.id not in seen:
            seen.add(current.id)
            waiting += [by_id[name] for name in current.needs]
    return False


def report_twins(
    names: Iterable[str], path: str, what: str, faults: Faults, hint: str = "choose another name for one of them"
) -> bool:
    """Complain about a name that stands there a second time."""
    seen: dict[str, int] = {}
    twins = False
    for number, name in enumerate(names):
        if name and name in seen:
            faults.add(path.format(number), f"{what} are called {name!r}: this one and number {seen[name] + 1}", hint)
            twins = True
        seen.setdefault(name, number)
    return twins


def check_needs(needs: Mapping[str, Wanted], what: str, faults: Faults) -> bool:
    """Complain about needs that name nothing, and about circles. True when there are none."""
    right = True
    for name, wanted in needs.items():
        for other in wanted.names:
            if other == name:
                faults.add(wanted.path, f"{name!r} needs itself", "leave it out")
                right = False
            elif other not in needs:
                near = suggest_name(other, [known for known in needs if known != name])
                where = "in this question" if what == "check" else "here"
                hint = f'did you mean "{near}"?' if near else f"{what}s {where}: {', '.join(needs)}"
                faults.add(wanted.path, f"there is no {what} {other!r} {where}", hint)
                right = False
    circle = find_circle(needs) if right else None
    if circle is not None:
        shown = " needs ".join(repr(name) for name in circle)
        faults.add(needs[circle[0]].path, f"a circle: {shown}", "take one of them out")
        return False
    return right


def find_circle(needs: Mapping[str, Wanted]) -> list[str] | None:
    """The first circle of needs, its first name again at the end."""
    done: set[str] = set()
    for start in needs:
        trail: list[str] = []
        waiting = [(start, iter(needs[start].names))]
        while waiting:
            name, others = waiting[-1]
            if name not in trail:
                trail.append(name)
            other = next(others, None)
            if other is None:
                done.add(trail.pop())
                waiting.pop()
            elif other in trail:
                return [*trail[trail.index(other) :], other]
            elif other not in done:
                waiting.append((other, iter(needs[other].names)))
    return None


def show(points: Decimal) -> str:
    """Points as a person writes them: 2, not 2.00."""
    return f"{points.normalize():f}"
