"""A quiz to be graded: every answer is written into an `answers.toml` at once, and nothing is said about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.cli.quiz_talk import Command, Talk
from grader.cli.status import ExitStatus
from grader.durable import write_whole
from grader.errors import UsageError
from grader.ingest import read_sheet
from grader.quiz import blank_sheet, put_answer
from grader.report.wording import show_value
from grader.spec.model import Assignment, Question

__all__ = ["GradedSession"]

HOW = 'Type your answer; it is kept at once. ? shows the hint, Enter goes on, "back" goes back, "quit" ends.'
MOST_SHOWN = 6


@dataclass
class GradedSession:
    """One sitting. What was answered before, in this file, is kept and need not be asked again."""

    talk: Talk
    assignment: Assignment
    path: Path
    place: Path
    """The folder that is handed in, as a person at this terminal names it."""
    text: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)

    def take(self, questions: tuple[Question, ...], *, again: bool) -> ExitStatus:
        """Ask what isn't answered yet; with `again` everything.

        Raises:
            UsageError: there is a file that can't be read or written.
        """
        self.talk.greet("to be graded", HOW)
        status = ExitStatus.DONE
        try:
            if not self.open_file():
                return ExitStatus.DONE
            self.ask_all(tuple(q for q in questions if again or q.id not in self.answers))
        except EOFError:
            self.talk.say("")
        except KeyboardInterrupt:
            self.talk.say("", "interrupted: every answer so far is kept")
            status = ExitStatus.INTERRUPTED
        self.sum_up()
        return status

    def open_file(self) -> bool:
        """Read what is there, if the person wants to go on with it; False where nothing is to be done.

        Raises:
            UsageError: it can't be read, or isn't an answers.toml.
        """
        if not self.path.exists():
            self.text = blank_sheet(self.assignment)
            return True
        self.read_file()
        done, of = self.count()
        questions = "question" if of == 1 else "questions"
        if done and not self.talk.confirm(f"{self.path} has answers to {done} of {of} {questions}. Go on with it?"):
            screen = self.talk.open()
            screen.add("Nothing was changed. To begin another one:")
            screen.add_command(f"grade quiz {self.place} --graded --to FILE", indent=3)
            screen.print_to(self.talk.console)
            return False
        return True

    def read_file(self) -> None:
        """The file's text and its answers.

        Raises:
            UsageError: it can't be read, or isn't an answers.toml.
        """
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise UsageError(f"{str(self.path)!r} can't be read: {error.strerror or error}") from error
        sheet = read_sheet(content)
        if sheet.faults:
            faults = (f"line {fault.line}: {fault.message}" if fault.line else fault.message for fault in sheet.faults)
            raise UsageError(
                f"{str(self.path)!r} can't be gone on with: it isn't TOML, and is left as it is",
                details=(*faults, "Mend it, or write another file with --to FILE."),
            )
        self.text, self.answers = content.decode("utf-8-sig"), sheet.values

    def ask_all(self, questions: tuple[Question, ...]) -> None:
        """Each question in turn; back and forth as is asked for."""
        position, of = 0, len(self.assignment.questions)
        numbers = {question.id: number for number, question in enumerate(self.assignment.questions, 1)}
        while position < len(questions):
            question = questions[position]
            now = show_value(self.answers[question.id]) if question.id in self.answers else None
            options = self.talk.show_question(question, number=numbers[question.id], of=of, now=now)
            reply = self.talk.ask_question(question, options)
            if reply.answer is not None:
                self.keep(question, reply.answer)
            if reply.command is Command.QUIT:
                return
            position = max(position - 1, 0) if reply.command is Command.BACK else position + 1

    def keep(self, question: Question, answer: Any) -> None:
        """Write an answer down, whole or not at all. Of a `match` what was answered before stays beside it.

        Raises:
            UsageError: the file can't be written.
        """
        before = self.answers.get(question.id)
        if isinstance(answer, dict) and isinstance(before, dict):
            answer = {**before, **answer}
        text = put_answer(self.text, question.id, answer)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.path, text.encode())
        except OSError as error:
            raise UsageError(
                f"{str(self.path)!r} can't be written: {error.strerror or error}",
                details=("What was answered before this question is in it.",),
            ) from error
        self.text, self.answers = text, {**self.answers, question.id: answer}

    def count(self) -> tuple[int, int]:
        """How many questions are answered, of how many."""
        questions = self.assignment.questions
        return sum(question.id in self.answers for question in questions), len(questions)

    def sum_up(self) -> None:
        """What is answered and what isn't, and how to go on."""
        done, of = self.count()
        left = [question.id for question in self.assignment.questions if question.id not in self.answers]
        screen = self.talk.open()
        screen.add_blank()
        place = f" · {self.path}" if done else ""
        screen.add(f"{done} of {of} answered · {self.talk.show_time()}{place}", style="bold")
        if left:
            more = f" and {len(left) - MOST_SHOWN} more" if len(left) > MOST_SHOWN else ""
            screen.add(f"Not answered: {', '.join(left[:MOST_SHOWN])}{more}")
            screen.add("Go on with:")
            screen.add_command(self.command("quiz"), indent=3)
        if done:
            screen.add("Hand in with:")
            screen.add_command(self.command("submit"), indent=3)
        screen.print_to(self.talk.console)

    def command(self, name: str) -> str:
        """The command that goes on, or hands in."""
        usual = self.place / "answers.toml"
        if name == "quiz":
            return f"grade quiz {self.place} --graded" + ("" if self.path == usual else f" --to {self.path}")
        if self.path == usual:
            return f"grade submit {self.place}"
        return f"grade submit {self.path} --assignment {self.assignment.slug}"
