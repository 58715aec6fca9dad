"""What benchmarks make of what they measured, and of whom. Nothing is measured here."""

import pytest

from benchmarks.many import Sample, describe_growth, draw_answers, read_key, write_answers
from benchmarks.measuring import Command, Usage, run_side
from benchmarks.peers.ratios import summarise
from benchmarks.peers.students import STUDENTS, make_class

SIZES = {"ten": 10, "few": 2, "class": 50}


def use(wall: float, cpu: float) -> Usage:
    """What a side used."""
    return Usage(wall_seconds=wall, cpu_seconds=cpu, cpu_from="a control group")


def make_round(factor: float = 1.0) -> dict[str, Usage]:
    """A round in which everything took `factor` times as long."""
    return {
        "ours_ten": use(6 * factor, 8 * factor),
        "ours_class": use(14 * factor, 24 * factor),  # 40 more: 0.2 s of wall time each, 0.4 s of processor time
        "nbgrader_few": use(12 * factor, 12 * factor),
        "nbgrader_ten": use(48 * factor, 52 * factor),  # 8 more: 4.5 s and 5 s each
        "otter_ten": use(100 * factor, 110 * factor),
        "nbgrader_ten_two_at_a_time": use(30 * factor, 60 * factor),
        "otter_ten_two_at_a_time": use(60 * factor, 120 * factor),
    }


def test_a_further_submission_is_the_difference_of_two_classes() -> None:
    """What every class pays once is in neither side's time."""
    told = summarise([make_round()], sizes=SIZES)

    assert told["seconds_a_submission"]["ours_further"] == {"wall_seconds": 0.2, "cpu_seconds": 0.4}
    assert told["nbgrader_ratio"] == 22.5
    assert told["otter_ratio"] == 50.0
    assert told["nbgrader_ratio_per_core"] == 12.5


def test_of_ten_everything_counts() -> None:
    """The whole command, divided by ten."""
    told = summarise([make_round()], sizes=SIZES)

    assert told["nbgrader_ratio_of_ten"] == 8.0
    assert told["otter_ratio_of_ten_per_core"] == 13.75


def test_a_ratio_is_that_of_one_round() -> None:
    """A machine that is slower in one round is slower on both sides: the ratio stays."""
    told = summarise([make_round(), make_round(3.0)], sizes=SIZES)

    assert told["ranges"]["nbgrader_ratio"] == [22.5, 22.5]


def test_no_two_of_a_class_are_the_same() -> None:
    """Identical submissions would be run once."""
    students = list(make_class(35))

    assert len({(student.build, student.count) for student in students}) == 35
    assert len({student.id for student in students}) == 35
    assert [student.points for student in students[10:20]] == [student.points for student in STUDENTS]


def test_a_quiz_is_worth_its_right_answers() -> None:
    """As many answers are the solution's, by exact type, as it says."""
    for number in range(1, 40):
        answers, right = draw_answers(number)
        same = [type(a) is type(b) and a == b for a, b in zip(answers, read_key(), strict=True)]

        assert sum(same) == right
        assert write_answers(number) == write_answers(number) != write_answers(number + 1)


def test_growth_is_counted_from_the_first_thousand() -> None:
    """Of the greatest memory up to there to the greatest of all."""
    seen = [(1, 10, 90.0), (2, 1_000, 100.0), (3, 5_000, 108.0), (4, 10_000, 105.0)]
    samples = [Sample(seconds=s, graded=g, resident_mib=m, own_mib=m / 2) for s, g, m in seen]
    told = describe_growth(samples, early=1_000)

    assert told["resident_mib_growth"] == told["own_mib_growth"] == 0.08


def test_what_children_use_is_counted() -> None:
    """Processor time and memory of a command's own children are the command's."""
    burn = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)"
    work = "import time; x = bytearray(64 << 20)\nwhile time.process_time() < 0.5: pass"
    used = run_side([Command(words=["python3", "-c", burn, work])], watch_memory=True)

    assert used.cpu_seconds >= 0.5
    assert used.peak_memory_mib is not None and used.peak_memory_mib > 64


def test_a_command_that_fails_ends_the_benchmark() -> None:
    """No number is made of it."""
    with pytest.raises(SystemExit, match="ended with 3"):
        run_side([Command(words=["python3", "-c", "raise SystemExit(3)"])])
