"""IPython's shell for a notebook's cells: nothing is read from or written to a profile, and no history is kept."""
# mypy: disallow-untyped-calls=False

import subprocess
import sys
import tempfile
from types import ModuleType
from typing import Any

from IPython.core import page
from IPython.core.compilerop import CachingCompiler
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from .sources import tell_too_deep

__all__ = ["NotebookShell"]

INSTALLERS = ("pip", "pip3", "conda", "mamba", "uv pip", "python -m pip", "python3 -m pip", "apt", "apt-get")
SCREEN_MAGICS = frozenset(("matplotlib", "gui"))
"""What they choose is where figures are shown; here they are drawn and shown nowhere."""
SKIPPED_MAGICS = frozenset(("timeit", "pip", "conda", "mamba", "uv", "debug", "pdb"))


def tell(text: str) -> None:
    """A line of output about something that isn't done here."""
    print(f"[{text}]", file=sys.stderr, flush=True)


class CellCompiler(CachingCompiler):  # type: ignore[misc,unused-ignore]
    """Names the code of a cell after notebook and cell, which tracebacks then show."""

    cell_name = ""

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        """The file name of the cell's code."""
        return self.cell_name


class CellShell(InteractiveShell):  # type: ignore[misc,unused-ignore]
    """The shell, without what talks to a person in front of it."""

    compiler_class = Type(CellCompiler)

    def showtraceback(self, *arguments: Any, **options: Any) -> None:
        """Errors are told in PROBLEM, once."""

    def showsyntaxerror(self, *arguments: Any, **options: Any) -> None:
        """Errors are told in PROBLEM, once."""

    def ask_exit(self) -> None:
        """`exit` ends the program here as it ends a kernel."""
        raise SystemExit

    def enable_gui(self, gui: str | None = None) -> None:
        """There is no screen: nothing is to be done (for `%pylab`, which asks)."""

    def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
        """A line magic; one that only adds comfort doesn't end the notebook."""
        if magic_name in SCREEN_MAGICS:
            return None
        if magic_name in SKIPPED_MAGICS:
            tell(f"%{magic_name} isn't run while grading")
            return None
        try:
            return super().run_line_magic(magic_name, line, _stack_depth + 1)
        except (UsageError, ImportError) as error:
            tell(f"%{magic_name} {line}: {error}")
            return None

    def run_cell_magic(self, magic_name: str, line: str, cell: str) -> Any:
        """A cell magic; an unknown one's cell isn't run."""
        try:
            return super().run_cell_magic(magic_name, line, cell)
        except (UsageError, ImportError) as error:
            tell(f"%%{magic_name} {line}: {error}")
            return None

    def system(self, cmd: str) -> None:
        """`!cmd`: its output goes where ours goes. Packages are the course's affair, so nothing is installed."""
        command = self.var_expand(cmd, depth=1)
        sys.stdout.flush()
        if command.lstrip("(").strip().startswith(INSTALLERS):
            tell(f"!{command}: nothing is installed while grading")
            self.user_ns["_exit_code"] = 0
            return
        completed = subprocess.run(command, shell=True, stdin=subprocess.DEVNULL, check=False)  # noqa: S602
        self.user_ns["_exit_code"] = completed.returncode


class NotebookShell:
    """Runs cells in a module."""

    def __init__(self, module: ModuleType) -> None:
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "NoColor"
        folder = tempfile.mkdtemp(prefix="ipython-")
        self.shell = CellShell.instance(user_module=module, ipython_dir=folder, config=config)
        self.shell.set_hook("show_in_pager", page.as_hook(page.display_page), 90)
        module.__dict__.setdefault("__builtins__", __builtins__)

    def transform(self, text: str) -> str:
        """The cell as Python."""
        return str(self.shell.transform_cell(text))

    def run(self, text: str, name: str) -> None:
        """Run one cell.

        Raises:
            BaseException: what the cell raises.
        """
        vars(self.shell.compile).update(cell_name=name)
        result = self.shell.run_cell(text, store_history=True)
        with tell_too_deep(name):
            if result.error_before_exec is not None:
                raise result.error_before_exec
        if result.error_in_exec is not None:
            raise result.error_in_exec
