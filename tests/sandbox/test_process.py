"""The process: its mounts, its environment, its folder; and that it says that it is no sandbox."""

import sys
import tempfile
from pathlib import Path

import pytest

from grader.errors import ProvisionError
from grader.sandbox import ProcessSandbox, find_interpreter, process
from grader.sandbox.interpreters import read_layout
from grader.sandbox.request import Mount
from tests.sandbox.tiny import TINY_GUEST, errors_of, make_request, texts_of


@pytest.mark.parametrize("fork", [True, False])
def test_paths_of_mounts_are_translated(tmp_path: Path, fork: bool) -> None:
    """Weights lie elsewhere than in a sandbox; header and environment say where, and the header whether to fork."""
    source = tmp_path / "file"
    source.write_text("weights")
    program = """
import json, os, sys
path = job["weights"]["resnet"]
is_same = os.path.samefile(os.environ["TORCH_HOME"], os.path.dirname(path))
print(json.dumps([open(path).read(), is_same, job["fork"]]), file=sys.stderr)
"""
    request = make_request(
        program,
        mounts=(Mount(source=source, target="/weights/torch/file"),),
        environment={"TORCH_HOME": "/weights/torch"},
        weights={"resnet": "/weights/torch/file"},
    )

    assert errors_of(ProcessSandbox(guest=TINY_GUEST, fork=fork).run(request)) == ["weights", True, fork]


def test_guest_can_be_started_without_a_nanny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The way of Windows: the guest itself is the child, and speaks over its standard streams."""
    monkeypatch.setattr(process, "_start_under_nanny", process._start_directly)
    sandbox = ProcessSandbox(guest=TINY_GUEST, fork=False)

    result = sandbox.run(make_request("print('printed')\nsend(17, job['fork'] is False and b'apart')\n"))

    assert texts_of(result) == ["apart"]
    assert "printed" in result.guest_stderr


def test_folder_is_removed() -> None:
    """A run's folder is below the temporary folder, and gone afterwards."""
    program = """
import json, os, sys
print(json.dumps([os.getcwd(), os.environ["HOME"], os.environ["TMPDIR"]]), file=sys.stderr)
"""

    folders = [Path(text) for text in errors_of(ProcessSandbox(guest=TINY_GUEST).run(make_request(program)))]

    assert all(folder.is_relative_to(tempfile.gettempdir()) for folder in folders)
    assert not any(folder.exists() for folder in folders)


def test_it_says_that_it_is_no_sandbox() -> None:
    """In its cautions, with the reason where another was wanted."""
    sandbox = ProcessSandbox(instead_of="bubblewrap isn't installed")

    assert not sandbox.is_sandbox
    assert "no sandbox" in sandbox.cautions[0]
    assert sandbox.cautions[1] == "bubblewrap isn't installed"


def test_interpreter_that_has_the_framework_is_taken() -> None:
    """The running one where it can import the framework; an override stands before it."""
    assert find_interpreter("none").executable == Path(sys.executable)
    assert find_interpreter("none", overrides={"none": Path("/usr/bin/env")}).executable == Path("/usr/bin/env")


def test_missing_environment_is_told_with_its_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No framework here and no sibling environment: what to run."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))

    with pytest.raises(ProvisionError) as caught:
        find_interpreter("tensorflow")

    assert caught.value.command is not None
    assert f"{tmp_path}/.venv-tensorflow" in caught.value.command


def test_sibling_environment_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`.venv-tensorflow` beside `.venv`, by the presence of the package, which isn't imported."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    sibling = tmp_path / ".venv-tensorflow"
    (sibling / "lib" / "python3.11" / "site-packages" / "tensorflow").mkdir(parents=True)
    (sibling / "bin").mkdir()
    (sibling / "bin" / "python").touch()

    assert find_interpreter("tensorflow").executable == sibling / "bin" / "python"


def test_layout_of_this_environment() -> None:
    """Its own folders of packages and the real file of its base installation."""
    layout = read_layout(Path(sys.executable))

    assert layout.version.startswith(f"{sys.version_info[0]}.{sys.version_info[1]}.")
    assert layout.is_virtual == (sys.prefix != sys.base_prefix)
    assert not layout.executable.is_symlink()
