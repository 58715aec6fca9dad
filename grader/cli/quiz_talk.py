"""What a quiz prints and asks in a terminal: lines and one prompt at a time, so that a pipe or a screen reader does."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from rich.console import Console

from grader.cli.screens import open_screen
from grader.quiz import Misread, label_options, read_typed, shuffle_options
from grader.report.screen import Screen
from grader.report.wording import show_duration
from grader.spec.fields import Variant, fill_file
from grader.spec.model import Assignment, Question
from grader.spec.toml import read_text

__all__ = ["Command", "Reply", "Talk"]

MOST_CODE_LINES = 60
CODE_MARGIN = 14
"""Columns before a line of code."""


class Command(Enum):
    """What a person can say instead of an answer."""

    HINT = "?"
    SKIP = ""  # Enter alone
    BACK = "back"
    QUIT = "quit"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer, or a command in its place; how long it took, and whether the hint was shown."""

    answer: Any = None
    command: Command | None = None
    seconds: float = 0.0
    hinted: bool = False


@dataclass
class Talk:
    """Prints and asks. `read` is where lines come from, `clock` counts seconds.

    `variant` is filled into programs that are shown; the assignment's texts are filled in already. `echoes` says that
    what is typed is seen, and ends a line; in a pipe it isn't and doesn't.
    """

    assignment: Assignment
    console: Console
    plain: bool = False
    student: str = ""
    variant: Variant = field(default_factory=dict)
    read: Callable[[str], str] = input
    clock: Callable[[], float] = time.monotonic
    echoes: bool = True
    started: float = 0.0

    def open(self) -> Screen:
        """An empty screen."""
        return open_screen(self.console, plain=self.plain)

    def say(self, *lines: str, indent: int = 1, style: str = "") -> None:
        """Print lines."""
        screen = self.open()
        for line in lines:
            screen.add(line, indent=indent, style=style)
        screen.print_to(self.console)

    def greet(self, mode: str, *lines: str) -> None:
        """The heading, and how to answer. The clock starts."""
        self.started = self.clock()
        assignment = self.assignment
        screen = self.open()
        screen.add_ends(f"{assignment.slug} · {assignment.title}", mode, left_style="bold", right_style="dim")
        minutes = f" · {assignment.minutes} min suggested" if assignment.minutes else ""
        count = len(assignment.questions)
        screen.add(f"{count} question{'' if count == 1 else 's'}{minutes}", style="dim")
        for line in lines:
            screen.add(line)
        screen.print_to(self.console)

    def show_question(self, question: Question, *, number: int, of: int, now: str | None = None) -> tuple[str, ...]:
        """Print a question; its options as they stand there. `now` is what is answered so far."""
        content, screen = question.content, self.open()
        screen.add_blank()
        minutes = f"{question.minutes} min" if question.minutes else ""
        about = " · ".join(part for part in (question.level or "", minutes) if part)
        screen.add_ends(f"{number} of {of} · {question.title}", about, left_style="bold", right_style="dim")
        for paragraph in str(content["prompt"]).strip().split("\n"):
            screen.add(paragraph) if paragraph.strip() else screen.add_blank()
        if content.get("code"):
            self.add_code(screen, content["code"])
        options = shuffle_options(question, slug=self.assignment.slug, student=self.student)
        for label, option in zip(label_options(len(options)), options, strict=True):
            screen.add(option, indent=3, lead=label, lead_width=4, lead_style="bold")
        if now is not None:
            screen.add(f"So far: {now}", style="dim")
        screen.print_to(self.console)
        return options

    def add_code(self, screen: Screen, name: str) -> None:
        """A program that is shown with a question."""
        text = read_text(self.assignment.folder / "handout" / name)
        lines = fill_file(name, text.encode(), self.variant).decode().rstrip().split("\n")
        screen.add(name, indent=3, style="dim")
        width = max(screen.edge - CODE_MARGIN, CODE_MARGIN)
        for number, line in enumerate(lines[:MOST_CODE_LINES], 1):
            parts = [line[start : start + width] for start in range(0, len(line), width)] or [""]
            for place, part in enumerate(parts):  # a line that is too long goes on below: nothing of it may be missing
                screen.add_code(f"{number:>3}" if not place else "   ", part, marked=False)

    def ask(self, question: Question, options: Sequence[str], *, prompt: str | None = None) -> Reply:
        """Ask until there is an answer or a command; a hint is shown on the way."""
        began, hinted = self.clock(), False
        while True:
            typed = self.read_line(prompt or PROMPTS[question.kind])
            command = read_command(typed)
            if command is Command.HINT:
                self.say(f"Hint: {question.hint}" if question.hint else "There is no hint.", indent=3)
                hinted = hinted or question.hint is not None
                continue
            if command is not None:
                return Reply(command=command, seconds=self.clock() - began, hinted=hinted)
            answer = read_typed(question, typed, options)
            if not isinstance(answer, Misread):
                return Reply(answer=answer, seconds=self.clock() - began, hinted=hinted)
            self.say(f"Not understood. Right is {answer.right}.", indent=3)

    def ask_pairs(self, question: Question, options: Sequence[str]) -> Reply:
        """Ask for the partner of each term; a term that is left out has none."""
        pairs: dict[str, str] = {}
        seconds, hinted = 0.0, False
        for term in question.content["terms"]:
            self.say(term, indent=3, style="bold")
            reply = self.ask(question, options)
            seconds, hinted = seconds + reply.seconds, hinted or reply.hinted
            if reply.command in (Command.BACK, Command.QUIT):
                return Reply(answer=pairs or None, command=reply.command, seconds=seconds, hinted=hinted)
            if reply.command is None:
                pairs[term] = reply.answer
        command = None if pairs else Command.SKIP
        return Reply(answer=pairs or None, command=command, seconds=seconds, hinted=hinted)

    def ask_question(self, question: Question, options: Sequence[str]) -> Reply:
        """Ask a question of any kind."""
        return self.ask_pairs(question, options) if question.kind == "match" else self.ask(question, options)

    def confirm(self, text: str) -> bool:
        """Yes or no; Enter is yes, and so is the end of what is typed."""
        while True:
            typed = self.read_line(f"{text} [Y/n] ").strip().lower()
            if typed in ("", "y", "yes", "n", "no"):
                return not typed.startswith("n")

    def read_line(self, prompt: str) -> str:
        """One line of what is typed, harmless to write down.

        Raises:
            EOFError: there is no more.
        """
        while True:
            try:
                line = self.read(self.open().show(prompt) + " ")
            except UnicodeDecodeError:
                self.say("That isn't text in this terminal's encoding.", indent=3)
                continue
            if not self.echoes:
                self.say("")
            return "".join(c for c in line.encode("utf-8", "replace").decode() if c.isprintable())

    def show_time(self) -> str:
        """How long it has taken so far, beside what was suggested."""
        took = show_duration(self.clock() - self.started)
        return f"{took} of {self.assignment.minutes} min" if self.assignment.minutes else took


PROMPTS = {
    "choice": "Your answer (a letter):",
    "choices": "Your answers (letters):",
    "number": "Your answer (a number):",
    "shape": "Your answer (a shape):",
    "match": "Its partner (a letter):",
    "text": "Your answer (one paragraph):",
}


def read_command(typed: str) -> Command | None:
    """The command that was typed, if it is one."""
    word = typed.strip().lower()
    if word == "hint":
        return Command.HINT
    return next((command for command in Command if command.value == word), None)
