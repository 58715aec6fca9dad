"""Containers of a killed grader are found and removed by the next; nobody else's are touched."""

import subprocess
import sys
from pathlib import Path

from docker import APIClient

from grader.sandbox.docker import leftovers
from grader.sandbox.docker.daemon import Daemon
from grader.sandbox.docker.leftovers import BOOT, MACHINE, OWNER, is_left_behind, owner_labels, remove_left_behind
from grader.sandbox.ownership import own_name
from tests.sandbox.docker.small_image import container

ROOT = Path(__file__).parents[3]


def name_of_the_dead() -> str:
    """A name that a process had which is gone."""
    code = "from grader.sandbox.ownership import own_name; print(own_name())"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_owner_that_lives_keeps_its_containers() -> None:
    """This very process's aren't left behind."""
    assert not is_left_behind(owner_labels(own_name()), on_this_machine=True)


def test_owner_that_is_gone() -> None:
    """A process of this boot that isn't there any more."""
    labels = owner_labels(name_of_the_dead())

    assert is_left_behind(labels, on_this_machine=True)
    assert is_left_behind(labels, on_this_machine=False)


def test_another_machine_s_are_its_own() -> None:
    """A process's number says nothing on another machine, whose name may even be copied."""
    labels = owner_labels(name_of_the_dead())

    assert not is_left_behind({**labels, MACHINE: "another"}, on_this_machine=True)
    assert not is_left_behind({**labels, BOOT: "another"}, on_this_machine=False)


def test_machine_that_started_anew() -> None:
    """Whoever owned a container of this machine's own daemon before it was started anew is gone."""
    assert is_left_behind({**owner_labels(own_name()), BOOT: "the last"}, on_this_machine=True)


def test_labels_that_aren_t_ours() -> None:
    """No label, no claim."""
    assert not is_left_behind({}, on_this_machine=True)
    assert not is_left_behind(
        {OWNER: "x", MACHINE: leftovers._machine(), BOOT: leftovers._boot()}, on_this_machine=True
    )


def test_only_what_was_left_is_removed(api: APIClient, sandbox: object) -> None:
    """Of three containers, the dead's goes; a living owner's and one without labels stay."""
    image = api.images(filters={"label": "org.grader.root"}) or api.images()
    with (
        container(api, image[0]["Id"]) as foreign,
        container(api, image[0]["Id"], labels=owner_labels(own_name())) as ours,
        container(api, image[0]["Id"], labels=owner_labels(name_of_the_dead())) as left,
    ):
        remove_left_behind(Daemon(api))
        there = {found["Id"] for found in api.containers(all=True)}

    assert {foreign, ours} <= there
    assert left not in there
