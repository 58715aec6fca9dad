"""What every engine promises."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from grader.batch.engines import Engine, LocalPlace, Needs
from grader.batch.engines.bundles import name_file, name_folder
from grader.collect import join_evidence
from grader.draws import name_draw
from grader.errors import SandboxError, SubmissionError, UsageError
from grader.ingest import read_submission
from grader.spec import load_assignment
from tests.batch.engines.workers import COURSE, OpenDoer, OpenGrader, Task, ToGrade

MakeEngine = Callable[[int], Engine]
NEEDS = Needs(cpus=1, memory_bytes=100_000_000)


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or dead and not yet waited for."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    return True


def wait_until_ended(log: Path) -> list[int]:
    """The processes that workers started and that are still there after a while."""
    pids = [int(path.name.split("-")[1]) for path in log.glob("process-*")]
    for _ in range(100):
        if all(has_ended(pid) for pid in pids):
            break
        time.sleep(0.05)
    return [pid for pid in pids if not has_ended(pid)]


def test_every_item_is_answered_once(make_engine: MakeEngine, tmp_path: Path) -> None:
    """In whatever order, with its own result."""
    answers = list(make_engine(2).map(OpenDoer(log=tmp_path), (Task(number=n) for n in range(40)), needs=NEEDS))

    assert sorted(answer.item.number for answer in answers) == list(range(40))
    assert all(answer.result is not None and answer.result.number == 2 * answer.item.number for answer in answers)
    assert {(answer.error, answer.tries) for answer in answers} == {(None, 1)}
    assert all(answer.node and answer.seconds >= 0 for answer in answers)


def test_a_worker_is_opened_once_at_each_place(make_engine: MakeEngine, tmp_path: Path) -> None:
    """Not for each item: it holds what runs share."""
    list(make_engine(2).map(OpenDoer(log=tmp_path), [Task(number=n, seconds=0.05) for n in range(20)], needs=NEEDS))

    assert 1 <= len(list(tmp_path.glob("opened-*"))) <= 2


def test_nothing_is_opened_for_no_items(make_engine: MakeEngine, tmp_path: Path) -> None:
    """An empty batch starts nothing."""
    answers = list(make_engine(2).map(OpenDoer(log=tmp_path), [], needs=NEEDS))

    assert answers == []
    assert list(tmp_path.glob("opened-*")) == []


def test_an_error_is_the_answer(make_engine: MakeEngine, tmp_path: Path) -> None:
    """One of ours arrives as it was raised; anything else is a fault of ours, by name. The others are unharmed."""
    tasks = [Task(number=0), Task(number=1, what="refuse"), Task(number=2, what="break"), Task(number=3)]
    answers = {a.item.number: a for a in make_engine(2).map(OpenDoer(log=tmp_path), tasks, needs=NEEDS)}
    refused, broken = answers[1].error, answers[2].error

    assert isinstance(refused, SubmissionError)
    assert (refused.message, refused.code, refused.details) == ("refused", "for_a_test", ("a", "b"))
    assert isinstance(broken, SandboxError)
    assert "fault of the grader" in broken.message
    assert broken.details == ("ZeroDivisionError: a fault",)
    assert [answers[n].result is None for n in range(4)] == [False, True, True, False]


def test_a_worker_that_cant_be_opened_ends_the_batch(make_engine: MakeEngine, tmp_path: Path) -> None:
    """Its reason arrives as it was raised."""
    with pytest.raises(UsageError, match="it can't be opened") as caught:
        list(make_engine(2).map(OpenDoer(log=tmp_path, opens=False), [Task(number=0)], needs=NEEDS))

    assert (caught.value.details, caught.value.command) == (("for a test",), "try again")


def test_items_are_drawn_as_they_are_needed(make_engine: MakeEngine, tmp_path: Path) -> None:
    """With 100,000 of them only a few are held; a consumer that takes its time isn't run ahead of."""
    drawn = 0

    def draw() -> Iterator[Task]:
        nonlocal drawn
        for number in range(100_000):
            drawn += 1
            yield Task(number=number)

    with closing(make_engine(2).map(OpenDoer(log=tmp_path), draw(), needs=NEEDS)) as answers:
        ahead = []
        for taken in range(1, 12):
            next(answers)
            time.sleep(0.02)
            ahead.append(drawn - taken)

    assert max(ahead) <= 4


