"""Which of the driver's reports (Xid) say that a device, or its link, failed, and not a program on it.

A program's own mistakes make reports too: a kernel that reads beyond its memory (13, 31), one that was ended (43, 45).
These are the student's, and appear in the question as errors of their own. What isn't on this list is taken as the
program's. Numbers and meanings are those that NVIDIA documents for its Xid errors; not compared line by line, and none
was seen on hardware.
"""

from collections.abc import Iterable, Mapping

__all__ = ["DEVICE_FAULTS", "name_fault"]

DEVICE_FAULTS: Mapping[int, str] = {
    48: "a memory error that could not be corrected",
    61: "its internal controller stopped",
    62: "its internal controller stopped",
    64: "a faulty row of its memory could not be replaced",
    74: "its link to other processors failed",
    79: "it has fallen off the bus",
    94: "a memory error that could not be corrected, kept to one program",
    95: "a memory error that could not be corrected",
    119: "its system processor doesn't answer",
    120: "its system processor failed",
    140: "a memory error that could not be recovered from",
    143: "it could not be initialised",
}


def name_fault(numbers: Iterable[int]) -> str | None:
    """The first of these reports that is the device's own failure, in words; None where none is."""
    return next((f"Xid {number}: {DEVICE_FAULTS[number]}" for number in numbers if number in DEVICE_FAULTS), None)
