"""What the project's other files are like: documents, set-up, continuous integration."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

from grader import __version__
from tests.house.reading import CHECKOUT, list_files, read_text

DOCUMENTS = tuple(path for path in list_files() if path.suffix == ".md")
LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)")
NAMED_TEST = re.compile(r"(tests/[\w/]+\.py)(?:::(\w+))?")
SET_UP = ("Makefile", "pyproject.toml", "constraints.txt", "constraints-tensorflow.txt", ".ci/run", "scripts")
INDEX = re.compile(r"--(extra-)?index-url|--find-links|--trusted-host|https?://")


def name(path: Path) -> str:
    """A file as a test's id."""
    return str(path.relative_to(CHECKOUT))


def list_anchors(text: str) -> set[str]:
    """The anchors that a Markdown document's headings get."""
    headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def find_dead_links(document: Path, text: str) -> list[str]:
    """The links of a document that lead nowhere in this project. Links to the web aren't tried."""
    dead = []
    for link in LINK.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        if not target.exists() or (anchor and anchor not in list_anchors(target.read_text("utf-8"))):
            dead.append(link)
    return dead


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_links_lead_somewhere(document: Path) -> None:
    """Every relative link of a document has a file, and its heading is there."""
    assert find_dead_links(document, document.read_text("utf-8")) == []


def test_a_dead_link_is_noticed(tmp_path: Path) -> None:
    """Missing files and missing headings are both found."""
    document = tmp_path / "a.md"
    text = "# One two\n[a](b.md) [b](#one-two) [c](#three) [d](a.md#one-two) [e](https://example.org/x)\n"
    document.write_text(text)

    assert find_dead_links(document, text) == ["b.md", "#three"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_named_tests_exist(document: Path) -> None:
    """What a document says is held by a test is held by one: the file is there, and the function in it."""
    for file, function in NAMED_TEST.findall(document.read_text("utf-8")):
        source = read_text(CHECKOUT / file) if (CHECKOUT / file).is_file() else None

        assert source is not None, f"{file} isn't there"
        assert f"def {function}" in source, f"{file} has no {function}"


def test_the_changelog_has_this_version() -> None:
    """What is released is written down."""
    text = (CHECKOUT / "CHANGELOG.md").read_text("utf-8")

    assert re.search(rf"^## \[{re.escape(__version__)}\]", text, flags=re.MULTILINE)


def test_no_file_names_a_place_of_this_machine() -> None:
    """Neither this checkout's folder nor this interpreter's stands in a file."""
    places = {str(CHECKOUT), str(Path(sys.base_prefix))} - {"/usr", "/usr/local", "/"}
    found = [(name(path), place) for path in list_files() for place in places if place in (read_text(path) or "")]

    assert found == []


@pytest.mark.parametrize("path", [p for p in list_files() if name(p).split("/scripts")[0].startswith(SET_UP)], ids=name)
def test_the_set_up_names_no_package_index(path: Path) -> None:
    """Where packages come from is pip's configuration, not ours."""
    assert INDEX.findall(read_text(path) or "") == []


def test_every_package_is_pinned() -> None:
    """Both environments are named to the last package, with one version each."""
    for file in ("constraints.txt", "constraints-tensorflow.txt"):
        lines = [line for line in (CHECKOUT / file).read_text().splitlines() if line and not line.startswith("#")]

        assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*", line)] == []
        assert len({line.split("==")[0].lower().replace("_", "-") for line in lines}) == len(lines)


def test_the_two_frameworks_never_meet() -> None:
    """PyTorch and TensorFlow are never installed into one environment."""
    torch = (CHECKOUT / "constraints.txt").read_text().lower()
    tensorflow = (CHECKOUT / "constraints-tensorflow.txt").read_text().lower()

    assert "torch==" in torch and "tensorflow" not in torch
    assert "tensorflow" in tensorflow and "torch" not in tensorflow


def test_the_package_is_named_explicitly() -> None:
    """Only `grader` is installed, whatever other folders a checkout has."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))

    assert project["tool"]["setuptools"]["packages"]["find"]["include"] == ["grader", "grader.*"]
    assert project["project"]["scripts"] == {"grade": "grader.cli:main"}


def test_the_licence_is_there_whole() -> None:
    """Apache-2.0, as pyproject.toml says."""
    text = (CHECKOUT / "LICENSE").read_text("utf-8")

    assert "Apache License" in text and "END OF TERMS AND CONDITIONS" in text


def test_continuous_integration_expects_everything() -> None:
    """It runs the words that people run, and doesn't go on without a sandbox or an image."""
    lines = (CHECKOUT / ".ci" / "run").read_text("utf-8").splitlines()

    assert [line for line in lines if "make " in line and not line.lstrip().startswith(("#", "for "))] == [
        "make check",
        "make images",
        'PYTEST_ADDOPTS="--expect-all" make test',
    ]


def test_set_up_can_be_read_by_an_old_python() -> None:
    """An old Python gets a message from scripts/set_up.py, not a syntax error."""
    source = (CHECKOUT / "scripts" / "set_up.py").read_text("utf-8")

    ast.parse(source, feature_version=(3, 7))