def test_a_start_is_told_before_its_answer(make_engine: MakeEngine, tmp_path: Path) -> None:
    """Of every item, with its node, in the thread that takes the answers."""
    told: dict[int, str] = {}
    engine = make_engine(2)
    tasks = [Task(number=n) for n in range(10)]
    seen = []
    for answer in engine.map(
        OpenDoer(log=tmp_path), tasks, needs=NEEDS, on_start=lambda item, node: told.update({item.number: node})
    ):
        seen.append(told.get(answer.item.number) == answer.node)

    assert seen == [True] * 10


def test_closing_ends_what_is_going_on(make_engine: MakeEngine, tmp_path: Path) -> None:
    """The runs' processes are gone."""
    tasks = [Task(number=0), *(Task(number=n, what="sleep") for n in range(1, 6))]
    with closing(make_engine(2).map(OpenDoer(log=tmp_path), tasks, needs=NEEDS)) as answers:
        next(answers)
        while not list(tmp_path.glob("process-*")):
            time.sleep(0.02)

    assert wait_until_ended(tmp_path) == []


def test_an_exception_of_the_consumer_ends_what_is_going_on(make_engine: MakeEngine, tmp_path: Path) -> None:
    """Raised where starts are told, it comes through, and the runs are ended."""

    def stop(item: Task, node: str) -> None:
        if item.number == 1:
            raise KeyboardInterrupt

    tasks = [Task(number=n, what="sleep") for n in range(4)]
    with pytest.raises(KeyboardInterrupt):
        list(make_engine(2).map(OpenDoer(log=tmp_path), tasks, needs=NEEDS, on_start=stop))

    assert wait_until_ended(tmp_path) == []


def test_an_error_while_drawing_comes_through(make_engine: MakeEngine, tmp_path: Path) -> None:
    """What makes the items may fail: the batch ends with its reason."""

    def draw() -> Iterator[Task]:
        yield Task(number=0)
        raise UsageError("no more")

    with pytest.raises(UsageError, match="no more"):
        list(make_engine(2).map(OpenDoer(log=tmp_path), draw(), needs=NEEDS))


def test_large_results_arrive_whole(make_engine: MakeEngine, tmp_path: Path) -> None:
    """Megabytes, any bytes."""
    payload = os.urandom(3_000_000)
    [answer] = make_engine(1).map(OpenDoer(log=tmp_path), [Task(number=1, payload=payload)], needs=NEEDS)

    assert answer.result is not None
    assert answer.result.payload == payload


def test_submissions_are_run(make_engine: MakeEngine, tmp_path: Path) -> None:
    """The evidence of each is as if it had been made here, whichever engine had it made."""
    assignment = load_assignment(COURSE / "assignments/mini", reference=COURSE / "reference/mini")
    names = ["solution", "variants/lambdas", "mutants/triple"]
    folders = [COURSE / "reference/mini" / name for name in names]
    draw = name_draw(assignment, 0, secret=b"secret")
    items = [ToGrade(submission=read_submission(folder, files=assignment.files), draw=draw) for folder in folders]
    answers = list(make_engine(2).map(OpenGrader.make(tmp_path / "home"), items, needs=NEEDS))
    questions = [question.id for question in assignment.questions]
    here = OpenGrader.make(tmp_path / "home").open(LocalPlace())

    assert len(answers) == 3
    for answer in answers:
        assert answer.result is not None, answer.error
        made = join_evidence(assignment, answer.result.results, questions)
        expected = join_evidence(assignment, here(answer.item).results, questions)
        assert {name: q.records for name, q in made.questions.items()} == {
            name: q.records for name, q in expected.questions.items()
        }
        assert all(question.finished for question in made.questions.values())


def test_contents_are_found(make_engine: MakeEngine, tmp_path: Path) -> None:
    """A worker finds files and folders where it is opened."""
    (tmp_path / "folder" / "in").mkdir(parents=True)
    (tmp_path / "folder" / "a.txt").write_text("one")
    (tmp_path / "folder" / "in" / "b.txt").write_text("two")
    (tmp_path / "c.txt").write_text("three")
    contents = name_folder(tmp_path / "folder"), name_file(tmp_path / "c.txt")
    (tmp_path / "log").mkdir()
    opened = OpenDoer(log=tmp_path / "log", contents=contents)
    [answer] = make_engine(1).map(opened, [Task(number=0, what="read")], needs=NEEDS)

    assert answer.result is not None
    assert answer.result.text == "one+two three"
