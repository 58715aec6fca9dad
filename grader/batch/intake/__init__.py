"""What was handed in, and whose it is: a folder, an inbox or a download, matched with a roster. Nothing of it runs.

    folders    one folder or file a student, named by the student's id:   s1042/  s1043.py  s1044.zip  s1045/1/ s1045/2/
    inbox      of `grade submit`:          hw1/s1042/1/s1042-1-<digest>.zip
    canvas     "Download Submissions":     smithjohn_LATE_4711_981_hw1.py
    moodle     "Download all submissions": John Smith_981_assignsubmission_file/…
    nbgrader   its `submitted` tree:       submitted/s1042/hw1/…, timestamp.txt

A layout is recognised by names. What is nobody's, or could be two people's, is listed with the reason, never guessed.
Links aren't followed; what begins with a dot, and what systems drop in folders, is passed over. A file's own time is
never looked at.
"""

from grader.batch.intake.find import find_handed_in
from grader.batch.intake.reading import read_handed_in

__all__ = ["find_handed_in", "read_handed_in"]
