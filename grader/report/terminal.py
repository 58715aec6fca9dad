"""A report on a terminal: one line a question, below it only what failed, at most one hint each, what to mend first."""

from collections.abc import Sequence
from decimal import Decimal
from io import StringIO

from rich.console import Console

from grader.report.clean import shorten
from grader.report.model import (
    CheckReport,
    CheckVerdict,
    FramePart,
    ProblemReport,
    QuestionReport,
    QuestionState,
    Report,
    ReportStatus,
    Whose,
)
from grader.report.quotes import quote, quote_unless_name
from grader.report.screen import Screen
from grader.report.wording import show_duration
from grader.spec.fields import say_variant

__all__ = ["draw_report", "fits_console", "print_report", "show_points"]

MARKS = {
    QuestionState.PASSED: ("✓", "pass", "green"),
    QuestionState.PARTIAL: ("◐", "part", "yellow"),
    QuestionState.FAILED: ("✗", "FAIL", "red"),
    QuestionState.NOT_ATTEMPTED: ("–", "none", "yellow"),
    QuestionState.SKIPPED: ("–", "skip", "yellow"),
    QuestionState.NEEDS_REVIEW: ("?", "wait", "magenta"),
    QuestionState.NOT_GRADED: ("!", "ours", "magenta"),
    QuestionState.WITHHELD: ("·", "later", "dim"),
}
SIGNS = "✓◐✗–·→│×…"
TOLD_WHEN_PASSED = ("learned", "sooner", "text")  # checks whose numbers a student wants to see though they passed
MOST_CHECKS = 6  # failed checks shown for a question
MOST_ERROR_LINES = 6
MOST_OUTPUT_LINES, MOST_OUTPUT_CHARACTERS = 3, 200
MOST_NOTES = 6
WARNINGS = ("practice", "standin_weights", "no_sandbox", "unproved_sandbox")  # notes that say what the result is worth
ID_WIDTH, MOST_ID = 12, 18
LATER = "its result also depends on checks that aren't shown"


