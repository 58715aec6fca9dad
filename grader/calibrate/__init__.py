"""Numbers of checks that are chosen from runs, not guessed: the reference, right variants and mutants over seeds,
draws, thread counts and devices; tolerances and targets that follow; how often each goes wrong, with exact bounds.

    plan       which runs there are, broadest first       observe    a run, reduced to statistics and verdicts
    runs       makes them, within a time, and goes on     quick      the author's training, many times over
    proposals  numbers out of statistics                  bounds     exact confidence bounds of a share
    errors     the table of what goes wrong               write      numbers into assignment.toml
    calibrate  the steps
"""

from grader.calibrate.calibrate import Calibration, calibrate_assignment
from grader.calibrate.write import write_numbers

__all__ = ["Calibration", "calibrate_assignment", "write_numbers"]
