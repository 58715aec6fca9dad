"""In which order options are shown."""

from decimal import Decimal

from grader.quiz import label_options, shuffle_options
from grader.spec.model import Question

OPTIONS = tuple(f"option {number}" for number in range(6))
QUESTION = Question(id="q", title="Q", points=Decimal(1), kind="choice", content={"options": OPTIONS})


def order(student: str, slug: str = "quiz1") -> tuple[str, ...]:
    """A student's order."""
    return shuffle_options(QUESTION, slug=slug, student=student)


def test_the_same_for_the_same_student() -> None:
    """Today and with any version of Python: this order is written down."""
    assert order("ada") == order("ada")
    assert [option[-1] for option in order("ada")] == ["2", "5", "4", "0", "3", "1"]


def test_another_for_another_student_and_quiz() -> None:
    """Nothing is left out, and letters of two students mean different options."""
    orders = {order(f"s{number}") for number in range(50)}

    assert {frozenset(one) for one in orders} == {frozenset(OPTIONS)}
    assert len(orders) > 40
    assert order("ada") != order("ada", slug="quiz2")


def test_every_place_is_as_likely() -> None:
    """The first option of the file comes first about as often as any other."""
    first = [order(f"s{number}")[0] for number in range(600)]

    assert all(60 < first.count(option) < 140 for option in OPTIONS)


def test_labels() -> None:
    """Letters, then pairs of letters, none twice."""
    labels = label_options(60)

    assert labels[:3] == ("a", "b", "c")
    assert labels[25:29] == ("z", "aa", "ab", "ac")
    assert len(set(labels)) == 60
