"""What each sandbox is known not to do, and why. The contract suite holds it: no other gap, and no healed one."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["BEHAVIOURS", "Gap", "known_gaps", "make_gap_table"]

_COLUMNS = (
    "bubblewrap",
    "bubblewrap, no control group",
    "docker",
    "docker, remote",
    "docker, runsc",
    "process",
    "process, no fork",
)

BEHAVIOURS: Mapping[str, str] = {
    "answers": "answers come out whole, of every question",
    "given": "the bytes that are given arrive, and the submission's files",
    "unicode": "paths and texts in any script arrive unchanged",
    "question_deadline": "a question that runs too long ends, the others go on",
    "load_deadline": "code that loads too long ends, the question is told apart from one that runs too long",
    "run_deadline": "a run that goes on beyond all its questions' time ends",
    "parallel": "as many questions run at a time as the job says, each by itself",
    "crash": "a question's crash leaves the others unharmed",
    "exit_code": "a program that ends itself hasn't finished, whatever its exit code",
    "signal": "a segmentation fault or a signal to itself costs its question alone, and is told as a signal",
    "cpu": "the processor time of a run, its child processes counted, stays below its limit",
    "memory": "a question that takes too much memory ends, the others go on",
    "memory_of_children": "memory of child processes counts",
    "processes": "a fork bomb stays below the limit of processes, and ends with the run",
    "output_flood": "100 MB of printed output are cut, and harm nothing",
    "evidence_flood": "more evidence than allowed costs its question alone",
    "disk": "a full disk costs its question alone, and the machine's disk stays free",
    "no_network": "nothing outside can be reached, not even this machine's own services",
    "no_host_files": "no file of the machine's users can be read",
    "read_only": "nothing but the own folders can be written",
    "clean_environment": "no environment variable of the grader is seen",
    "no_other_processes": "no process but the run's own is seen",
    "no_rights": "an ordinary user, no capability, no way to gain one",
    "tree_killed": "no process survives its run, not even a daemon in a session of its own",
    "guest_protected": "student code can't end the guest",
    "junk_on_evidence": "bytes that are no frame end collection; what came before stays",
    "close_twice": "closing twice harms nothing",
    "not_started": "a guest that doesn't start is the sandbox's fault, told with what it said",
}
"""The behaviours that each sandbox should show, in the order in which people ask for them."""


@dataclass(frozen=True)
class Gap:
    """A behaviour that a sandbox doesn't have."""

    sandbox: str  # a name, perhaps with a condition: "process", "bubblewrap, no control group"
    behaviour: str  # a key of BEHAVIOURS
    reason: str
    shown: bool = True  # whether the suite runs it to see it fail; False where that could harm the machine


def known_gaps() -> tuple[Gap, ...]:
    """Every known gap."""
    bomb = "the grader looks five times a second; between two looks a fork bomb may outgrow the limit"
    return (
        *_gvisor_gaps(),
        *_process_gaps("process"),
        *_process_gaps("process, no fork"),
        Gap("process, no fork", "processes", f"no control group counts: {bomb}", shown=False),
        *_fake_gaps(),
    )


def make_gap_table() -> str:
    """Behaviours by sandbox, as a Markdown table with a number at each gap and the reasons below."""
    gaps = {(gap.sandbox, gap.behaviour): gap.reason for gap in known_gaps()}
    reasons = list(dict.fromkeys(reason for (name, _), reason in gaps.items() if name in _COLUMNS))
    lines = ["| behaviour | " + " | ".join(_COLUMNS) + " |", "|---|" + "---|" * len(_COLUMNS)]
    for behaviour, text in BEHAVIOURS.items():
        found = [gaps.get((name, behaviour)) for name in _COLUMNS]
        cells = ["yes" if reason is None else f"no ({reasons.index(reason) + 1})" for reason in found]
        lines.append(f"| {text} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *(f"{number}. {reason}" for number, reason in enumerate(reasons, start=1))])


def _gvisor_gaps() -> tuple[Gap, ...]:
    """Seen with the version of December 2022; a newer one may be better, so none is run to see it fail."""
    name = "docker, runsc"
    one = "gVisor is one process to this machine's kernel: at the limit of memory all of it ends, and so does the run"
    return (
        Gap(name, "memory", one, shown=False),
        Gap(name, "processes", "its processes are its own: a fork bomb meets the limit of memory", shown=False),
        Gap(name, "no_rights", "its /proc tells nothing of some rights, which it has none of", shown=False),
        Gap(name, "guest_protected", "process 1 has no protection: killing it ends the run", shown=False),
    )


def _process_gaps(name: str) -> tuple[Gap, ...]:
    return (
        Gap(name, "no_network", "it runs on the machine's own network"),
        Gap(name, "no_host_files", "it reads whatever its user may read"),
        Gap(name, "read_only", "it writes wherever its user may write"),
        Gap(name, "no_other_processes", "it sees the machine's processes"),
        Gap(name, "no_rights", "it has all rights of its user"),
        Gap(name, "disk", "only the size of each file is limited, not of all together", shown=False),
        Gap(name, "guest_protected", "it runs as the guest's own user, which may end it"),
    )


def _fake_gaps() -> tuple[Gap, ...]:
    shown = {"answers", "given", "unicode", "crash", "junk_on_evidence", "evidence_flood", "close_twice", "not_started"}
    reason = "it runs nothing: a handler in the grader's own process answers"
    return tuple(Gap("fake", name, reason, shown=False) for name in BEHAVIOURS if name not in shown)
