"""Hidden inputs: the same for the same submission, unknown without the secret, and data.py's results by kind."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load

from grader.draws import load_data, name_draw, pick_draw
from grader.errors import SpecError
from grader.spec.model import Assignment

SECRET = b"s" * 32


def make_assignment(folder: Path, data: str | None = None, draws: int = 8) -> Assignment:
    if data is not None:
        (folder / "data.py").write_text(data)
    return Assignment(slug="hw", title="HW", folder=folder, reference=folder, digest="sha256:0", draws=draws)


def test_a_submission_keeps_its_draw(tmp_path: Path) -> None:
    """The same attempt is graded on the same draw each time; over many submissions all draws are used."""
    assignment = make_assignment(tmp_path)
    picked = [pick_draw(assignment, secret=SECRET, submission_digest=f"sha256:{n}", attempt=1) for n in range(200)]
    again = [pick_draw(assignment, secret=SECRET, submission_digest=f"sha256:{n}", attempt=1) for n in range(200)]

    assert picked == again
    assert set(picked) == set(range(8))


def test_the_secret_decides_the_draw(tmp_path: Path) -> None:
    """Another secret gives other keys and other data, so nobody without it can make the inputs beforehand."""
    assignment = make_assignment(tmp_path, "def data(draw): return {'x': draw.rng.random(3)}, {}")
    one, other = (load_data(assignment, name_draw(assignment, 0, secret=s)) for s in (SECRET, b"t" * 32))

    assert name_draw(assignment, 0, secret=SECRET).key != name_draw(assignment, 0, secret=b"t" * 32).key
    assert not np.array_equal(one.given["x"], other.given["x"])


def test_what_enters_a_run_doesn_t_tell_the_data(tmp_path: Path) -> None:
    """The key that names a draw inside isn't what its data come from: it and data.py give no label away."""
    draw = name_draw(make_assignment(tmp_path), 0, secret=SECRET)
    guessed = replace(draw, data_key=draw.key)

    assert draw.data_key not in (draw.key, "")
    assert draw.data_key not in repr(draw)
    assert not np.array_equal(draw.rng.random(3), guessed.rng.random(3))


def test_given_values_are_told_apart_by_kind(tmp_path: Path) -> None:
    """Arrays and tuples of arrays travel as arrays, all else as values; what is kept doesn't enter."""
    source = "import numpy as np\ndef data(draw):\n"
    source += "    return {'a': np.ones(2), 'pair': (np.zeros(1), np.ones(1)), 'n': [1]}, {'labels': np.ones(1)}\n"
    assignment = make_assignment(tmp_path, source)

    data = load_data(assignment, name_draw(assignment, 0, secret=SECRET))
    assert set(data.given) == {"a", "pair.0", "pair.1"}
    assert dict(data.values) == {"n": [1]}
    assert set(load(data.pack_given())) == {"a", "pair.0", "pair.1"}
    assert set(data.kept) == {"labels"}


def test_an_array_without_axes_stays_one(tmp_path: Path) -> None:
    """A number, such as BatchNorm's count of batches, enters a run with the shape that it has."""
    source = "import numpy as np\ndef data(draw):\n    return {'n': np.array(3), 't': np.ones((2, 3)).T}, {}\n"
    data = load_data(make_assignment(tmp_path, source), name_draw(make_assignment(tmp_path), 0, secret=SECRET))

    assert {name: array.shape for name, array in load(data.pack_given()).items()} == {"n": (), "t": (3, 2)}


@pytest.mark.parametrize("value", ["np.int64(1)", "float('nan')", "{1: np.ones(1)}", "[object()]"])
def test_values_that_can_t_enter_are_the_authors_fault(tmp_path: Path, value: str) -> None:
    """What is no array and no JSON either is said when it is made, not met when a job is sent."""
    source = f"import numpy as np\ndef data(draw): return {{'odd': [{value}]}}, {{}}"
    assignment = make_assignment(tmp_path, source)

    with pytest.raises(SpecError, match=r"can't be made") as caught:
        load_data(assignment, name_draw(assignment, 0, secret=SECRET))
    assert "odd" in str(caught.value.faults[0])


def test_data_that_raises_is_the_authors_fault(tmp_path: Path) -> None:
    """A data.py that fails is named, with its error, as a fault of the assignment."""
    assignment = make_assignment(tmp_path, "def data(draw): return 1 / 0")

    with pytest.raises(SpecError, match=r"can't be made") as caught:
        load_data(assignment, name_draw(assignment, 0, secret=SECRET))
    assert "ZeroDivisionError" in str(caught.value.faults[0])


def test_a_draw_that_was_used_gives_the_same_data(tmp_path: Path) -> None:
    """Its generator isn't used up: whoever loads the data a second time asks the same questions."""
    assignment = make_assignment(tmp_path, "def data(draw): return {'n': draw.rng.random(3)}, {}")
    draw = name_draw(assignment, 0, secret=SECRET)

    first, second = load_data(assignment, draw), load_data(assignment, draw)

    assert np.array_equal(first.given["n"], second.given["n"])
