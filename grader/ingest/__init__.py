"""The one door through which a submission comes in: a folder, a `.zip`, a tar, or a single file. Nothing of it runs.

Refused, never repaired. The codes of `SubmissionError` (each with its own message, which names the file and the value):

    kind                a file that is no folder, .zip, tar, or of a kind that the assignment asks for
    unreadable          the folder or file can't be read
  names
    absolute_path       "/hw1.py", "C:hw1.py"
    path_escape         ".." in a path
    odd_path            an empty part, or "."
    backslash           a backslash in a name
    name_characters     a control character, one that reorders text, half a surrogate pair
    name_encoding       a name in an archive that isn't UTF-8
    not_nfc             a name in an archive in decomposed letters (a folder's are normalised)
    long_path, deep_path
    duplicate_name      one name twice
    twins               names that are one on some computers: letter case, composition; a file that is a folder too
  what it is
    link                a symbolic link, in a folder or an archive, or the path itself; in a tar a hard link as well
    special_file        a pipe, a device, a socket; in a tar also a sparse file
    nested_archive      an archive inside the submission
    empty               an archive without anything
  size
    too_many_files      more than 2,000 entries
    too_large           more than 50 MB packed or 200 MB unpacked; the largest file is named
    ratio               more than 100 times as large unpacked
  archives
    not_a_zip           something else, or cut off at its end
    not_a_tar           something else, or packed otherwise than its name says
    corrupt_archive     damaged: a record, a checksum, a stream
    encrypted           with a password
    compression         a zip's method other than deflate; an xz that takes more memory than its strongest setting
    extension           an extended header of a tar that is very long, or not known to change nothing
    contradiction       local and central headers say different things; fields of a tar that programs read differently
    overlap             files that share bytes
    hidden_bytes        bytes before the first file, between files, or behind the end
    false_size          a file larger than the archive says
  scripts and notebooks
    encoding            not UTF-8, or a declared encoding that isn't taken
    nul, not_text       a NUL, half a surrogate pair
    source_too_long     more than 4 MiB of code
    notebook_too_large  more than 50 MB, or more than 3,000,000 values
    notebook_json       no JSON
    notebook_twice      a key twice in one object
    notebook_depth      nested more than 100 deep
    notebook_form       no object, no list of cells
    notebook_version    neither format 3 nor 4
    notebook_language   another language than Python, of the notebook or of a cell
    notebook_cell       an odd cell, by its number among all cells
    too_many_cells      more than 10,000

Notes of a submission (facts in braces), which cost nothing by themselves:

    missing_file        {file, notebook, found}     an asked file isn't there; `notebook`: what would do as well, or "";
                                                    `found`: what is there of its kind, comma-separated, or ""
    taken_as            {file, name}                a single file was taken under the name that is asked for
    both_kinds          {file, notebook}            script and notebook are there; the script was taken
    untouched_script    {file, notebook}            both are; the script is the handout's: the notebook was taken
    cells_skipped       {file, count}               cells tagged skip-grading
    no_code             {file}                      only blank lines and comments
    bidi_characters     {file, line}, {…, cell}     invisible characters that reorder what is shown
    left_out            {names, size}               what is plainly no homework was left out, and it is large
"""

from grader.ingest.answers import read_sheet
from grader.ingest.compose import compose_submission
from grader.ingest.read import read_submission

__all__ = ["compose_submission", "read_sheet", "read_submission"]
