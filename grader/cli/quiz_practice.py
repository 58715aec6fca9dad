"""Practice: each answer is judged at once, with the right one and the way to it; recall cards are turned over."""

from dataclasses import dataclass, field
from enum import Enum

from grader.checks.result import CheckResult, Verdict
from grader.cli.quiz_talk import Command, Reply, Talk
from grader.cli.status import ExitStatus
from grader.quiz import Judge
from grader.report.wording import show_duration, show_value, word_check, word_solution
from grader.spec.model import Question

__all__ = ["PracticeSession"]

HOW = 'Type your answer. ? shows the hint, Enter skips, "back" goes back, "quit" ends.'
CARDS = 'Think of the meaning, then press Enter to turn the card over. "quit" ends.'


class Outcome(Enum):
    """What became of a question."""

    RIGHT = "right"
    WRONG = "wrong"
    SKIPPED = "skipped"


@dataclass
class PracticeSession:
    """One practice, from its first question to its sum."""

    talk: Talk
    judge: Judge
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    known: dict[str, bool] = field(default_factory=dict)
    """Recall cards, by term."""

    def take(self, questions: tuple[Question, ...]) -> ExitStatus:
        """Ask the questions; the sum comes however it ends."""
        self.talk.greet("practice", HOW)
        status = ExitStatus.DONE
        try:
            self.ask_all(questions)
        except EOFError:
            self.talk.say("")
        except KeyboardInterrupt:
            self.talk.say("", "interrupted")
            status = ExitStatus.INTERRUPTED
        self.sum_up(questions)
        return status

    def ask_all(self, questions: tuple[Question, ...]) -> None:
        """Each question in turn; back and forth as is asked for."""
        position = 0
        while position < len(questions):
            question = questions[position]
            if question.kind == "match" and question.content.get("cards"):
                command = self.turn_cards(question)
            else:
                command = self.ask_one(question, number=position + 1, of=len(questions))
            if command is Command.QUIT:
                return
            position = max(position - 1, 0) if command is Command.BACK else position + 1

    def ask_one(self, question: Question, *, number: int, of: int) -> Command | None:
        """Ask, judge, explain."""
        options = self.talk.show_question(question, number=number, of=of)
        reply = self.talk.ask_question(question, options)
        if reply.command in (Command.BACK, Command.QUIT):
            return reply.command
        if reply.command is Command.SKIP:
            self.outcomes.setdefault(question.id, Outcome.SKIPPED)
            return None
        result = self.judge.judge(question, reply.answer)
        right = result.verdict is Verdict.PASSED
        if result.verdict is not Verdict.ERROR:
            self.outcomes[question.id] = Outcome.RIGHT if right else Outcome.WRONG
        self.explain(question, result, reply)
        return None

    def explain(self, question: Question, result: CheckResult, reply: Reply) -> None:
        """What became of an answer, how long it took, and the way to the right one."""
        took = show_duration(reply.seconds) + (f" of {question.minutes} min" if question.minutes else "")
        hinted = ", with the hint" if reply.hinted else ""
        screen = self.talk.open()
        if result.verdict is Verdict.ERROR:
            screen.add("This can't be judged here: a person looks at it when it is handed in.", indent=3)
        elif result.verdict is Verdict.PASSED:
            screen.add(f"Right ({took}{hinted}).", indent=3, lead="+" if screen.plain else "✓", style="green")
        else:
            message = word_check(result_use(question), result).message
            screen.add(f"{message} ({took}{hinted})", indent=3, lead="x" if screen.plain else "✗", style="red")
        passed = result.verdict is Verdict.PASSED
        if question.kind == "match" and result.solution is not None and not passed:
            for term, meaning in result.solution.items():
                screen.add(f"{term}: {meaning}", indent=5)
        elif result.solution is not None and not passed:
            screen.add(word_solution(result.solution, None), indent=5)
        if question.explanation is not None:
            screen.add(" ".join(question.explanation.split()), indent=5)
        screen.print_to(self.talk.console)

    def turn_cards(self, question: Question) -> Command | None:
        """A card for each term; those that weren't known come again until they are."""
        solution = self.judge.find_solution(question) or {}
        self.talk.say("", question.title, style="bold")
        self.talk.say(CARDS)
        waiting = list(solution)
        while waiting:
            again = []
            for term in waiting:
                self.talk.say("", term, indent=3, style="bold")
                if self.talk.read_line("").strip().lower() == Command.QUIT.value:
                    return Command.QUIT
                self.talk.say(show_value(solution[term]), indent=5)
                knew = self.talk.confirm("   Did you know it?")
                self.known.setdefault(term, knew)  # what was known at the first try
                again += [] if knew else [term]
            waiting = again
        return None

    def sum_up(self, questions: tuple[Question, ...]) -> None:
        """What was right, wrong and left out."""
        screen = self.talk.open()
        screen.add_blank()
        asked = [question for question in questions if question.id in self.outcomes]
        named = {outcome: [q.id for q in asked if self.outcomes[q.id] is outcome] for outcome in Outcome}
        parts = []
        if asked:
            parts.append(f"{len(named[Outcome.RIGHT])} of {len(asked)} right")
        if self.known:
            parts.append(f"{sum(self.known.values())} of {len(self.known)} cards known at once")
        screen.add(" · ".join([*(parts or ["nothing answered"]), self.talk.show_time()]), style="bold")
        for outcome in (Outcome.WRONG, Outcome.SKIPPED):
            if named[outcome]:
                screen.add(f"{outcome.value}: {', '.join(named[outcome])}")
        if named[Outcome.WRONG]:
            screen.add("One of them again:")
            screen.add_command(f"grade quiz {self.talk.assignment.slug} --question {named[Outcome.WRONG][0]}", indent=3)
        screen.print_to(self.talk.console)


def result_use(question: Question) -> str:
    """The check by which a question is judged."""
    return question.checks[0].use