def fits_console(console: Console) -> bool:
    """Whether a console can show the signs used here; else the screen must be plain."""
    try:
        SIGNS.encode(console.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def print_report(
    report: Report,
    console: Console,
    *,
    plain: bool = False,
    saved_to: str | None = None,
    closing: Sequence[str] = (),
    counted: str = "on this machine",
) -> None:
    """Print a report. `closing` are lines about handing in, `saved_to` is where the JSON went, `counted` is by whom or
    where the points were.
    """
    screen = Screen(width=console.width, plain=plain or not fits_console(console))
    add_heading(screen, report)
    shared = find_shared_problem(report)
    if report.fault is not None:
        add_fault(screen, report)
    if shared is not None and shared.code != "refused":
        add_problem(screen, shared)
        screen.add_blank()
    for question in report.questions:
        add_question(screen, report, question, shared)
    screen.add_blank()
    add_sum(screen, report, saved_to, counted)
    add_first(screen, report, shared)
    for line in closing:
        screen.add(line)
    add_notes(screen, report)
    screen.print_to(console)


def draw_report(report: Report, *, width: int, plain: bool = False) -> str:
    """What `print_report` prints on a terminal of a width, as text; in colour unless plain."""
    console = Console(
        file=StringIO(), width=width, force_terminal=not plain, color_system=None if plain else "truecolor"
    )
    with console.capture() as capture:
        print_report(report, console, plain=plain)
    return capture.get()


def show_points(points: Decimal | None) -> str:
    """Points as people write them: 2, 10.5."""
    return "–" if points is None else f"{points.normalize():f}" if points else "0"


def add_heading(screen: Screen, report: Report) -> None:
    """Which assignment, which file, which sandbox."""
    sandbox = report.environment.sandbox + ("" if report.environment.is_sandbox else ", no sandbox")
    title = f"{report.assignment.id} · {report.assignment.title}"
    screen.add_ends(title, f"{report.submission.source} · {sandbox}", left_style="bold", right_style="dim")
    if report.assignment.variant:
        screen.add(f"your variant: {say_variant(report.assignment.variant)}", style="dim")
    screen.add_blank()


def add_fault(screen: Screen, report: Report) -> None:
    """What kept the submission from being graded as it should be."""
    fault = report.fault
    assert fault is not None
    begin = "refused: " if fault.whose is Whose.STUDENT else ""
    mark, word, style = MARKS[QuestionState.FAILED if fault.whose is Whose.STUDENT else QuestionState.NOT_GRADED]
    screen.add(begin + fault.message, lead=word if screen.plain else mark, lead_style=style)
    for line in fault.details[:MOST_CHECKS]:
        screen.add(line, indent=3)
    if fault.command:
        screen.add(fault.command, indent=3, lead="Run:")
    screen.add_blank()


def find_shared_problem(report: Report) -> ProblemReport | None:
    """The problem of loading the code, where every question has it: said once."""
    problems = [question.problem for question in report.questions]
    first = problems[0] if problems else None
    alike = all(problem == first for problem in problems)
    return first if first is not None and first.where == "load" and alike and len(problems) > 1 else None


def add_question(screen: Screen, report: Report, question: QuestionReport, shared: ProblemReport | None) -> None:
    """One question's line, and below it what failed."""
    mark, word, style = MARKS[question.status]
    points = f"{show_points(question.points)} / {show_points(question.max_points)}"
    width = max((min(len(part.id), 20) for part in report.questions), default=4) + 2
    state = (word, 6, style) if screen.plain else (mark, 2, style)
    title = question.title + (" (extra)" if question.extra else "")
    screen.add_row([state, (question.id, width, "bold"), (title, 0, "")], points, right_style="bold")
    if question.status is QuestionState.PASSED:
        add_good_news(screen, question, indent=1 + state[1] + width)
    elif question.problem is not None:
        if shared is None:
            add_problem(screen, question.problem)
            add_last_output(screen, question)
    elif question.status is not QuestionState.NOT_GRADED or report.fault is None:
        add_explanation(screen, question)


def add_good_news(screen: Screen, question: QuestionReport, *, indent: int) -> None:
    """Numbers of a passed check that a student wants to see."""
    for check in question.checks:
        if check.use in TOLD_WHEN_PASSED and check.message:
            screen.add(check.message, indent=indent, style="dim")


def add_explanation(screen: Screen, question: QuestionReport) -> None:
    """Why a question that finished doesn't have all its points."""
    if question.status is QuestionState.NEEDS_REVIEW:
        screen.add("a check couldn't decide: a person will look at it", indent=3)
    elif question.status is QuestionState.NOT_GRADED:
        screen.add("not graded, which isn't your fault: it costs nothing", indent=3)
    elif question.status is QuestionState.WITHHELD:
        verdicts = {check.verdict for check in question.checks}
        passed = CheckVerdict.PASSED in verdicts and not verdicts & {CheckVerdict.FAILED, CheckVerdict.ERROR}
        seen = f"what is shown passed; {LATER}" if passed else LATER
        screen.add("shown after the deadline" if question.visibility == "after_deadline" else seen, indent=3)
    elif question.status is QuestionState.SKIPPED and question.checks:
        screen.add(question.checks[0].message, indent=3)
    add_failed(screen, question)


def add_failed(screen: Screen, question: QuestionReport) -> None:
    """The failed checks, each thing said once, and one hint: a failed check's own, else the question's."""
    failed = [check for check in question.checks if check.verdict in (CheckVerdict.FAILED, CheckVerdict.ERROR)]
    said = list({(check.message, check.help): check for check in reversed(failed)}.values())[::-1]
    hinting = next((check for check in said if check.hint), said[0] if said and question.hint else None)
    width = min(max([len(check.id) for check in said], default=0), MOST_ID)
    for check in said[:MOST_CHECKS]:
        hint = check.hint or question.hint if check is hinting else None
        add_check(screen, check, hint=hint, id_width=max(width, ID_WIDTH))
    if len(said) > MOST_CHECKS:
        screen.add(f"and {len(said) - MOST_CHECKS} more", indent=3)


def add_check(screen: Screen, check: CheckReport, *, hint: str | None, id_width: int) -> None:
    """One failed check: its message, and under it help and hint."""
    failed = check.verdict is CheckVerdict.FAILED
    mark, word, style = MARKS[QuestionState.FAILED if failed else QuestionState.NEEDS_REVIEW]
    lead = f"{word if screen.plain else mark} {check.id}"
    width = 2 + id_width + (3 if screen.plain else 0)
    screen.add(check.message or check.code, indent=3, lead=lead, lead_width=width + 1, lead_style=style)
    indent = 3 + width + 1
    if check.help and check.help not in (hint or ""):
        screen.add(check.help, indent=indent)
    if hint:
        screen.add(hint, indent=indent, lead="Hint:")


def add_problem(screen: Screen, problem: ProblemReport) -> None:
    """What kept a question, or all, from finishing: where in the student's code, and what Python said."""
    if problem.code == "missing_function":
        add_missing(screen, problem)
        return
    mark, word, style = MARKS[QuestionState.FAILED]
    frame = problem.frames[-1] if problem.frames else None
    own = problem.where == "question" and problem.code != "probe"  # then the place says enough
    headline = problem.message if frame is None or not own else name_place(frame)
    screen.add(headline, indent=3, lead=word if screen.plain else mark, lead_style=style)
    if frame is not None and not own:
        screen.add(name_place(frame), indent=5)
    if frame is not None:
        add_frame(screen, frame, caret=problem.code in ("syntax", "answers"))
    add_error(screen, problem)


def add_missing(screen: Screen, problem: ProblemReport) -> None:
    """A function that isn't there, and what is nearly that."""
    screen.add(problem.message, indent=3)
    for near in problem.near[:1]:
        screen.add(f"It has {near.name} (line {near.line}). Is that a typo?", indent=3)


def add_error(screen: Screen, problem: ProblemReport) -> None:
    """What Python said: its first lines, each kept apart, so that it can't pass for a line of ours."""
    lines = [line for line in problem.error.splitlines() if line.strip()] or [""]
    kind = quote_unless_name(problem.type) if problem.type else ""
    begin = f"{kind}: " if kind and lines[0] else kind
    said = begin + lines[0]
    joined = problem.code == "exception" and len(lines) == 1 and bool(said) and problem.help is not None
    if said:
        screen.add(f"{said.removesuffix('.')}. {problem.help}" if joined else said, indent=5, follow="  | ")
    for line in lines[1:MOST_ERROR_LINES]:
        screen.add(line, indent=7, lead="|", follow="| ")
    if len(lines) > MOST_ERROR_LINES:
        screen.add(f"({len(lines) - MOST_ERROR_LINES:,} more lines in the report)", indent=7)
    if problem.help is not None and not joined:
        screen.add(problem.help, indent=5)


def add_last_output(screen: Screen, question: QuestionReport) -> None:
    """Where a program ended without a traceback, the last lines that it printed: often all there is to go by."""
    if question.problem is None or question.problem.frames or question.output is None or question.output.truncated:
        return
    lines = [line for line in question.output.text.splitlines() if line.strip()][-MOST_OUTPUT_LINES:]
    if lines:
        screen.add("It last printed:", indent=5)
    for line in lines:
        screen.add(shorten(line, MOST_OUTPUT_CHARACTERS), indent=7, lead="|", follow="| ")


def name_place(frame: FramePart) -> str:
    """Where: "hw1.py, line 48, in fine_tune", or the cell of a notebook as a person counts it."""
    function = f", in {frame.function}" if frame.function and not frame.function.startswith("<") else ""
    if frame.cell is None:
        return f"{frame.file}, line {frame.line}{function}"
    of = f" of {frame.cells}" if frame.cells else ""
    begins = f" (the cell that begins {quote(frame.cell_begins)})" if frame.cell_begins else ""
    return f"{frame.file}, cell {frame.cell}{of}, line {frame.line}{function}{begins}"


def add_frame(screen: Screen, frame: FramePart, *, caret: bool) -> None:
    """The line and its neighbours, the line marked, and for a syntax error what is meant on it."""
    width = max((len(str(number)) for number, _ in frame.code), default=1)
    for number, text in frame.code:
        screen.add_code(str(number).rjust(width), text, marked=number == frame.line)
        if caret and number == frame.line and frame.caret is not None and frame.caret[0] < screen.edge:
            screen.add_carets(width, frame.caret)


def add_sum(screen: Screen, report: Report, saved_to: str | None, counted: str) -> None:
    """The points, or why there are none; how long it took; where the report is."""
    score = report.score
    if report.status is ReportStatus.NOT_GRADED:
        said = "Not graded: our fault, not yours. It costs nothing and isn't a zero"
    elif report.status is ReportStatus.NEEDS_REVIEW:
        said = "No points yet: a person will look at what a check couldn't decide"
    else:
        said = f"{show_points(score.points)} / {show_points(score.max_points)} points {counted}"
    parts = [said, show_duration(report.timing.wall_seconds)] + ([saved_to] if saved_to else [])
    screen.add(" · ".join(parts), style="bold")
    if score.withheld_points:
        screen.add(f"{show_points(score.withheld_points)} more points are decided by checks that aren't shown here.")


def add_first(screen: Screen, report: Report, shared: ProblemReport | None) -> None:
    """What to mend first."""
    if shared is not None and report.status is ReportStatus.GRADED:
        screen.add("Fix first: what keeps the file from loading. No question can run before.")
    elif report.first is not None:
        points = show_points(report.first.points)
        screen.add(f"Fix first: {report.first.question} ({points} point{'' if points == '1' else 's'} to win).")


def add_notes(screen: Screen, report: Report) -> None:
    """The notes, one on a line; those that say what the result is worth stand out."""
    for note in report.notes:
        if note.code in WARNINGS:
            screen.add(note.message, lead="!", style="bold yellow", lead_style="bold yellow")
    rest = [note for note in report.notes if note.code not in WARNINGS]
    for number, note in enumerate(rest[:MOST_NOTES]):
        lead = "" if number else f"{len(rest)} note{'' if len(rest) == 1 else 's'}:"
        place = f" ({note.question})" if note.question else ""
        text = note.message.removesuffix(".") + place + "." if place else note.message
        screen.add(text, lead=lead, lead_width=0 if lead else 9)
    if len(rest) > MOST_NOTES:
        screen.add(f"and {len(rest) - MOST_NOTES} more in the report.", indent=10)
