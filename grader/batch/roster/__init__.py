"""Who is in the class: a roster as it comes, whole or not at all.

    plain          student_id[, name, email, lms_id, submitted_at]
    canvas         the gradebook's export
    moodle         an assignment's offline grading worksheet, or the export of participants, in English
    gradescope     the export of a roster or of grades
    oneroster      a folder or a zip of OneRoster's files: users.csv and enrollments.csv

A format is recognised by its header. Whatever is wrong is told with its line, all of it at once.
"""

from grader.batch.roster.read import read_roster

__all__ = ["read_roster"]
