"""`reference/<slug>/accepted.toml`: generated mutants that may survive, each with a reason.

```toml
[[accepted]]
mutant = "diagnose.change_comparison.1a2b3c4d"
reason = "Accuracies are drawn; that one lies on the border happens in no draw."
```
"""

from collections.abc import Mapping

from grader.errors import SpecError
from grader.spec.faults import Faults, read_fields
from grader.spec.model import Assignment
from grader.spec.toml import read_toml
from grader.spec.values import REQUIRED, Field, Text

__all__ = ["ACCEPTED_FILE", "read_accepted"]

ACCEPTED_FILE = "accepted.toml"
ENTRY: tuple[Field, ...] = (
    Field("mutant", Text(longest=300), REQUIRED, "Its name, as `grade validate` tells it."),
    Field("reason", Text(lines=True), REQUIRED, "Why it may survive."),
)


def read_accepted(assignment: Assignment) -> Mapping[str, str]:
    """The reasons by the mutants' names; none where there is no such file.

    Raises:
        SpecError: every fault of the file.
    """
    path = None if assignment.reference is None else assignment.reference / ACCEPTED_FILE
    if path is None or not path.is_file():
        return {}
    document, faults = read_toml(path), Faults()
    entries = document.get("accepted", [])
    for name in document.keys() - {"accepted"}:
        faults.add(f"{ACCEPTED_FILE}: {name}", "unknown key", "[[accepted]] begins each entry")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        faults.add(f"{ACCEPTED_FILE}: accepted", "it isn't a list of tables", "[[accepted]] begins each entry")
        entries = []
    read = [read_fields(one, ENTRY, f"{ACCEPTED_FILE}: accepted[{n}]", faults) for n, one in enumerate(entries)]
    accepted: dict[str, str] = {}
    for number, entry in enumerate(read):
        if entry.get("mutant") in accepted:
            faults.add(f"{ACCEPTED_FILE}: accepted[{number}].mutant", "it stands there twice", "keep one")
        accepted[entry.get("mutant", "")] = entry.get("reason", "")
    if faults.found:
        raise SpecError(f"{path} is unsound", faults=tuple(faults.found))
    return accepted
