"""One workshop for all of these tests: what ran once is cached, as for an author."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.collect import Workshop
from tests.validate.courses import Course, make_course, open_workshop


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """A workshop with warm guests."""
    with open_workshop(tmp_path_factory.mktemp("home")) as opened:
        yield opened


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """The sound course, to be changed."""
    return make_course(tmp_path / "course")
