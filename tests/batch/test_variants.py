"""A class whose students have personal variants: the same bytes are run once a variant, a team has one together."""

import json
import shutil
from collections import defaultdict
from pathlib import Path

import pytest

from grader.cli.settings import read_secret
from grader.draws import pick_draw, pick_variant
from grader.ingest import read_submission
from grader.spec import load_assignment
from grader.spec.model import Assignment
from tests.batch.classroom import Classroom
from tests.varied import answer_for, write_course

STUDENTS = [f"s{number}" for number in range(9)]
TEAM = """
[teams]
red = ["s7", "s8"]
"""


class Heads(Classroom):
    """A class of the varied course; everybody hands in the same answer, that for five classes."""

    @property
    def assignment(self) -> Path:
        return self.folder / "assignments/heads"

    def hand_in(self, student: str, source: str) -> None:
        folder = self.submissions / student
        folder.mkdir(exist_ok=True)
        (folder / "heads.py").write_text(source, "utf-8")

    def load(self) -> Assignment:
        return load_assignment(self.assignment, reference=self.folder / "reference/heads")

    def find_classes(self, whose: str) -> int:
        """How many classes somebody has, or a team."""
        return int(pick_variant(self.load(), secret=read_secret(self.home), student=whose)["classes"])


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Heads:
    """The class, graded once; s6 handed in something that can't be read."""
    classroom = Heads(tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("home"))
    classroom.set_up(dict.fromkeys(STUDENTS, answer_for(5)))
    write_course(classroom.folder)
    shutil.rmtree(classroom.submissions / "s8")
    shutil.rmtree(classroom.submissions / "s6")
    (classroom.submissions / "s6.zip").write_bytes(b"PK\x05\x06 no archive")
    (classroom.folder / "class.toml").write_text(TEAM)
    ran = classroom.batch("--class", "class.toml")
    assert ran.status == 0, ran.out + ran.err
    return classroom


def whose(student: str) -> str:
    """By which name a student's variant is drawn."""
    return "red" if student in ("s7", "s8") else student


def test_an_answer_is_right_for_its_own_variant_alone(graded: Heads) -> None:
    """Who has five classes has all points; everybody else, who copied, has the other question's."""
    rows = graded.read_gradebook()
    points = {student: rows[student]["final_points"] for student in STUDENTS if student != "s6"}

    assert points == {student: "3" if graded.find_classes(whose(student)) == 5 else "1" for student in points}
    assert len(set(points.values())) == 2, "the secret of this test gave everybody the same variant: choose other ids"


def test_a_report_shows_the_variant(graded: Heads) -> None:
    """In everybody's report, a refused one's too; the members of a team have the team's."""
    for student in STUDENTS:
        report = graded.read_report(student)

        assert report["assignment"]["variant"] == {"classes": graded.find_classes(whose(student))}
        assert report["questions"][0]["title"] == f"Count for {graded.find_classes(whose(student))} classes"


def test_the_same_bytes_run_once_a_variant(graded: Heads) -> None:
    """One run for each draw and variant that somebody met: those of the same variant share it, others never do."""
    assignment, secret = graded.load(), read_secret(graded.home)
    met = defaultdict(set)
    with graded.open_ledger() as ledger:
        grades = ledger.read_grades("heads")
    for student in STUDENTS:
        if student != "s6":
            folder = graded.submissions / ("s7" if student == "s8" else student)
            digest = read_submission(folder, files=assignment.files).digest
            draw = pick_draw(assignment, secret=secret, submission_digest=digest, attempt=1)
            met[draw, graded.find_classes(whose(student))].add(grades[student].mark_id)

    assert all(len(marks) == 1 for marks in met.values())
    assert len(set().union(*met.values())) == len(met) == graded.count_runs()


def test_a_regrade_keeps_variants(graded: Heads) -> None:
    """From the ledger alone: nothing is run, nobody moves; a changed tolerance of points is marked for each variant."""
    before, runs = graded.read_table(), graded.count_runs()
    again = graded.regrade("--json", "difference.json")
    difference = json.loads((graded.folder / "difference.json").read_text())

    assert again.status == 0, again.err
    assert difference["same"] == len(STUDENTS)
    assert (graded.read_table(), graded.count_runs()) == (before, runs)
