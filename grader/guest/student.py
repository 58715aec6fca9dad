"""`student`, as a probe function sees it: the names of the student's module."""

from types import ModuleType
from typing import Any

__all__ = ["MissingFunctionError", "Student", "open_namespace"]


class MissingFunctionError(AttributeError):
    """The student's program has no such name."""

    def __init__(self, function: str) -> None:
        super().__init__(f"the program has no {function!r}", name=function)
        self.function = function


class Student:
    """Attribute access to the student's module. A name that isn't there raises MissingFunctionError.

    `_values` keeps the names that were asked for and can't be called, to explain a call that fails.
    """

    def __init__(self, module: ModuleType | None) -> None:
        self._module = module
        self._values: list[str] = []

    def __getattr__(self, name: str) -> Any:
        """The module's attribute."""
        try:
            value = getattr(self._module, name) if self._module is not None else None
        except AttributeError:
            raise MissingFunctionError(name) from None
        if self._module is None:
            raise MissingFunctionError(name)
        if not callable(value):
            self._values.append(name)
        return value


def open_namespace(student: Student) -> dict[str, Any]:
    """The very names of a student's module: a test that deletes one takes it from the student's functions too."""
    module = student._module
    return {} if module is None else module.__dict__
