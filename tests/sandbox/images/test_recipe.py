"""What an image is built from: the stages of one framework, and a context of named files."""

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.errors import UsageError
from grader.sandbox.images.recipe import (
    CONSTRAINTS,
    FRAMEWORKS,
    PACKAGES,
    Recipe,
    digest_packages,
    find_checkout,
    pack_context,
    select_stages,
)
from grader.sandbox.running import GUEST_FOLDER

DOCKERFILE = """\
ARG BASE=debian

FROM ${BASE} AS one
RUN one
FROM ${BASE} AS two
COPY --from=one /a /b
# of two


# not of two
FROM two AS three
RUN three
"""


def read_dockerfile() -> str:
    """This project's Dockerfile."""
    return (find_checkout() / "Dockerfile").read_text("utf-8")


def list_names(stages: str) -> Iterator[str]:
    """The stages that a Dockerfile has."""
    return (line.split()[-1] for line in stages.splitlines() if line.startswith("FROM "))


def test_a_stage_brings_those_that_it_needs() -> None:
    """Those it stands on, those it copies from, and what stands before the first."""
    assert list(list_names(select_stages(DOCKERFILE, "three"))) == ["one", "two", "three"]
    assert select_stages(DOCKERFILE, "one") == "ARG BASE=debian\n\n\nFROM ${BASE} AS one\nRUN one\n"
    assert "not of two" not in select_stages(DOCKERFILE, "two")


def test_a_stage_that_is_an_image_already_is_left_out() -> None:
    """And what only it needs goes with it."""
    assert list(list_names(select_stages(DOCKERFILE, "three", but=["two"]))) == ["three"]


def test_a_stage_that_isnt_there_is_told_with_those_that_are() -> None:
    """The names stand in the message."""
    with pytest.raises(UsageError, match="no stage 'four'; it has one, two, three"):
        select_stages(DOCKERFILE, "four")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_each_framework_has_stages_of_its_own(framework: str) -> None:
    """A build of one installs nothing of the other."""
    names = list(list_names(select_stages(read_dockerfile(), framework)))

    assert names == [f"{framework}-wheels", f"{framework}-packages", framework]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_dockerfile_installs_what_a_wheelhouse_gathers(framework: str) -> None:
    """The list of packages stands in both; they agree, and the pins are the environment's."""
    stages = select_stages(read_dockerfile(), framework)

    assert all(package in stages for package in PACKAGES[framework])
    assert f"--constraint /build/{CONSTRAINTS[framework]}" in stages


def test_the_dockerfile_names_no_index_and_no_secret() -> None:
    """Only pip's own index, or wheels; what is given beside stays in a stage that is left behind."""
    text = "\n".join(line for line in read_dockerfile().splitlines() if not line.startswith("#"))

    assert "http" not in text
    for framework in FRAMEWORKS:
        assert "EXTRA_INDEX" not in select_stages(text, framework, but=[f"{framework}-wheels"])


def test_the_allow_list_lets_in_what_a_build_needs_and_nothing_else() -> None:
    """A build by hand sends no more than ours: no assignment, no reference, no setting."""
    lines = (find_checkout() / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]

    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == {
        "Dockerfile",
        "grader/guest",
        "wheels",
        *CONSTRAINTS.values(),
    }


def test_a_context_is_named_files_of_nobody(tmp_path: Path) -> None:
    """Python files of the guest and wheels; no caches, no owner, no time of this machine."""
    (tmp_path / "a-1-py3-none-any.whl").write_bytes(b"wheel")
    (tmp_path / "pip.conf").write_text("secret")
    folders = {"grader/guest": GUEST_FOLDER, "wheels": tmp_path}

    files = {"pins.txt": find_checkout() / "constraints.txt"}
    with pack_context("FROM x", folders=folders, files=files) as context, tarfile.open(fileobj=context) as archive:
        members = archive.getmembers()
    names = {member.name for member in members}

    assert {"Dockerfile", "pins.txt", "wheels/a-1-py3-none-any.whl", "grader/guest/zygote.py"} <= names
    assert all(name.endswith((".py", ".whl", ".txt")) or name == "Dockerfile" for name in names)
    assert {(member.uid, member.gid, member.uname, member.mtime) for member in members} == {(0, 0, "", 0)}


def test_what_decides_the_packages_is_digested() -> None:
    """Another base or another device makes another image; a folder of wheels doesn't."""
    checkout, plain = find_checkout(), Recipe(framework="torch")
    others = (Recipe(framework="torch", base="other"), Recipe(framework="torch", device="gpu"))

    assert digest_packages(Recipe(framework="torch", wheels=Path("x")), checkout) == digest_packages(plain, checkout)
    assert len({digest_packages(recipe, checkout) for recipe in (plain, *others)}) == 3
