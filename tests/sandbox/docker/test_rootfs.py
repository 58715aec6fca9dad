"""The root folder of containers without an image: the same each time, found again, and never believed by its name."""

import io
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from docker import APIClient

from grader.errors import SandboxError
from grader.sandbox import Interpreter, Launch
from grader.sandbox.docker import rootfs
from grader.sandbox.docker.daemon import Daemon
from grader.sandbox.docker.rootfs import USERS, provide_root, remove_roots, root_tar
from grader.sandbox.interpreters import read_layout
from grader.sandbox.policy import Bind, Policy, make_policy
from grader.sandbox.running import GUEST_FOLDER


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    """This interpreter's, with a file that no other root folder has."""
    executable = Path(sys.executable)
    launch = Launch(interpreter=Interpreter(framework="none", executable=executable))
    made = make_policy(launch, layout=read_layout(executable), guest=GUEST_FOLDER)
    return replace(made, texts={**made.texts, "/etc/of-a-test": str(tmp_path)})


@pytest.fixture
def daemon(api: APIClient, policy: Policy, monkeypatch: pytest.MonkeyPatch) -> Daemon:
    """The real one, with images of these tests' own label: other tests' root folders stay."""
    monkeypatch.setattr(rootfs, "REPOSITORY", "grader-test-root")
    monkeypatch.setattr(rootfs, "ROOT_LABEL", "org.grader.test-root")
    return Daemon(api)


def test_same_bytes_each_time(policy: Policy) -> None:
    """The tar has no time, no owner and no order of its own."""
    shuffled = replace(policy, binds=policy.binds[::-1], links=dict(reversed(list(policy.links.items()))))

    assert root_tar(policy) == root_tar(shuffled)


def test_holds_places_links_and_small_files(policy: Policy) -> None:
    """Each bind has a place of its kind; no program is inside; every container's user goes by the policy's name."""
    with tarfile.open(fileobj=io.BytesIO(root_tar(policy))) as archive:
        members = {f"/{member.name}": member for member in archive}
        passwd = (archive.extractfile("etc/passwd") or io.BytesIO()).read().decode()

    for bind in policy.binds:
        assert members[bind.target].isdir() == bind.source.is_dir()
    assert {path: members[path].linkname for path in policy.links} == dict(policy.links)
    assert all(member.size == 0 for path, member in members.items() if path not in policy.texts)
    assert {line.split(":")[0] for line in passwd.splitlines()} == {"student"}
    assert {int(line.split(":")[2]) for line in passwd.splitlines()} == {1000, *USERS}


def test_weights_have_no_place_in_it(policy: Policy) -> None:
    """Else there would be an image for each assignment."""
    more = replace(policy, binds=(*policy.binds, Bind(Path("/etc/passwd"), "/weights/a/file")))

    assert root_tar(more) == root_tar(policy)


def test_made_once(daemon: Daemon, policy: Policy) -> None:
    """The second time it is found; what nobody uses is removed on request, and made again."""
    first = provide_root(daemon, policy)

    assert provide_root(daemon, policy) == first
    assert remove_roots(daemon) == 1
    again = provide_root(daemon, policy)
    assert daemon.api.inspect_image(again)["RootFS"]["Layers"]
    assert remove_roots(daemon) == 1


def test_another_content_under_its_name_is_refused(daemon: Daemon, policy: Policy) -> None:
    """An image is what its content is, whoever named it so."""
    name = daemon.api.inspect_image(provide_root(daemon, policy))["RepoTags"][0]
    other = replace(policy, texts={**policy.texts, "/etc/planted": "x"})
    changes = [f"LABEL {rootfs.ROOT_LABEL}=x"]
    daemon.api.import_image_from_data(
        root_tar(other), repository=name.split(":")[0], tag=name.split(":")[1], changes=changes
    )

    with pytest.raises(SandboxError, match="isn't what its name says") as caught:
        provide_root(daemon, policy)
    assert caught.value.command == f"docker rmi {name}"
    remove_roots(daemon)


def test_only_so_many_are_kept(daemon: Daemon, policy: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest go when a new one is made."""
    monkeypatch.setattr(rootfs, "_MOST_ROOTS", 2)
    for number in range(4):
        provide_root(daemon, replace(policy, texts={**policy.texts, "/etc/number": str(number)}))

    assert remove_roots(daemon) <= 2
